import numpy as np
import pytest
from keras import ops

from seqseg.layers import pool_with_places, unpool


def maps_of(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize("size", [(4, 6), (5, 7), (1, 1)])
def test_the_maxima_are_those_of_max_pooling(size):
    maps = ops.convert_to_tensor(maps_of(2, *size, 3))
    pooled, _ = pool_with_places(maps)
    expected = ops.max_pool(maps, (2, 2), (2, 2), padding="same")
    np.testing.assert_array_equal(ops.convert_to_numpy(pooled), ops.convert_to_numpy(expected))


@pytest.mark.parametrize("size", [(4, 6), (5, 7), (1, 1)])
def test_unpooling_puts_each_maximum_back_where_it_was(size):
    maps = maps_of(2, *size, 3)
    pooled, places = pool_with_places(ops.convert_to_tensor(maps))
    spread = ops.convert_to_numpy(unpool(pooled, places, size))
    assert spread.shape == maps.shape
    filled = spread != 0
    np.testing.assert_array_equal(spread[filled], maps[filled])
    assert filled.sum() == np.prod(pooled.shape)


def test_places_are_counted_row_by_row():
    block = ops.convert_to_tensor(np.array([[1.0, 2.0], [9.0, 3.0]], "float32")[None, :, :, None])
    pooled, places = pool_with_places(block)
    assert (float(pooled[0, 0, 0, 0]), int(places[0, 0, 0, 0])) == (9.0, 2)
