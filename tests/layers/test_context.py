import numpy as np
import pytest
from keras import ops

from seqseg.layers import ASPP, ContextConv, LiteASPP, PyramidPooling, adaptive_average_pool


def random(*shape):
    return ops.convert_to_tensor(np.random.default_rng(0).normal(size=shape).astype("float32"))


@pytest.mark.parametrize(("size", "bins"), [((7, 9), 3), ((12, 6), 6), ((5, 2), 6), ((1, 1), 2), ((45, 61), 1)])
def test_adaptive_pooling_is_pytorchs(size, bins):
    torch = pytest.importorskip("torch")
    maps = random(2, *size, 3)
    channels_first = torch.tensor(ops.convert_to_numpy(maps).transpose(0, 3, 1, 2))
    expected = torch.nn.functional.adaptive_avg_pool2d(channels_first, bins).numpy().transpose(0, 2, 3, 1)
    np.testing.assert_allclose(ops.convert_to_numpy(adaptive_average_pool(maps, bins)), expected, atol=1e-6)


@pytest.mark.parametrize("layer", [ASPP(8), ASPP(8, separable=True), PyramidPooling(), LiteASPP(8)], ids=str)
@pytest.mark.parametrize("size", [(9, 13), (1, 1)])
def test_context_keeps_the_size(layer, size):
    maps = random(2, *size, 8)
    assert tuple(layer(maps).shape) == (2, *size, layer.compute_output_shape(maps.shape)[-1])


@pytest.mark.parametrize("layer", [ASPP(8, rates=(2, 3)), PyramidPooling(bins=(1, 4), filters=3), LiteASPP(8)], ids=str)
def test_its_config_makes_it_again(layer):
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


def test_aspp_has_the_branches_of_its_paper():
    """1 x 1, three of 3 x 3, the whole map, and 1 x 1 over all five; each without bias and normalized."""
    layer = ASPP(256)
    layer.build((None, None, None, 2048))
    kernels = 2048 * 256 * (1 + 3 * 9 + 1) + 5 * 256 * 256
    assert sum(int(np.prod(w.shape)) for w in layer.trainable_weights) == kernels + 6 * 2 * 256


def test_a_dilated_convolution_reaches_as_far_as_it_says():
    maps = np.zeros((1, 15, 15, 1), "float32")
    maps[0, 7, 7] = 1
    layer = ContextConv(1, dilation=3, norm=None)
    layer.build((None, None, None, 1))
    layer.convolution.kernel.assign(np.ones((3, 3, 1, 1)))
    rows, columns = np.nonzero(ops.convert_to_numpy(layer(ops.convert_to_tensor(maps)))[0, :, :, 0])
    assert sorted(set(rows)) == sorted(set(columns)) == [4, 7, 10]


def test_the_whole_maps_mean_reaches_every_pixel():
    layer = ASPP(4, rates=(), norm=None)
    layer.build((None, None, None, 2))
    for weight in layer.trainable_weights:  # so that no ReLU hides it
        weight.assign(ops.abs(weight))
    maps = np.zeros((1, 31, 31, 2), "float32")
    before = ops.convert_to_numpy(layer(ops.convert_to_tensor(maps)))
    maps[0, 0, 0] = 1000
    after = ops.convert_to_numpy(layer(ops.convert_to_tensor(maps)))
    assert (np.abs(after - before).max(axis=-1) > 1e-4).all()
