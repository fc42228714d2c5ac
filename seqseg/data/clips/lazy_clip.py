"""Frames and labels of a clip, read one at a time, so that only one is held in memory.

This also saves an eighth of a clip's time, which would go into clearing fresh memory for every frame.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from seqseg.data.left_out import naming_way_out
from seqseg.data.sequences import LazySequence
from seqseg.data.video import Video, size_of, size_text
from seqseg.data.void import void_mask
from seqseg.errors import DataError

PlacePair = Callable[[np.ndarray, np.ndarray | None], tuple[np.ndarray, np.ndarray | None]]
"""Puts a frame and its mask on the canvas."""


def lazy_clip(
    video: Video, places: Sequence[int], *, planes: int = 0, place: PlacePair | None = None
) -> tuple["LazyFrames", "LazyLabels"]:
    """Frames (h, w, 3) and labels (h, w) at these places of a video, in this order, as lazy sequences.

    Read in order, a label right after its frame, each file is read once for equal places in a row. Past the video's end
    its last frame is repeated, void. In a set with several labels a pixel, labels are bit planes (h, w, planes).
    `place` turns a frame and its mask, or None, into what is returned.

    Raises:
        DataError: on indexing, frames of several sizes or a mask that is not of the set's kind.

    Example:
        >>> video = Video("three", np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1) * np.ones((1, 2, 3), np.uint8))
        >>> frames, labels = lazy_clip(video, [2, 0, 3])
        >>> [int(frame[0, 0, 0]) for frame in frames], labels[0].tolist()
        ([2, 0, 2], [[255, 255]])
    """
    reader = _Reader(video, tuple(places), planes, place)
    return LazyFrames(reader), LazyLabels(reader)


def whole_clip(frames: Iterable[np.ndarray], labels: Iterable[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """All of a lazy clip as lists, frame and label in turn."""
    pairs = list(zip(frames, labels, strict=True))
    return [frame for frame, _ in pairs], [mask for _, mask in pairs]


class LazyFrames(LazySequence[np.ndarray]):
    """Frames uint8 (h, w, 3)."""

    def __init__(self, reader: "_Reader"):
        self._reader = reader

    def __len__(self) -> int:
        return len(self._reader.places)

    def __getitem__(self, index: int) -> np.ndarray:
        return self._reader.pair(index)[0]


class LazyLabels(LazySequence[np.ndarray]):
    """Labels uint8 (h, w) or bit planes (h, w, planes); void without a mask."""

    def __init__(self, reader: "_Reader"):
        self._reader = reader

    def __len__(self) -> int:
        return len(self._reader.places)

    def __getitem__(self, index: int) -> np.ndarray:
        return self._reader.labels(index)


class _Reader:
    """Keeps the pair read last."""

    def __init__(self, video: Video, places: tuple[int, ...], planes: int, place: PlacePair | None):
        self.video, self.places, self.planes, self.place = video, places, planes, place
        self._held: tuple[int, np.ndarray, np.ndarray | None] | None = None
        self._shape: tuple[int, ...] | None = None  # of the first frame read

    def pair(self, index: int) -> tuple[np.ndarray, np.ndarray | None]:
        place = min(self.places[index], len(self.video) - 1)
        held = self._held
        if held is None or held[0] != place:
            self._held = None  # freed before the next one is read
            with naming_way_out():
                frame, mask = self.video.pair(place)
                self._require_alike(place, frame)
                self._require_planes(place, mask)
            held = self._held = place, *((frame, mask) if self.place is None else self.place(frame, mask))
        return held[1:]

    def labels(self, index: int) -> np.ndarray:
        frame, mask = self.pair(index)
        if mask is None or self.places[index] >= len(self.video):
            return void_mask(*size_of(frame), self.planes)
        return mask

    def _require_alike(self, place: int, frame: np.ndarray) -> None:
        self._shape = self._shape or frame.shape
        if frame.shape != self._shape:
            raise DataError(
                f"{self.video.describe(place)} is {size_text(frame.shape)} (height x width), frames before it in "
                f"video {self.video.name} are {size_text(self._shape)}; make them one size, or split the video"
            )

    def _require_planes(self, place: int, mask: np.ndarray | None) -> None:
        wanted = (self.planes,) if self.planes else ()
        if mask is not None and mask.shape[2:] != wanted:
            kind = f"bit planes (h, w, {self.planes})" if self.planes else "class indices (h, w)"
            raise DataError(
                f"the mask {self.video.describe_mask(place)} is of shape {mask.shape}, but masks of this set are "
                f"{kind}; write it so, or correct the set's multi_label"
            )
