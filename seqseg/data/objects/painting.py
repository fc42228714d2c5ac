"""COCO's annotations of one image -> its labels, painted when indexed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqseg.data.labels.planes import plane_bytes
from seqseg.data.objects.annotations import Annotation, CocoImage, CocoIndex
from seqseg.data.objects.run_lengths import rle_mask, run_lengths
from seqseg.data.sequences import MaskSequence
from seqseg.data.void import VOID


@dataclass(frozen=True)
class Painter:
    """Paints the annotations of an image; `class_of` maps category ids to classes, other categories are left out.

    Exclusive labels, uint8 (h, w): 0 for background, else the class on top: with overlap "area" the smallest object,
    with "order" the last in the file. A crowd is void where no single object is seen. With `multi`, bit planes of
    `classes` classes (`labels/planes.py`) in which a crowd is void for its own class only.
    """

    index: CocoIndex
    class_of: Mapping[int, int]
    classes: int
    overlap: str = "area"
    multi: bool = False

    def paint(self, image: int) -> np.ndarray:
        """The labels of image `image` of the index."""
        held, place = self.index.annotations.get(image, ()), self.index.images[image]
        wanted = [one for one in held if one.category in self.class_of]
        return self._planes(wanted, place) if self.multi else self._exclusive(wanted, place)

    def _exclusive(self, annotations: Sequence[Annotation], image: CocoImage) -> np.ndarray:
        labels = np.zeros((image.height, image.width), np.uint8)
        if self.overlap == "area":  # sorted is stable: of two equal ones the later is on top
            annotations = sorted(annotations, key=lambda one: -area_of(one, image))
        for one in sorted(annotations, key=lambda one: not one.crowd):
            labels[mask_of(one, image)] = VOID if one.crowd else self.class_of[one.category]
        return labels

    def _planes(self, annotations: Sequence[Annotation], image: CocoImage) -> np.ndarray:
        half = plane_bytes(self.classes) // 2
        bits = np.zeros((image.height, image.width, 2 * half), np.uint8)
        for one in annotations:
            number = self.class_of[one.category]
            byte = number // 8 + (half if one.crowd else 0)
            bits[..., byte] |= mask_of(one, image).astype(np.uint8) << np.uint8(number % 8)
        bits[..., half:] &= ~bits[..., :half]  # where an object is seen its class is known
        return bits


class PaintedMask(MaskSequence):
    """The mask of one image, as a video of one frame has it."""

    present = (True,)

    def __init__(self, painter: Painter, image: int):
        self._painter, self._image = painter, image

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> np.ndarray:
        range(1)[index]
        return self._painter.paint(self._image)

    def describe(self, index: int) -> str:
        """The json and the image."""
        return self._painter.index.describe(self._image)


def mask_of(one: Annotation, image: CocoImage) -> np.ndarray:
    """Where the annotation is, bool (h, w), exactly as pycocotools draws it."""
    from pycocotools import mask  # slow to import, and few sets need it

    if isinstance(one.shape, Mapping):
        return rle_mask(one.shape)
    return np.asarray(mask.decode(_polygons(one, image)), bool)


def area_of(one: Annotation, image: CocoImage) -> int:
    """Its pixels, counted; the area in the json may be wrong."""
    from pycocotools import mask

    if isinstance(one.shape, Mapping):
        return int(run_lengths(one.shape)[1::2].sum())
    return int(mask.area(_polygons(one, image)))


def _polygons(one: Annotation, image: CocoImage) -> dict[str, Any]:
    """All polygons as one run-length object of pycocotools."""
    from pycocotools import mask

    polygons = mask.frPyObjects([polygon.tolist() for polygon in one.shape], image.height, image.width)
    merged: dict[str, Any] = mask.merge(polygons)
    return merged
