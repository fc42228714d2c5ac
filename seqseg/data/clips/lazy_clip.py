"""Frames and labels of a clip, each read when its turn comes, so that no more than one of them is held at a time.

Besides memory this saves an eighth of the time that a clip takes: fresh memory for every frame has to be cleared first.
"""

from collections.abc import Callable, Sequence

import numpy as np

from seqseg.data.left_out import naming_way_out
from seqseg.data.video import Video, size_text
from seqseg.data.void import void_mask
from seqseg.errors import DataError


def lazy_clip(
    video: Video, places: Sequence[int], *, planes: int = 0, fit: Callable | None = None
) -> tuple["LazyFrames", "LazyLabels"]:
    """Frames (h, w, 3) and labels (h, w) at these places of a video, in this order, as sequences that read when asked.

    Asked for in order, a label with or right after its frame, each file is read once however often it stands there in a
    row. Past the video's end its last frame is repeated, void. In a set with several labels a pixel, labels are bit
    planes (h, w, planes). `fit` takes a frame and its mask, or None, and gives both as they are wanted.

    Raises:
        DataError: when asked for, frames of several sizes or a mask that is not of the set's kind.

    Example:
        >>> video = Video("three", np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1) * np.ones((1, 2, 3), np.uint8))
        >>> frames, labels = lazy_clip(video, [2, 0, 3])
        >>> [int(frame[0, 0, 0]) for frame in frames], labels[0].tolist()
        ([2, 0, 2], [[255, 255]])
    """
    reader = _Reader(video, tuple(places), planes, fit)
    return LazyFrames(reader), LazyLabels(reader)


def whole_clip(frames: Sequence[np.ndarray], labels: Sequence[np.ndarray]) -> tuple[list, list]:
    """All of a lazy clip as lists, read in turns."""
    pairs = list(zip(frames, labels, strict=True))
    return [frame for frame, _ in pairs], [mask for _, mask in pairs]


class LazyFrames(Sequence):
    """Frames uint8 (h, w, 3)."""

    def __init__(self, reader: "_Reader"):
        self._reader = reader

    def __len__(self):
        return len(self._reader.places)

    def __getitem__(self, index):
        return self._reader.pair(index)[0]


class LazyLabels(Sequence):
    """Labels uint8 (h, w) or bit planes (h, w, planes); void where there are none."""

    def __init__(self, reader: "_Reader"):
        self._reader = reader

    def __len__(self):
        return len(self._reader.places)

    def __getitem__(self, index):
        return self._reader.labels(index)


class _Reader:
    """Holds the pair that was read last."""

    def __init__(self, video: Video, places: tuple[int, ...], planes: int, fit: Callable | None):
        self.video, self.places, self.planes, self.fit = video, places, planes, fit
        self._held: tuple[int, np.ndarray, np.ndarray | None] | None = None
        self._shape: tuple[int, ...] | None = None  # of the frame that was read first

    def pair(self, index: int) -> tuple[np.ndarray, np.ndarray | None]:
        place = min(self.places[index], len(self.video) - 1)
        if self._held is None or self._held[0] != place:
            self._held = None  # gone before the next one comes
            with naming_way_out():
                frame, mask = self.video.pair(place)
                self._require_alike(place, frame)
                self._require_planes(place, mask)
            self._held = place, *((frame, mask) if self.fit is None else self.fit(frame, mask))
        return self._held[1:]

    def labels(self, index: int) -> np.ndarray:
        frame, mask = self.pair(index)
        if mask is None or self.places[index] >= len(self.video):
            return void_mask(*frame.shape[:2], self.planes)
        return mask

    def _require_alike(self, place: int, frame: np.ndarray) -> None:
        self._shape = self._shape or frame.shape
        if frame.shape != self._shape:
            raise DataError(
                f"{self.video.describe(place)} is {size_text(frame.shape)} (height x width), frames before it in "
                f"video {self.video.name} are {size_text(self._shape)}; make them alike, or two videos of them"
            )

    def _require_planes(self, place: int, mask: np.ndarray | None) -> None:
        wanted = (self.planes,) if self.planes else ()
        if mask is not None and mask.shape[2:] != wanted:
            kind = f"bit planes (h, w, {self.planes})" if self.planes else "class indices (h, w)"
            raise DataError(
                f"the mask {self.video.describe_mask(place)} is of shape {mask.shape}, but masks of this set are "
                f"{kind}; make it so, or say in the set's multi_label what its masks are"
            )
