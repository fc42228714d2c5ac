"""Frames and masks of a video in order, read when asked for."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

Item = TypeVar("Item", covariant=True)


class LazySequence(ABC, Generic[Item]):
    """Items in order that are read when indexed, from several threads at once."""

    __slots__ = ()
    path: Path | None = None
    """The one file that holds all items, if there is one."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, index: int) -> Item: ...

    def __iter__(self) -> Iterator[Item]:
        return (self[index] for index in range(len(self)))

    def describe(self, index: int) -> Path | str | None:
        """Where item `index` comes from, for messages: its file when it has one."""
        return None


class FrameSequence(LazySequence[np.ndarray]):
    """Frames uint8 RGB (h, w, 3)."""

    __slots__ = ()


class MaskSequence(LazySequence[np.ndarray | None]):
    """Masks of the frames: uint8 (h, w) of class indices or bit planes (h, w, k), None where a frame has no label."""

    __slots__ = ()

    @property
    @abstractmethod
    def present(self) -> Sequence[bool]:
        """Which frames have a label, known without reading any."""


class WrittenMasks(MaskSequence):
    """Masks whose values on disk can be read too; `meaning` turns them into class indices."""

    __slots__ = ()
    meaning: Callable[[np.ndarray], np.ndarray]

    @abstractmethod
    def written(self, index: int) -> np.ndarray:
        """The values of mask `index` as they were written."""


Frames = FrameSequence | Sequence[np.ndarray] | np.ndarray
Masks = MaskSequence | Sequence[np.ndarray | None] | np.ndarray


def as_frames(frames: Frames) -> FrameSequence:
    """Arrays and lists as frames; what are frames already is returned as it is."""
    return frames if isinstance(frames, FrameSequence) else _PlainFrames(frames)


def as_masks(masks: Masks) -> MaskSequence:
    """Arrays and lists as masks; what are masks already is returned as it is."""
    return masks if isinstance(masks, MaskSequence) else _PlainMasks(masks)


class RenderedFrames(FrameSequence):
    """`count` frames that `render(index)` draws."""

    def __init__(self, render: Callable[[int], np.ndarray], count: int):
        self._render, self._count = render, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> np.ndarray:
        return self._render(_inside(index, self._count))


class RenderedMasks(MaskSequence):
    """`count` masks that `render(index)` draws; every frame has one."""

    def __init__(self, render: Callable[[int], np.ndarray], count: int):
        self._render, self._count = render, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> np.ndarray:
        return self._render(_inside(index, self._count))

    @property
    def present(self) -> Sequence[bool]:
        return (True,) * self._count


def _inside(index: int, count: int) -> int:
    if not 0 <= index < count:
        raise IndexError(f"frame {index} of {count}")
    return index


class PartOfFrames(FrameSequence):
    """Frames `start` up to `stop` of others."""

    def __init__(self, frames: FrameSequence, start: int, stop: int):
        self._frames, self._range = frames, range(start, stop)

    def __len__(self) -> int:
        return len(self._range)

    def __getitem__(self, index: int) -> np.ndarray:
        return self._frames[self._range[index]]

    def describe(self, index: int) -> Path | str | None:
        return self._frames.describe(self._range[index])


class PartOfMasks(MaskSequence):
    """Masks `start` up to `stop` of others."""

    def __init__(self, masks: MaskSequence, start: int, stop: int):
        self._masks, self._range = masks, range(start, stop)

    def __len__(self) -> int:
        return len(self._range)

    def __getitem__(self, index: int) -> np.ndarray | None:
        return self._masks[self._range[index]]

    @property
    def present(self) -> Sequence[bool]:
        return [self._masks.present[index] for index in self._range]

    def describe(self, index: int) -> Path | str | None:
        return self._masks.describe(self._range[index])


class _PlainFrames(FrameSequence):
    """Frames in memory."""

    def __init__(self, frames: Sequence[np.ndarray] | np.ndarray):
        self._frames = frames

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> np.ndarray:
        return self._frames[index]


class _PlainMasks(MaskSequence):
    """Masks in memory."""

    def __init__(self, masks: Sequence[np.ndarray | None] | np.ndarray):
        self._masks = masks

    def __len__(self) -> int:
        return len(self._masks)

    def __getitem__(self, index: int) -> np.ndarray | None:
        mask: np.ndarray | None = self._masks[index]
        return mask

    @property
    def present(self) -> Sequence[bool]:
        return [mask is not None for mask in self._masks]
