"""Cut videos into windows of `timesteps` frames; no window crosses from one video into the next."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqseg.data.clips.lazy_clip import lazy_clip, whole_clip
from seqseg.data.video import Video
from seqseg.errors import ConfigError, DataError


class Window(NamedTuple):
    """Frames of video number `video` from frame `start` on; the first `seen` are also in the window before."""

    video: int
    start: int
    seen: int = 0


def windows(videos: Sequence[Video], timesteps: int, stride: int | None = None, *, clips: str = "all") -> list[Window]:
    """Windows that hold every frame of every video at least once, `stride` frames apart (default: `timesteps`).

    The last window of a video is moved back so that it ends with the video; a video shorter than `timesteps` gives one
    window, which `read_window` fills by repeating the last frame, unlabelled. A stride above `timesteps` skips frames.

    With `clips="labelled_last"` a window ends at every labelled frame, so that a memory has seen as many frames before
    it as possible; a frame with fewer than `timesteps` before it is in the video's first window. With
    `clips="labelled"` windows without a label are left out.

    Raises:
        ConfigError: timesteps or stride below 1, or a stride together with labelled_last.
        DataError: windows with labels are asked for, and no frame is labelled.

    Example:
        >>> video = Video("seven frames", np.zeros((7, 4, 5, 3), np.uint8))
        >>> [window.start for window in windows([video], 3)]
        [0, 3, 4]
    """
    if clips == "labelled_last" and stride is not None:
        raise ConfigError(
            f"data.stride is {stride}, but with data.clips = labelled_last clips end at labels; remove it"
        )
    stride = timesteps if stride is None else stride
    for name, value in (("timesteps", timesteps), ("stride", stride)):
        if value < 1:
            raise ConfigError(f"data.{name} must be at least 1, got {value}; use 1 for single images")
    if clips == "labelled_last":
        return _windows_to_labels(videos, timesteps)
    cut = []
    for number, video in enumerate(videos):
        end = 0
        for start in _starts(len(video), timesteps, stride):
            cut.append(Window(number, start, max(0, end - start)))
            end = start + timesteps
    return _with_labels(cut, videos, timesteps) if clips == "labelled" else cut


def stream_windows(videos: Sequence[Video], timesteps: int) -> list[Window]:
    """Adjacent windows, so that a memory can be carried on; a video's last one may run over its end."""
    return [Window(number, start) for number, video in enumerate(videos) for start in range(0, len(video), timesteps)]


def read_window(
    video: Video, start: int, timesteps: int, *, planes: int = 0
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Lists of frames (h, w, 3) and labels (h, w); past the video's end its last frame is repeated, void.

    In a set with several labels a pixel, labels are bit planes (h, w, planes): `planes` is its `VideoSet.planes`.

    Raises:
        DataError: frames of several sizes, or a mask that is not of the set's kind.
    """
    return read_places(video, range(start, start + timesteps), planes=planes)


def read_places(video: Video, places: Sequence[int], *, planes: int = 0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Frames and labels at any places of a video, in this order; a place repeated in a row is read once."""
    return whole_clip(*lazy_clip(video, places, planes=planes))


def read_vectors(video: Video, places: Sequence[int]) -> np.ndarray:
    """The vectors at any places of a video, float32 (t, k); past its end the last one is repeated.

    Raises:
        DataError: the video has no vectors.
    """
    return np.stack([video.vector(min(place, len(video) - 1)) for place in places])


def _windows_to_labels(videos: Sequence[Video], timesteps: int) -> list[Window]:
    cut = []
    for number, video in enumerate(videos):
        starts = dict.fromkeys(max(0, frame + 1 - timesteps) for frame in video.labelled)
        end = 0
        for start in starts:
            cut.append(Window(number, start, max(0, end - start)))
            end = start + timesteps
    return _require_labels(cut, "labelled_last")


def _with_labels(cut: list[Window], videos: Sequence[Video], timesteps: int) -> list[Window]:
    """Windows that hold a label; `seen` stays right, as overlaps with windows left out have no label."""
    labelled = [np.array(video.labelled, int) for video in videos]
    ends = [np.searchsorted(labelled[one.video], (one.start, one.start + timesteps)) for one in cut]
    return _require_labels([one for one, (first, last) in zip(cut, ends, strict=True) if first < last], "labelled")


def _require_labels(cut: list[Window], clips: str) -> list[Window]:
    if not cut:
        raise DataError(f"no frame is labelled, so that with data.clips = {clips} there is no clip; label some frames")
    return cut


def _starts(length: int, timesteps: int, stride: int) -> list[int]:
    starts = list(range(0, max(0, length - timesteps) + 1, stride))
    if starts[-1] + timesteps < length and stride <= timesteps:
        starts.append(length - timesteps)
    return starts
