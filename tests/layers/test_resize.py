import cv2
import numpy as np
import pytest
from keras import ops

from seqseg.layers.resize import resize_to, shrink_to


def test_resizing_to_the_same_size_changes_nothing():
    maps = ops.ones((1, 3, 5, 2))
    assert resize_to(maps, (3, 5)) is maps


def test_resizing_is_bilinear_between_pixel_centres():
    row = ops.reshape(ops.convert_to_tensor([0.0, 4.0]), (1, 1, 2, 1))
    wide = ops.convert_to_numpy(resize_to(row, (1, 4)))
    np.testing.assert_allclose(wide[0, 0, :, 0], [0, 1, 3, 4])


@pytest.mark.parametrize("size", [(30, 40), (45, 60), (32, 48), (45, 33), (7, 5), (1, 1)])
def test_shrinking_is_what_opencv_does_by_area(size):
    image = np.random.default_rng(0).integers(0, 256, (45, 61, 3), "uint8")
    expected = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
    ours = ops.convert_to_numpy(shrink_to(ops.convert_to_tensor(image[None]), size))[0]
    assert np.abs(ours - expected).max() <= 1
    assert np.abs(ours - expected).mean() < 0.02
