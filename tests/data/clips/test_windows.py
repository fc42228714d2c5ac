"""Windows over videos."""

import numpy as np
import pytest

from seqseg.data import VOID, Video
from seqseg.data.clips.windows import read_window, stream_windows, windows
from seqseg.errors import ConfigError, DataError


def video(length, height=4, width=6):
    frames = np.arange(length, dtype=np.uint8)[:, None, None, None] * np.ones((1, height, width, 3), np.uint8)
    return Video(f"{length} frames", frames, frames[..., 0])


def test_windows_are_side_by_side_and_the_last_ends_with_the_video():
    assert [window.start for window in windows([video(11)], 4)] == [0, 4, 7]


def test_no_window_crosses_into_the_next_video():
    videos = [video(5), video(9), video(3)]
    for window in windows(videos, 3, 2):
        assert window.start + 3 <= len(videos[window.video])


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7, 12, 13])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_every_frame_is_in_a_window_and_not_seen_in_exactly_one(length, stride):
    fresh = [
        frame
        for window in windows([video(length)], 3, stride)
        for frame in range(window.start + window.seen, min(window.start + 3, length))
    ]
    assert fresh == list(range(length))


def test_a_stride_beyond_the_window_skips_frames():
    assert [window.start for window in windows([video(12)], 2, 5)] == [0, 5, 10]


def test_a_short_video_is_filled_with_its_last_frame_unlabelled():
    frames, labels = read_window(video(2), 0, 5)
    assert [frame[0, 0, 0] for frame in frames] == [0, 1, 1, 1, 1]
    assert [mask[0, 0] for mask in labels] == [0, 1, VOID, VOID, VOID]


def test_stream_windows_never_overlap():
    assert [tuple(window)[:2] for window in stream_windows([video(5), video(4)], 4)] == [(0, 0), (0, 4), (1, 0)]


def test_frames_that_differ_in_size_within_a_clip_are_an_error():
    mixed = Video("mixed", [np.zeros((4, 6, 3), np.uint8), np.zeros((6, 4, 3), np.uint8)])
    with pytest.raises(DataError, match="mixed, frame 1 .* 6x4 .* 4x6"):
        read_window(mixed, 0, 2)


@pytest.mark.parametrize(("timesteps", "stride", "named"), [(0, None, "timesteps"), (2, 0, "stride")])
def test_lengths_below_one_are_refused(timesteps, stride, named):
    with pytest.raises(ConfigError, match=f"data.{named} must be at least 1"):
        windows([video(3)], timesteps, stride)


def sparse(length, labelled):
    frames = video(length).frames
    return Video("sparse", frames, [frames[index, ..., 0] if index in labelled else None for index in range(length)])


def test_clips_may_end_where_the_labels_stand():
    cut = windows([sparse(30, (19,)), sparse(12, (3, 9, 11))], 6, clips="labelled_last")
    assert [(window.video, window.start + 5) for window in cut] == [(0, 19), (1, 5), (1, 9), (1, 11)]


@pytest.mark.parametrize("labelled", [(0,), (2, 3), (0, 1, 2, 3, 4, 5, 6), (6,), (1, 5)])
def test_every_label_counts_in_exactly_one_clip_that_ends_there(labelled):
    counted = [
        frame
        for window in windows([sparse(7, labelled)], 3, clips="labelled_last")
        for frame in range(window.start + window.seen, window.start + 3)
        if frame in labelled
    ]
    assert counted == list(labelled)


def test_clips_that_end_at_labels_need_a_label_and_no_stride():
    with pytest.raises(DataError, match="no frame is labelled"):
        windows([sparse(9, ())], 3, clips="labelled_last")
    with pytest.raises(ConfigError, match="data.stride is 2"):
        windows([sparse(9, (4,))], 3, 2, clips="labelled_last")
