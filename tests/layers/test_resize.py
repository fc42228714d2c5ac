import numpy as np
from keras import ops

from seqseg.layers import resize_to


def test_resizing_to_the_same_size_changes_nothing():
    maps = ops.ones((1, 3, 5, 2))
    assert resize_to(maps, (3, 5)) is maps


def test_resizing_is_bilinear_between_pixel_centres():
    row = ops.reshape(ops.convert_to_tensor([0.0, 4.0]), (1, 1, 2, 1))
    wide = ops.convert_to_numpy(resize_to(row, (1, 4)))
    np.testing.assert_allclose(wide[0, 0, :, 0], [0, 1, 3, 4])
