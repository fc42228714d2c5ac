"""A bit a class."""

import numpy as np
import pytest

from seqseg.data.labels.planes import NOTHING, pack_planes, plane_bytes, striped, unpack_planes
from seqseg.data.void import void_mask


@pytest.mark.parametrize("classes", [1, 7, 8, 9, 80])
def test_planes_come_back_from_their_bits(classes):
    planes = np.random.default_rng(classes).choice(np.uint8([0, 1, 255]), (5, 7, classes))
    bits = pack_planes(planes)
    assert bits.shape == (5, 7, plane_bytes(classes))
    np.testing.assert_array_equal(unpack_planes(bits, classes), planes)


def test_a_frame_without_a_label_is_void_in_every_class():
    np.testing.assert_array_equal(unpack_planes(void_mask(2, 3, plane_bytes(11)), 11), np.full((2, 3, 11), 255))


def test_where_several_classes_are_there_they_are_in_stripes():
    planes = np.ones((8, 8, 2), np.uint8)
    labels = striped(planes, width=2)
    assert [labels[0, x] for x in range(8)] == [0, 0, 1, 1, 0, 0, 1, 1]
    np.testing.assert_array_equal(labels, labels.T)
    assert striped(np.uint8([[[0, 1], [0, 0], [255, 0], [255, 1]]])).tolist() == [[1, NOTHING, 255, 1]]
