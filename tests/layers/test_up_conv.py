import keras
import numpy as np
import pytest
from keras import ops

from seqseg.layers import UpConv, UpStack, double_and_convolve
from seqseg.layers.up_conv import _phases, _transposed


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def doubled(features):
    return ops.repeat(ops.repeat(features, 2, axis=1), 2, axis=2)


@pytest.mark.parametrize("form", [_transposed, _phases, double_and_convolve])
@pytest.mark.parametrize("side", [1, 3, 5, 7])
def test_it_is_nearest_upsampling_and_a_convolution(form, side):
    features, kernel = random(2, 6, 9, 3), random(side, side, 3, 4, seed=1)
    expected = ops.conv(doubled(features), kernel, padding="same")
    np.testing.assert_allclose(
        ops.convert_to_numpy(form(ops.convert_to_tensor(features), ops.convert_to_tensor(kernel))),
        ops.convert_to_numpy(expected),
        atol=1e-4,
    )


def test_a_joined_skip_is_a_convolution_over_both():
    features, skip = random(2, 4, 5, 3), random(2, 8, 10, 2, seed=1)
    stock = keras.layers.Conv2D(6, 3, padding="same", activation="relu")
    expected = stock(ops.concatenate([skip, doubled(features)], axis=-1))
    ours = UpConv(6)
    ours.build((None, None, None, 3), (None, None, None, 2))
    ours.set_weights(stock.get_weights())
    np.testing.assert_allclose(ops.convert_to_numpy(ours(features, skip)), ops.convert_to_numpy(expected), atol=1e-5)


@pytest.mark.parametrize("size", [(6, 8), (5, 7), (5, 8), (1, 1)])
def test_the_output_has_the_skips_size_at_even_and_odd_sizes(size):
    height, width = size
    stack = UpStack(4)
    stack.build((None, None, None, 3), (None, None, None, 2))
    features = random(1, -(-height // 2), -(-width // 2), 3)
    assert tuple(stack(features, random(1, height, width, 2)).shape) == (1, height, width, 4)


def test_a_skip_that_only_lends_its_size_adds_no_weights():
    stack = UpStack(4, depth=1, norm=None)
    stack.build((None, None, None, 3))
    assert tuple(stack(random(1, 3, 4, 3), None, like=random(1, 5, 7, 9)).shape) == (1, 5, 7, 4)
    assert stack.count_params() == 9 * 3 * 4 + 4


def test_an_even_kernel_is_refused():
    with pytest.raises(ValueError, match="odd"):
        UpConv(4, kernel_size=2)
