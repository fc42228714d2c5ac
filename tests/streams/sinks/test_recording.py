import numpy as np
import pytest

from streams import ArraySource, MovieFrames, RecordingFolderSink, RecordingMovieSink, SinkError, run
from streams.sources import ImageSource

FRAMES = np.random.default_rng(0).integers(0, 256, (5, 45, 61, 3), np.uint8)


def nothing(image, state):
    return image[..., 0], state


def test_a_movie_of_the_frames_has_every_bit_of_them(tmp_path):
    run(ArraySource(FRAMES, fps=10), nothing, RecordingMovieSink(tmp_path / "frames.mkv"))
    np.testing.assert_array_equal(list(MovieFrames(tmp_path / "frames.mkv")), FRAMES)


def test_a_folder_of_the_frames_has_every_bit_of_them_whatever_their_sizes(tmp_path):
    pictures = [FRAMES[0], FRAMES[1], FRAMES[2][:20], FRAMES[3]]
    run(ArraySource(pictures), nothing, RecordingFolderSink(tmp_path / "frames"))
    with ImageSource(tmp_path / "frames") as source:
        for frame, picture in zip(source, pictures, strict=True):
            np.testing.assert_array_equal(frame.image, picture)


def test_pictures_that_are_there_already_are_not_mixed_with_a_recording(tmp_path):
    run(ArraySource(FRAMES), nothing, RecordingFolderSink(tmp_path))
    with pytest.raises(SinkError, match="holds pictures already"):
        run(ArraySource(FRAMES), nothing, RecordingFolderSink(tmp_path))


def test_a_movie_that_would_lose_bits_is_refused(tmp_path):
    with pytest.raises(SinkError, match=r"must end in \.mkv"):
        RecordingMovieSink(tmp_path / "frames.mp4")
