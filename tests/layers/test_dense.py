import numpy as np
import pytest
from keras import ops

from seqseg.layers import DenseBlock


@pytest.mark.parametrize(("keep", "channels"), [(True, 5 + 3 * 4), (False, 3 * 4)])
def test_a_block_gives_all_channels_or_the_new_ones(keep, channels):
    block = DenseBlock(3, 4, keep=keep)
    maps = np.random.default_rng(0).normal(size=(2, 5, 7, 5)).astype("float32")
    assert tuple(block(ops.convert_to_tensor(maps)).shape) == (2, 5, 7, channels)
    assert block.compute_output_shape(maps.shape) == (2, 5, 7, channels)


def test_every_unit_reads_all_that_came_before():
    """DenseNet's units: norm of c, 1 x 1 to 4 g, norm of 4 g, 3 x 3 to g, with c growing by g."""
    block = DenseBlock(2, 4, bottleneck=16)
    block.build((None, None, None, 5))
    expected = sum(4 * c + c * 16 + 4 * 16 + 9 * 16 * 4 for c in (5, 9))
    assert block.count_params() == expected


def test_its_config_makes_it_again():
    block = DenseBlock(2, 4, keep=False, bottleneck=16, dropout=0.2, use_bias=True, norm="group")
    assert DenseBlock.from_config(block.get_config()).get_config() == block.get_config()
