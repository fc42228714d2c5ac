import numpy as np
import pytest
from keras import ops

from seqseg.layers import resize_to, upsample_to


@pytest.mark.parametrize("size", [(6, 8), (5, 7), (5, 8)])
def test_upsampling_fits_the_skip_at_even_and_odd_sizes(size):
    coarse = np.arange(12, dtype="float32").reshape(1, 3, 4, 1)
    fine = ops.convert_to_numpy(upsample_to(ops.convert_to_tensor(coarse), like=ops.zeros((1, *size, 9))))
    expected = np.kron(coarse[0, :, :, 0], np.ones((2, 2)))[: size[0], : size[1]]
    np.testing.assert_array_equal(fine[0, :, :, 0], expected)


def test_resizing_to_the_same_size_changes_nothing():
    maps = ops.ones((1, 3, 5, 2))
    assert resize_to(maps, (3, 5)) is maps
