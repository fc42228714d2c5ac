import keras
import numpy as np
import pytest
from keras import ops

from seqseg.layers import ConvStack


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
