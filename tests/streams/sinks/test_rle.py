import cv2
import numpy as np
import pytest
from pycocotools import mask as coco

from streams.sinks.rle import regions

RANDOM = np.random.default_rng(0)


def noise(height, width):
    return RANDOM.integers(0, 5, (height, width), dtype=np.uint8)


MASKS = {
    "one pixel": np.uint8([[3]]),
    "a row": noise(1, 300),
    "a column": noise(301, 1),
    "noise": noise(37, 53),
    "blobs": cv2.medianBlur(noise(97, 131), 9),
    "large areas": np.repeat(np.repeat(noise(3, 4), 150, axis=0), 333, axis=1),
    "void and instances": RANDOM.choice(np.uint16([0, 255, 300, 65535]), (21, 34)),
    "a late small one": np.pad(np.uint8([[1]]), ((700, 0), (900, 1))),
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_runs_areas_and_boxes_are_those_of_pycocotools(mask):
    found = list(regions(mask))
    assert [region.value for region in found] == np.unique(mask).tolist()
    for region in found:
        theirs = coco.encode(np.asfortranarray(mask == region.value, np.uint8))
        assert region.counts == theirs["counts"].decode()
        assert region.area == coco.area(theirs)
        assert list(region.box) == coco.toBbox(theirs).tolist()


def test_pycocotools_decodes_what_is_written():
    mask = MASKS["blobs"]
    for region in regions(mask):
        decoded = coco.decode({"size": list(mask.shape), "counts": region.counts.encode()})
        np.testing.assert_array_equal(decoded, mask == region.value)


def test_a_mask_without_pixels_has_no_regions():
    assert list(regions(np.zeros((0, 5), np.uint8))) == []
