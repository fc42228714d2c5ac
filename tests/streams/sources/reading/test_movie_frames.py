import pickle
import random
import threading
from fractions import Fraction

import av
import numpy as np
import pytest

from streams import MovieFrames, MovieSource, SourceError

MOVIES = [
    "bikes.mp4",
    "cockatoo.mp4",  # cannot be entered half-way: an old encoder's note stands in its first packet alone
    "corrupted.mp4",
    "fire2.mp4",
    "flipping_a_pancake.mkv",
    "h265_video.mp4",
    "newtonscradle.gif",
    "no_duration.webm",
    "sine_stereo_mp2.mpg",  # has no index to jump by
    "stub_mjpeg.avi",
    "video_90.mov",
]


@pytest.mark.parametrize("name", MOVIES)
def test_any_frame_by_number_is_the_frame_of_the_stream(shared_data, name):
    path = shared_data / "movies" / name
    with MovieSource(path) as source:
        streamed = [(frame.pts, frame.image[::5, ::3].copy()) for frame in source]
    frames = MovieFrames(path)
    assert frames.times == [pts for pts, _ in streamed]
    for index in random.Random(0).choices(range(len(frames)), k=4):
        np.testing.assert_array_equal(frames[index][::5, ::3], streamed[index][1])


def test_it_is_a_sequence(make_movie):
    frames = MovieFrames(make_movie("movie.mp4"))
    assert (len(frames), frames.size, frames.times[1]) == (10, (48, 64), Fraction(1, 25))
    np.testing.assert_array_equal(frames[-1], frames[9])
    assert len(list(frames)) == 10
    with pytest.raises(IndexError, match="there is no number 10"):
        frames[10]


def test_several_threads_may_read_at_once(make_movie):
    frames = MovieFrames(make_movie("movie.mp4", range(40)))
    alone = [frames[index] for index in range(40)]
    wrong = []

    def read(seed):
        for index in random.Random(seed).choices(range(40), k=60):
            if not np.array_equal(frames[index], alone[index]):
                wrong.append(index)

    threads = [threading.Thread(target=read, args=(seed,), daemon=True) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == [] and not any(thread.is_alive() for thread in threads)


def test_it_can_be_sent_to_another_process(make_movie):
    frames = MovieFrames(make_movie("movie.mp4"))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(frames))[7], frames[7])


def test_hundreds_of_movies_do_not_stay_open(make_movie):
    path = make_movie("movie.mp4", range(3))
    opened = [MovieFrames(path) for _ in range(60)]
    assert sum(frames[2].shape == (48, 64, 3) for frames in opened) == 60
    from streams.sources.reading import movie_frames

    assert len(movie_frames._idle) <= 16


@pytest.mark.parametrize(("codec", "name"), [("ffv1", "masks.mkv"), ("libx264", "masks.mp4")])
def test_label_movies_give_their_raw_values(tmp_path, codec, name):
    labels = np.random.default_rng(0).integers(0, 256, (6, 33, 41), dtype=np.uint8)
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(codec, rate=10, options={"qp": "0"} if codec == "libx264" else {})
        stream.height, stream.width, stream.pix_fmt = 33, 41, "gray"
        for mask in labels:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(mask, format="gray")))
        container.mux(stream.encode(None))
    frames = MovieFrames(tmp_path / name, pixels="gray")
    np.testing.assert_array_equal(np.stack(list(frames)), labels)


def test_a_colour_movie_that_is_stored_as_rgb_has_no_gray_values(make_movie):
    path = make_movie("colour.mkv", codec="ffv1", pixel_format="bgr0")
    with pytest.raises(SourceError, match="bgr0 pictures, not gray labels"):
        MovieFrames(path, pixels="gray")


def test_a_bad_movie_is_refused_when_it_is_opened(tmp_path):
    (tmp_path / "text.mp4").write_text("no movie")
    with pytest.raises(SourceError, match="is not a movie"):
        MovieFrames(tmp_path / "text.mp4")
