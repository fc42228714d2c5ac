from fractions import Fraction

import imageio.v3 as iio
import numpy as np
import pytest

from streams import ArraySource, Background, MemorySink, Prefetch, SinkError, StreamError, run
from streams.sinks import MaskFolderSink, MaskMovieSink
from streams.sources import ImageSource, MovieSource

CLIP = np.random.default_rng(0).integers(0, 256, (9, 11, 13, 3), dtype=np.uint8)


def counting_step(image, state):
    """A step whose mask is the number of frames since its state was fresh."""
    count = 0 if state is None else state
    return np.full(image.shape[:2], count, np.uint8), count + 1


@pytest.mark.parametrize("wrapped", [False, True])
def test_every_frame_is_segmented_once_and_in_order(wrapped):
    source, sink = ArraySource(CLIP, fps=10), MemorySink()
    result = run(Prefetch(source), counting_step, Background(sink)) if wrapped else run(source, counting_step, sink)
    assert [mask[0, 0] for mask in sink.masks] == list(range(9))
    assert [frame.pts for frame in sink.frames] == [Fraction(index, 10) for index in range(9)]
    assert (result.frames, result.state) == (9, 9)


def test_a_state_that_is_given_is_gone_on_from():
    sink = MemorySink()
    run(ArraySource(CLIP[:2]), counting_step, sink, state=40)
    assert [mask[0, 0] for mask in sink.masks] == [40, 41]


def test_another_picture_size_is_a_new_epoch_with_a_fresh_state():
    pictures = [np.zeros((5, 7, 3), np.uint8)] * 3 + [np.zeros((7, 5, 3), np.uint8)] * 2
    sink = MemorySink()
    result = run(ArraySource(pictures), counting_step, sink)
    assert [mask[0, 0] for mask in sink.masks] == [0, 1, 2, 0, 1]
    assert result.fresh_starts == 1


def test_no_more_than_max_frames_are_read():
    read = []

    def pictures():
        for picture in CLIP:
            read.append(1)
            yield picture

    assert run(ArraySource(pictures()), counting_step, MemorySink(), max_frames=4).frames == 4
    assert len(read) == 4


def test_max_frames_beyond_the_end_just_ends():
    assert run(Prefetch(ArraySource(CLIP)), counting_step, MemorySink(), max_frames=100).frames == 9


def test_on_frame_sees_each_frame_with_its_mask():
    seen = []
    run(
        ArraySource(CLIP),
        counting_step,
        MemorySink(),
        on_frame=lambda frame, mask: seen.append((frame.index, mask[0, 0])),
    )
    assert seen == [(index, index) for index in range(9)]


def test_a_sink_that_has_finished_ends_the_run():
    class Three(MemorySink):
        @property
        def finished(self):
            return len(self.masks) == 3

    assert run(ArraySource(CLIP), counting_step, Three()).frames == 3


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_error_in_the_step_names_the_frame_and_keeps_what_was_written(wrapped, tmp_path):
    def failing(image, state):
        if state == 5:
            raise ZeroDivisionError("no")
        return counting_step(image, state)

    source, sink = ArraySource(CLIP, fps=10, name="clip"), MaskMovieSink(tmp_path / "masks.mkv")
    if wrapped:
        source, sink = Prefetch(source), Background(sink)
    with pytest.raises(ZeroDivisionError) as caught:
        run(source, failing, sink)
    assert caught.value.__notes__ == ["while segmenting frame 5 of clip at 0.500 s"]
    with MovieSource(tmp_path / "masks.mkv") as written:
        assert len(list(written)) == 5


def test_a_mask_of_another_size_is_refused_in_one_line():
    with pytest.raises(StreamError, match=r"mask of shape \(2, 2\) and type uint8 for frame 0 of array; .* \(11, 13\)"):
        run(ArraySource(CLIP), lambda image, state: (np.zeros((2, 2), np.uint8), None), MemorySink())


def test_a_mask_of_floats_is_refused():
    with pytest.raises(StreamError, match="type float64"):
        run(ArraySource(CLIP), lambda image, state: (np.zeros((11, 13)), None), MemorySink())


def test_the_input_is_never_overwritten(make_movie):
    path = make_movie("input.mkv")
    before = path.read_bytes()
    with pytest.raises(SinkError, match="is what is being read"):
        run(MovieSource(path), counting_step, MaskMovieSink(path))
    assert path.read_bytes() == before


def test_masks_are_not_written_into_the_folder_of_their_images(tmp_path, palette):
    for index in range(2):
        iio.imwrite(tmp_path / f"{index}.png", CLIP[index])
    with pytest.raises(SinkError, match="is what is being read"):
        run(ImageSource(tmp_path), counting_step, MaskFolderSink(tmp_path, palette))


def test_nothing_is_written_when_the_source_is_bad(tmp_path, palette):
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(StreamError, match="empty"):
        run(MovieSource(tmp_path / "empty.mp4"), counting_step, MaskFolderSink(tmp_path / "masks", palette))
    assert [path.name for path in tmp_path.iterdir()] == ["empty.mp4"]


def test_the_report_has_a_time_for_each_stage_that_ran(make_movie, tmp_path):
    source = Prefetch(MovieSource(make_movie("input.mp4")))
    report = run(source, counting_step, Background(MaskMovieSink(tmp_path / "masks.mkv"))).report
    assert report["frames"] == 10
    assert {name: stage["count"] for name, stage in report["stages_ms"].items()} == {
        "decode": 10,
        "queue": 10,
        "infer": 10,
        "encode": 10,
    }
    assert report["age_ms"]["count"] == 10
