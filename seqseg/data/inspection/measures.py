"""What one frame and its label show, in a few numbers: to be taken from every frame of a set in constant memory."""

import hashlib
from typing import NamedTuple

import cv2
import numpy as np

from seqseg.data.labels.meaning import LabelError
from seqseg.data.labels.planes import unpack_planes
from seqseg.data.selection.screening import LABEL, require_fitting
from seqseg.data.statistics import class_counts
from seqseg.data.video import VOID, Video, VideoSet
from seqseg.errors import DataError
from streams.errors import SourceError

SMALL = 32  # rows and columns of the picture that motion is told from
AREA_BINS = 24  # objects' shares of the image, by powers of two


class Look(NamedTuple):
    """What one frame and its mask showed; `size` is None where the frame cannot be read.

    `digest` is of the pixels, `fingerprint` the difference hash of 64 bits, `small` the luma (SMALL, SMALL) as float32.
    `areas` counts objects (classes, AREA_BINS) by the power of two of their share of the image. `strangers` are pixels
    of labels that are no classes.
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
    strangers: tuple[tuple[str, int], ...] = ()


def look(data: VideoSet, video: Video, index: int) -> Look:
    """Read frame `index` and its label once; what is wrong is told, not raised."""
    problems, unreadable, shown = [], [], {}
    frame, counts = None, class_counts(data, None)
    try:
        frame = video.frame(index)
        shown |= _measure(frame)
    except (DataError, SourceError) as error:
        problems.append(str(error))
        unreadable.append("frame")
    try:
        mask = None if video.masks is None else video.masks[index]
        if mask is not None and frame is not None:
            require_fitting(data, video, index, mask, frame.shape[:2])
            counts = class_counts(data, mask)
            shown |= _measure_label(data, mask)
    except (DataError, SourceError) as error:
        problems.append(str(error))
        strangers = _strangers(video, index)
        shown["strangers"] = strangers
        if not strangers:
            unreadable.append(LABEL)
    size = None if frame is None else frame.shape[:2]
    return Look(size, counts, tuple(problems), tuple(unreadable), **shown)


def glance(_: VideoSet, video: Video, index: int) -> Look:
    """The frame alone, of which nothing is told where it cannot be read."""
    try:
        frame = video.frame(index)
    except (DataError, SourceError):
        return Look(None, np.zeros(0, np.int64))
    return Look(frame.shape[:2], np.zeros(0, np.int64), **_measure(frame))


def difference_hash(gray: np.ndarray) -> int:
    """64 bits that say where a picture gets brighter to the right, at 8 x 9 pixels (Krawetz 2013: dHash).

    >>> difference_hash(np.tile(np.arange(90, dtype=np.uint8), (80, 1))) == 2**64 - 1
    True
    """
    small = cv2.resize(gray, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    return int.from_bytes(np.packbits(small[:, 1:] > small[:, :-1]).tobytes(), "big")


def _measure(frame: np.ndarray) -> dict:
    gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    mean, deviation = cv2.meanStdDev(gray)
    return {
        "brightness": float(mean[0, 0]),
        "contrast": float(deviation[0, 0]),
        "digest": hashlib.blake2b(np.ascontiguousarray(frame), digest_size=16, key=str(frame.shape).encode()).digest(),
        "fingerprint": difference_hash(gray),
        "small": cv2.resize(gray, (SMALL, SMALL), interpolation=cv2.INTER_AREA).astype(np.float32),
    }


def _measure_label(data: VideoSet, mask: np.ndarray) -> dict:
    if not data.multi_label:
        void = int((mask == VOID).sum())
        areas = _areas([mask == number for number in range(len(data.classes))]) if len(data.classes) <= 64 else None
        return {"void": void, "pixels": mask.size - void, "areas": areas}
    planes = unpack_planes(mask, len(data.classes))
    void = int((planes == VOID).all(axis=-1).sum())
    overlapping = int(((planes == 1).sum(axis=-1) > 1).sum())
    return {"void": void, "pixels": planes[..., 0].size - void, "overlapping": overlapping}


def _areas(layers: list[np.ndarray]) -> np.ndarray:
    found = np.zeros((len(layers), AREA_BINS), np.int64)
    for number, layer in enumerate(layers):
        if layer.any():
            _, _, facts, _ = cv2.connectedComponentsWithStats(layer.astype(np.uint8))
            shares = facts[1:, cv2.CC_STAT_AREA] / layer.size
            bins = np.clip(np.floor(-np.log2(shares)), 0, AREA_BINS - 1).astype(int)
            found[number] = np.bincount(bins, minlength=AREA_BINS)
    return found


def _strangers(video: Video, index: int) -> tuple[tuple[str, int], ...]:
    """(value or colour, pixels) of what means no class; none where the values as written are not to be had."""
    written, meaning = getattr(video.masks, "written", None), getattr(video.masks, "meaning", None)
    if written is None or meaning is None:
        return ()
    try:
        values = written(index)
    except (DataError, SourceError):
        return ()
    pixels = values.reshape(-1, *values.shape[2:])
    found, counts = np.unique(pixels, axis=0, return_counts=True)
    strangers = []
    for value, count in zip(found[:4096], counts, strict=False):
        try:
            meaning(np.ascontiguousarray(value[None, None]))
        except LabelError:
            strangers.append((" ".join(map(str, np.ravel(value))), int(count)))
    return tuple(strangers)
