import keras
import numpy as np
import pytest
from keras import ops

from seqseg.layers import ConvNorm, ConvStack


def test_a_stack_is_convolutions_and_one_norm_with_the_parameters_of_the_formula():
    stack = ConvStack(8, depth=2, norm="batch")
    stack.build((None, None, None, 3))
    assert stack.count_params() == (9 * 3 * 8 + 8) + (9 * 8 * 8 + 8) + 4 * 8


def test_batch_norm_statistics_move_in_training_only():
    stack = ConvStack(2, depth=1)
    images = np.random.default_rng(0).normal(size=(4, 5, 5, 3)).astype("float32")
    stack(images, training=False)
    before = stack.normalization.moving_mean.numpy()
    assert not before.any()
    stack(images, training=True)
    assert stack.normalization.moving_mean.numpy().any()


def test_an_unknown_norm_is_refused_by_name():
    with pytest.raises(ValueError, match="'layer'"):
        ConvStack(8, norm="layer")


@pytest.mark.parametrize("filters", [4, 6, 7])
def test_group_norm_finds_groups_for_any_width(filters):
    stack = ConvStack(filters, norm="group")
    assert stack(ops.ones((1, 4, 4, 3))).shape == (1, 4, 4, filters)
    assert isinstance(stack.normalization, keras.layers.GroupNormalization)


@pytest.mark.parametrize(("normalize", "norms"), [("last", 1), ("first", 1), ("each", 3)])
def test_normalization_is_last_first_or_after_each(normalize, norms):
    stack = ConvStack(8, depth=3, normalize=normalize)
    stack.build((None, None, None, 8))
    assert stack.count_params() == 3 * (9 * 8 * 8 + 8) + norms * 4 * 8


def test_a_stack_without_convolutions_only_normalizes():
    stack = ConvStack(3, depth=0)
    stack.build((None, None, None, 3))
    assert stack.count_params() == 4 * 3
    assert stack(ops.ones((1, 4, 5, 3))).shape == (1, 4, 5, 3)


def test_normalization_before_relu_leaves_nothing_negative():
    maps = np.random.default_rng(0).normal(size=(2, 5, 7, 3)).astype("float32")
    layer = ConvNorm(4)
    assert ops.convert_to_numpy(layer(maps, training=True)).min() == 0
    assert layer.count_params() == 9 * 3 * 4 + 4 * 4
