"""One frame of a set on its way into records: read, resized, compressed."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from seqseg.data.records.frame import IMAGE_CODINGS, EncodedFrame, encode_image, encode_label, original_file
from seqseg.data.records.index import STORAGES
from seqseg.data.video import Video, size_of
from seqseg.errors import ConfigError, DataError
from streams.errors import StreamError


@dataclass(frozen=True)
class Recipe:
    """How to pack: the format (`array_record`, `tfrecord`), pictures as `jpeg`, `png` or `keep`, JPEG's quality, the
    largest size (h, w), to which larger frames are shrunk, and the number of shards a split (None: by size).

    Raises:
        ConfigError: an invalid value.

    Example:
        >>> Recipe(image="png", size=(360, 480))
    """

    storage: str = "array_record"
    image: str = "jpeg"
    quality: int = 95
    size: tuple[int, int] | None = None
    shards: int | None = None

    def __post_init__(self) -> None:
        for name, value, known in (("format", self.storage, STORAGES), ("image", self.image, IMAGE_CODINGS)):
            if value not in known:
                raise ConfigError(f"{name} must be one of {', '.join(known)}, got {value!r}")
        if not 1 <= self.quality <= 100:
            raise ConfigError(f"quality must be from 1 to 100, got {self.quality}")
        if self.shards is not None and self.shards < 1:
            raise ConfigError(f"shards must be at least 1, got {self.shards}")
        if self.size is not None and min(self.size) < 1:
            raise ConfigError(f"size must be at least 1x1, got {self.size[0]}x{self.size[1]}")


class Encoded(NamedTuple):
    """A frame, or None if it cannot be read, and the faults found."""

    frame: EncodedFrame | None
    faults: tuple[DataError, ...] = ()


def encode(video: Video, index: int, recipe: Recipe, skip: bool = False) -> Encoded:
    """Frame `index` and its label; with `skip` a fault is returned, otherwise raised."""
    faults: tuple[DataError, ...] = ()
    try:
        frame, mask = video.pair(index)
    except (DataError, StreamError) as error:
        if not skip:
            raise
        faults = (DataError(str(error)),)
        try:
            frame, mask = video.frame(index), None
        except (DataError, StreamError):
            return Encoded(None, faults)
    frame, mask, changed = _shrunk(frame, mask, recipe.size)
    original = None if changed or recipe.image != "keep" else original_file(video, index)
    label, kind = encode_label(mask)
    image = encode_image(frame, recipe.image, recipe.quality, original)
    return Encoded(EncodedFrame(image, label, kind, size_of(frame)), faults)


def _shrunk(
    frame: np.ndarray, mask: np.ndarray | None, size: tuple[int, int] | None
) -> tuple[np.ndarray, np.ndarray | None, bool]:
    """Frame and mask shrunk into `size` (h, w), keeping the aspect, as training does; and whether they changed."""
    height, width = frame.shape[:2]
    scale = 1 if size is None else min(1, size[0] / height, size[1] / width)
    new_height, new_width = max(1, round(height * scale)), max(1, round(width * scale))
    if (new_height, new_width) == (height, width):
        return frame, mask, False
    if mask is not None:
        # The nearest pixel, as in cv2's INTER_NEAREST_EXACT, for any number of planes.
        rows, columns = _nearest(height, new_height), _nearest(width, new_width)
        mask = np.ascontiguousarray(mask[rows][:, columns])
    return cv2.resize(frame, (new_width, new_height), interpolation=cv2.INTER_AREA), mask, True


def _nearest(length: int, wanted: int) -> np.ndarray:
    return (2 * np.arange(wanted) + 1) * length // (2 * wanted)
