"""Videos of frames and masks, read one frame at a time, whatever their format on disk."""

from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np

from seqseg.data.labels.planes import plane_bytes
from seqseg.data.sequences import (
    Frames,
    FrameSequence,
    Masks,
    MaskSequence,
    PartOfFrames,
    PartOfMasks,
    as_frames,
    as_masks,
)
from seqseg.data.void import VOID, void_mask
from seqseg.errors import DataError

Vectors = Sequence[np.ndarray] | np.ndarray


@dataclass(frozen=True, init=False)
class Video:
    """Frames in order and, where there are any, their masks.

    `frames[i]` is a uint8 RGB image (h, w, 3); `masks[i]` is uint8 (h, w) of class indices with 255 for void, or None
    where frame i has no label. Arrays and lists will do; a `FrameSequence` and a `MaskSequence` read when indexed.
    `times` are exact seconds from the start. `vectors[i]`, float32 (k,), is the condition of frame i, for models that
    take one. In a set with several labels a pixel, masks are bit planes (`labels/planes.py`).

    Example:
        >>> video = Video("one", frames=np.zeros((3, 5, 7, 3), np.uint8))
        >>> len(video), video.size, int(video.mask(2)[0, 0])
        (3, (5, 7), 255)
    """

    name: str
    frames: FrameSequence
    masks: MaskSequence | None
    times: Sequence[Fraction] | None
    vectors: Vectors | None

    def __init__(
        self, name: str, frames: Frames, masks: Masks | None = None, times: Sequence[Fraction] | None = None,
        vectors: Vectors | None = None,
    ):  # fmt: skip
        if len(frames) == 0:
            raise DataError(f"video {name} has no frames; remove it or add some")
        given: tuple[tuple[str, Sized | None], ...] = (("masks", masks), ("times", times), ("vectors", vectors))
        for kind, items in given:
            if items is not None and len(items) != len(frames):
                raise DataError(
                    f"video {name} has {len(frames)} frames but {len(items)} {kind}; "
                    "give one for each frame (a mask may be None)"
                )
        fields = {
            "name": name, "frames": as_frames(frames), "masks": None if masks is None else as_masks(masks),
            "times": times, "vectors": vectors,
        }  # fmt: skip
        for field_name, value in fields.items():
            object.__setattr__(self, field_name, value)

    def __len__(self) -> int:
        return len(self.frames)

    @cached_property
    def size(self) -> tuple[int, int]:
        """(height, width) of the first frame."""
        return size_of(self.frame(0))

    @cached_property
    def labelled(self) -> tuple[int, ...]:
        """The frames that have a label."""
        return () if self.masks is None else tuple(index for index, there in enumerate(self.masks.present) if there)

    def part(self, start: int, stop: int, name: str) -> "Video":
        """Frames `start` up to `stop` as a video of its own."""
        masks = None if self.masks is None else PartOfMasks(self.masks, start, stop)
        times = None if self.times is None else tuple(time - self.times[start] for time in self.times[start:stop])
        vectors = None if self.vectors is None else self.vectors[start:stop]
        return Video(name, PartOfFrames(self.frames, start, stop), masks, times, vectors)

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
                f"{size_text(frame.shape)}; make it the size of the frame"
            )
        return frame, mask

    def vector(self, index: int) -> np.ndarray:
        """The condition of frame `index`, float32 (k,); DataError when the video has no vectors."""
        if self.vectors is None:
            raise DataError(f"video {self.name} has no vectors, but others of its set have; give it some")
        return np.asarray(self.vectors[index], np.float32)

    def describe(self, index: int) -> str:
        """Where frame `index` comes from, for messages: its file when it has one."""
        return str(self.frames.describe(index) or f"video {self.name}, frame {index}")

    def describe_mask(self, index: int) -> str:
        """Where mask `index` comes from, for messages: its file when it has one."""
        where = None if self.masks is None else self.masks.describe(index)
        return str(where or f"video {self.name}, mask {index}")


@dataclass(frozen=True)
class VideoSet:
    """One split of a set of videos with its classes: `palette` is uint8 RGB (classes, 3), labels 0…classes-1 or void.

    With `multi_label` a pixel may show several classes and masks are bit planes (`labels/planes.py`). `vector_names`
    name the entries of the videos' vectors. `notes` are sentences on what was assumed, such as how the set was split.
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
        """Bytes a pixel of a bit-plane mask; 0 where masks are class indices."""
        return plane_bytes(len(self.classes)) if self.multi_label else 0


def require_videos(name: str, split: str, videos: Iterable[Video], remedy: str) -> tuple[Video, ...]:
    """The videos as a tuple; DataError with the remedy when there are none."""
    videos = tuple(videos)
    if not videos:
        raise DataError(f"{name} has no frames in its {split} split; {remedy}")
    return videos


def size_of(image: np.ndarray) -> tuple[int, int]:
    """(height, width) of an image or mask."""
    height, width = image.shape[:2]
    return int(height), int(width)


def size_text(shape: Sequence[int]) -> str:
    """Height and width as text: (360, 480, 3) -> "360x480"."""
    return f"{shape[0]}x{shape[1]}"
