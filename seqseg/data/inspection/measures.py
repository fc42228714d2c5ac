"""A frame and its label in a few numbers, so that a whole set is measured in constant memory."""

import hashlib
from typing import NamedTuple

import cv2
import numpy as np

from seqseg.data.labels.meaning import LabelError
from seqseg.data.labels.planes import unpack_planes
from seqseg.data.selection.screening import LABEL, require_valid_mask
from seqseg.data.sequences import WrittenMasks
from seqseg.data.statistics import class_counts
from seqseg.data.video import Video, VideoSet, size_of
from seqseg.data.void import VOID
from seqseg.errors import DataError
from streams.errors import SourceError

SMALL = 32  # rows and columns of the picture in which motion is measured
AREA_BINS = 24  # bins of objects' shares of the image, by powers of two


class Look(NamedTuple):
    """The measures of a frame and its mask; `size` is None if the frame cannot be read.

    `digest` is of the pixels, `fingerprint` the difference hash of 64 bits, `small` the luma (SMALL, SMALL) as float32.
    `areas` counts objects (classes, AREA_BINS) by the power of two of their share of the image. `unknown_values`
    are values outside the classes, with their pixels.
    """

    size: tuple[int, int] | None
    counts: np.ndarray
    problems: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    void: int = 0
    pixels: int = 0
    overlapping: int = 0
    brightness: float = float("nan")
    contrast: float = float("nan")
    digest: bytes = b""
    fingerprint: int = 0
    small: np.ndarray | None = None
    areas: np.ndarray | None = None
    unknown_values: tuple[tuple[str, int], ...] = ()


def look(data: VideoSet, video: Video, index: int) -> Look:
    """Read frame `index` and its label once; faults are returned, not raised."""
    problems, unreadable = [], []
    frame, seen = None, Look(None, class_counts(data, None))
    try:
        frame = video.frame(index)
        seen = _measure(frame, seen)
    except (DataError, SourceError) as error:
        problems.append(str(error))
        unreadable.append("frame")
    try:
        mask = None if video.masks is None else video.masks[index]
        if mask is not None and frame is not None:
            require_valid_mask(data, video, index, mask, size_of(frame))
            seen = _measure_label(data, mask, seen)
    except (DataError, SourceError) as error:
        problems.append(str(error))
        seen = seen._replace(unknown_values=_unknown_values(video, index))
        if not seen.unknown_values:
            unreadable.append(LABEL)
    return seen._replace(problems=tuple(problems), unreadable=tuple(unreadable))


def glance(_: VideoSet, video: Video, index: int) -> Look:
    """The measures of the frame alone; only an empty `Look` if it cannot be read."""
    nothing = Look(None, np.zeros(0, np.int64))
    try:
        return _measure(video.frame(index), nothing)
    except (DataError, SourceError):
        return nothing


def difference_hash(gray: np.ndarray) -> int:
    """64 bits: where a picture of 8 x 9 pixels gets brighter to the right (Krawetz 2013: dHash).

    >>> difference_hash(np.tile(np.arange(90, dtype=np.uint8), (80, 1))) == 2**64 - 1
    True
    """
    small = cv2.resize(gray, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    return int.from_bytes(np.packbits(small[:, 1:] > small[:, :-1]).tobytes(), "big")


def _measure(frame: np.ndarray, seen: Look) -> Look:
    gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    mean, deviation = cv2.meanStdDev(gray)
    pixels = np.ascontiguousarray(frame).data
    return seen._replace(
        size=size_of(frame),
        brightness=float(mean[0, 0]),
        contrast=float(deviation[0, 0]),
        digest=hashlib.blake2b(pixels, digest_size=16, key=str(frame.shape).encode()).digest(),
        fingerprint=difference_hash(gray),
        small=cv2.resize(gray, (SMALL, SMALL), interpolation=cv2.INTER_AREA).astype(np.float32),
    )


def _measure_label(data: VideoSet, mask: np.ndarray, seen: Look) -> Look:
    seen = seen._replace(counts=class_counts(data, mask))
    if not data.multi_label:
        void = int((mask == VOID).sum())
        areas = _areas([mask == number for number in range(len(data.classes))]) if len(data.classes) <= 64 else None
        return seen._replace(void=void, pixels=mask.size - void, areas=areas)
    planes = unpack_planes(mask, len(data.classes))
    void = int((planes == VOID).all(axis=-1).sum())
    overlapping = int(((planes == 1).sum(axis=-1) > 1).sum())
    return seen._replace(void=void, pixels=planes[..., 0].size - void, overlapping=overlapping)


def _areas(layers: list[np.ndarray]) -> np.ndarray:
    found = np.zeros((len(layers), AREA_BINS), np.int64)
    for number, layer in enumerate(layers):
        if layer.any():
            _, _, facts, _ = cv2.connectedComponentsWithStats(layer.astype(np.uint8))
            shares = facts[1:, cv2.CC_STAT_AREA] / layer.size
            bins = np.clip(np.floor(-np.log2(shares)), 0, AREA_BINS - 1).astype(int)
            found[number] = np.bincount(bins, minlength=AREA_BINS)
    return found


def _unknown_values(video: Video, index: int) -> tuple[tuple[str, int], ...]:
    """(value or colour, pixels) of values outside the classes; none if the values as written are unknown."""
    if not isinstance(video.masks, WrittenMasks):
        return ()
    meaning = video.masks.meaning
    try:
        values = video.masks.written(index)
    except (DataError, SourceError):
        return ()
    pixels = values.reshape(-1, *values.shape[2:])
    found, counts = np.unique(pixels, axis=0, return_counts=True)
    unknown_values = []
    for value, count in zip(found[:4096], counts, strict=False):
        try:
            meaning(np.ascontiguousarray(value[None, None]))
        except LabelError:
            unknown_values.append((" ".join(map(str, np.ravel(value))), int(count)))
    return tuple(unknown_values)
