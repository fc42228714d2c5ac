"""Run lengths against pycocotools."""

import numpy as np
import pytest
from pycocotools import mask as coco

from seqseg.data.labels.meaning import LabelError
from seqseg.data.objects.run_lengths import rle_mask


@pytest.mark.parametrize("seed", range(6))
def test_compressed_runs_are_what_pycocotools_decodes(seed):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 90, 2)
    picture = np.asfortranarray(rng.random((height, width)) > rng.random(), np.uint8)
    runs = coco.encode(picture)
    np.testing.assert_array_equal(rle_mask(runs), coco.decode(runs))
    np.testing.assert_array_equal(rle_mask(runs), picture)


def test_long_runs_need_several_letters():
    picture = np.zeros((700, 900), np.uint8, order="F")
    picture[300:, 450:] = 1
    np.testing.assert_array_equal(rle_mask(coco.encode(picture)), picture)


def test_uncompressed_runs_are_what_pycocotools_makes_of_them():
    runs = {"size": [5, 7], "counts": [3, 9, 0, 4, 19]}
    np.testing.assert_array_equal(rle_mask(runs), coco.decode(coco.frPyObjects(runs, 5, 7)))


@pytest.mark.parametrize(
    "counts", [[3], [3, 40], [-1, 36], [1.5, 33.5], "", "~~~", "0P", b"\x00\x01", None, 7, ["a"], [True]]
)
def test_runs_that_do_not_fill_their_size_are_refused(counts):
    with pytest.raises(LabelError, match="run lengths"):
        rle_mask({"size": [5, 7], "counts": counts})


@pytest.mark.parametrize("size", [None, [5], [0, 7], [5.0, 7], "57", [10**6, 10**6]])
def test_sizes_that_cannot_be_are_refused(size):
    with pytest.raises(LabelError, match="run lengths"):
        rle_mask({"size": size, "counts": [35]})
