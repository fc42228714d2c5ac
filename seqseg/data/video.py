"""What data is, whatever it was on disk: named videos of frames and masks, read one frame at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np

from seqseg.data.labels.planes import plane_bytes
from seqseg.data.void import VOID, void_mask
from seqseg.errors import DataError


@dataclass(frozen=True)
class Video:
    """Frames in order and, where there are any, the masks that belong to them.

    `frames[i]` is a uint8 RGB image (h, w, 3); `masks[i]` is uint8 (h, w) of class indices with 255 for void, or None
    where frame i has no label. Both are any sequences with `len` and indexing that read when asked, from several
    threads at once. `times` are seconds from the start, exact. `vectors[i]` is float32 (k,), what is known beside
    frame i, for models with a condition. In a set with several labels a pixel masks are bit planes (`planes.py`).

    Example:
        >>> video = Video("one", frames=np.zeros((3, 5, 7, 3), np.uint8))
        >>> len(video), video.size, int(video.mask(2)[0, 0])
        (3, (5, 7), 255)
    """

    name: str
    frames: Sequence
    masks: Sequence | None = None
    times: Sequence[Fraction] | None = None
    vectors: Sequence | None = None

    def __post_init__(self):
        if len(self.frames) == 0:
            raise DataError(f"video {self.name} has no frames; take it out or add some")
        for kind, items in (("masks", self.masks), ("times", self.times), ("vectors", self.vectors)):
            if items is not None and len(items) != len(self.frames):
                raise DataError(
                    f"video {self.name} has {len(self.frames)} frames but {len(items)} {kind}; "
                    "give one for each frame (a mask may be None)"
                )

    def __len__(self):
        return len(self.frames)

    @cached_property
    def size(self) -> tuple[int, int]:
        """(height, width) of the first frame."""
        return self.frame(0).shape[:2]

    @cached_property
    def labelled(self) -> tuple[int, ...]:
        """The frames that have a label, told without reading masks that can tell by their attribute `present`."""
        if self.masks is None:
            return ()
        present = getattr(self.masks, "present", None)
        if present is None:
            present = [mask is not None for mask in self.masks]
        return tuple(index for index, there in enumerate(present) if there)

    def part(self, start: int, stop: int, name: str) -> "Video":
        """Frames `start` up to `stop` as a video of its own."""
        masks = None if self.masks is None else _Part(self.masks, start, stop)
        times = None if self.times is None else tuple(time - self.times[start] for time in self.times[start:stop])
        vectors = None if self.vectors is None else _Part(self.vectors, start, stop)
        return Video(name, _Part(self.frames, start, stop), masks, times, vectors)

    def frame(self, index: int) -> np.ndarray:
        """Frame `index` as uint8 RGB (h, w, 3)."""
        return self.frames[index]

    def mask(self, index: int, *, planes: int = 0) -> np.ndarray:
        """Mask `index` as uint8 (h, w), or bit planes (h, w, planes); all void where the frame has no label."""
        mask = self.masks[index] if self.masks is not None else None
        return void_mask(*self.size, planes) if mask is None else mask

    def pair(self, index: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Frame and mask, checked to be of one size; the mask is None where the frame has no label."""
        frame = self.frame(index)
        mask = self.masks[index] if self.masks is not None else None
        if mask is not None and mask.shape[:2] != frame.shape[:2]:
            raise DataError(
                f"the mask {self.describe_mask(index)} is {size_text(mask.shape)} (height x width) but its frame is "
                f"{size_text(frame.shape)}; make it of one size with the frame"
            )
        return frame, mask

    def vector(self, index: int) -> np.ndarray:
        """What is known beside frame `index`, float32 (k,); DataError when the video has no vectors."""
        if self.vectors is None:
            raise DataError(f"video {self.name} has no vectors, but the others of its set have; give it some")
        return np.asarray(self.vectors[index], np.float32)

    def describe(self, index: int) -> str:
        """Where frame `index` comes from, for messages: its file when it has one."""
        return _describe(self.frames, index) or f"video {self.name}, frame {index}"

    def describe_mask(self, index: int) -> str:
        """Where mask `index` comes from, for messages: its file when it has one."""
        return _describe(self.masks, index) or f"video {self.name}, mask {index}"


@dataclass(frozen=True)
class VideoSet:
    """One split of a set of videos with its classes: `palette` is uint8 RGB (classes, 3), labels 0…classes-1 or void.

    With `multi_label` a pixel may show several classes and masks are bit planes (`planes.py`). `vector_names` name what
    the videos' vectors hold. `notes` say in plain sentences what was assumed while opening it, as how it was split.
    """

    name: str
    split: str
    videos: tuple[Video, ...]
    classes: tuple[str, ...]
    palette: np.ndarray
    void: int = VOID
    notes: tuple[str, ...] = field(default=())
    multi_label: bool = False
    vector_names: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        """The number of frames in all videos."""
        return sum(map(len, self.videos))

    @property
    def planes(self) -> int:
        """Bytes a pixel of a mask of bit planes; 0 where masks are class indices."""
        return plane_bytes(len(self.classes)) if self.multi_label else 0


def require_videos(name: str, split: str, videos: Iterable[Video], remedy: str) -> tuple[Video, ...]:
    """The videos as a tuple; DataError when there are none, with what to do about it."""
    videos = tuple(videos)
    if not videos:
        raise DataError(f"{name} has no frames in its {split} split; {remedy}")
    return videos


class _Part(Sequence):
    """Items `start` up to `stop` of a lazy sequence."""

    def __init__(self, items: Sequence, start: int, stop: int):
        self._items, self._range = items, range(start, stop)

    def __len__(self):
        return len(self._range)

    def __getitem__(self, index):
        return self._items[self._range[index]]

    @property
    def present(self) -> list[bool]:
        present = getattr(self._items, "present", None)
        return [item is not None for item in self] if present is None else [present[index] for index in self._range]

    def describe(self, index: int) -> str | None:
        return _describe(self._items, self._range[index])


def _describe(items, index: int) -> str | None:
    describe = getattr(items, "describe", None)
    where = describe(index) if describe else None
    return None if where is None else str(where)


def size_text(shape) -> str:
    """Height and width as people write them: (360, 480, 3) -> "360x480"."""
    return f"{shape[0]}x{shape[1]}"
