import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.layers import UPSAMPLING, depth_to_space, make_upsampling, pool_with_places

PLAIN = sorted(set(UPSAMPLING) - {"unpool"})


def random(*shape, seed=0):
    return ops.convert_to_tensor(np.random.default_rng(seed).normal(size=shape).astype("float32"))


def numpy_of(tensor):
    return ops.convert_to_numpy(tensor)


def repeated(maps, factor):
    return np.repeat(np.repeat(numpy_of(maps), factor, axis=1), factor, axis=2)


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(("factor", "missing"), [(1, 0), (2, 1), (3, 2)])
def test_maps_get_the_factor_times_larger_and_are_cut_to_the_skips_size(name, factor, missing):
    like = random(1, max(factor * 5 - missing, 1), max(factor * 7 - missing, 1), 1)
    assert make_upsampling(name, factor)(random(1, 5, 7, 3), like).shape == (*like.shape[:3], 3)


@pytest.mark.parametrize("name", PLAIN)
def test_a_single_pixel_fills_the_map(name):
    maps = numpy_of(make_upsampling(name, 2)(random(1, 1, 1, 2), random(1, 1, 2, 1)))
    assert maps.shape == (1, 1, 2, 2)
    assert np.isfinite(maps).all()


@pytest.mark.parametrize("factor", [2, 3, 8])
def test_a_bilinear_deconvolution_is_a_bilinear_resize_inside(factor):
    maps = random(2, 5, 6, 3)
    ours = numpy_of(make_upsampling("bilinear_deconv", factor)(maps))
    expected = numpy_of(ops.image.resize(maps, (5 * factor, 6 * factor), interpolation="bilinear"))
    inside = (slice(None), slice(factor, -factor), slice(factor, -factor))
    np.testing.assert_allclose(ours[inside], expected[inside], atol=1e-5)


@pytest.mark.parametrize(("factor", "side"), [(2, 4), (3, 5), (8, 16), (32, 64)])
def test_a_deconvolution_has_a_kernel_of_twice_the_factor_less_one_for_odd_ones(factor, side):
    layer = make_upsampling("deconv", factor)
    layer.build((None, None, None, 21))
    assert layer.count_params() == side**2 * 21**2


@pytest.mark.parametrize(("learned", "count"), [(False, 0), (True, 1)])
def test_a_bilinear_deconvolution_is_frozen_unless_it_is_to_learn(learned, count):
    layer = make_upsampling({"name": "bilinear_deconv", "learned": learned}, 2)
    layer.build((None, None, None, 3))
    assert len(layer.trainable_weights) == count


@pytest.mark.parametrize("factor", [2, 3])
def test_bicubic_upsampling_is_exact_for_parabolas(factor):
    """Keys (1981): cubic convolution with a = -0.5 reproduces polynomials of second degree."""

    def parabola(x):
        return 0.3 * x**2 - x + 2

    maps = np.tile(parabola(np.arange(12.0))[None, None, :, None], (1, 5, 1, 1)).astype("float32")
    larger = numpy_of(make_upsampling("bicubic", factor)(ops.convert_to_tensor(maps)))
    places = (np.arange(12 * factor) + 0.5) / factor - 0.5
    inside = slice(2 * factor, -2 * factor)
    np.testing.assert_allclose(larger[0, 2 * factor, inside, 0], parabola(places)[inside], atol=1e-4)


def test_bicubic_upsampling_is_the_same_along_both_axes():
    maps = random(1, 5, 7, 2)
    layer = make_upsampling("bicubic", 2)
    turned = numpy_of(layer(ops.transpose(maps, (0, 2, 1, 3))))
    np.testing.assert_allclose(numpy_of(layer(maps)), turned.transpose(0, 2, 1, 3), atol=1e-6)


def test_nearest_upsampling_repeats_every_pixel():
    maps = random(1, 3, 4, 2)
    np.testing.assert_array_equal(numpy_of(make_upsampling("nearest", 3)(maps)), repeated(maps, 3))


@pytest.mark.parametrize("factor", [2, 3])
def test_depth_to_space_is_pytorchs_pixel_shuffle_of_channels_in_the_other_order(factor):
    torch = pytest.importorskip("torch")
    channels = 5
    maps = numpy_of(random(2, 3, 4, channels * factor**2))
    by_place = maps.reshape(2, 3, 4, factor**2, channels)
    by_channel = by_place.transpose(0, 4, 3, 1, 2).reshape(2, -1, 3, 4)
    expected = torch.nn.PixelShuffle(factor)(torch.tensor(by_channel)).numpy().transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(numpy_of(depth_to_space(ops.convert_to_tensor(maps), factor)), expected)


def test_depth_to_space_keeps_kerass_order():
    maps = random(2, 3, 4, 12)
    if not hasattr(ops, "depth_to_space"):
        pytest.skip("this Keras has none")
    expected = numpy_of(ops.depth_to_space(maps, 2, data_format="channels_last"))
    np.testing.assert_array_equal(numpy_of(depth_to_space(maps, 2)), expected)


def test_depth_to_space_begins_as_a_convolution_and_nearest_upsampling():
    """ICNR: no checkerboard at the start."""
    maps = random(1, 4, 5, 3)
    layer = make_upsampling({"name": "depth_to_space", "kernel_size": 3}, 2)
    larger = numpy_of(layer(maps))
    small = ops.conv(maps, ops.convert_to_tensor(layer.kernel)[..., :3], padding="same")
    np.testing.assert_allclose(larger, repeated(small, 2), atol=1e-6)
    assert np.ptp(larger) > 0.1


@pytest.mark.parametrize("size", [(6, 8), (5, 7)])
def test_unpooling_undoes_a_pooling(size):
    maps = random(1, *size, 3)
    pooled, places = pool_with_places(maps)
    sparse = numpy_of(make_upsampling("unpool")(pooled, maps, places))
    maps = numpy_of(maps)
    np.testing.assert_array_equal(sparse[sparse != 0], maps[sparse != 0])
    assert (sparse != 0).sum() == np.prod(pooled.shape)


def test_unpooling_maps_of_other_channels_names_both():
    pooled, places = pool_with_places(random(1, 4, 4, 3))
    with pytest.raises(ModelError, match="needs 3 channels.*got 2"):
        make_upsampling("unpool")(pooled[..., :2], random(1, 4, 4, 1), places)


@pytest.mark.parametrize("name", PLAIN)
def test_its_config_makes_it_again(name):
    layer = make_upsampling(name, 3)
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


def test_half_precision_stays_half_precision():
    layer = make_upsampling("bilinear", 2, dtype="mixed_bfloat16")
    assert keras.backend.standardize_dtype(layer(random(1, 2, 2, 1)).dtype) == "bfloat16"


@pytest.mark.parametrize(
    ("wanted", "factor", "message"),
    [
        ("bilinnear", 2, "did you mean bilinear"),
        ({"learned": True}, 2, "needs a name"),
        ("nearest", 0, "whole number of at least 1, got 0"),
        ("deconv", 1.5, "whole number of at least 1, got 1.5"),
        ("unpool", 4, "pooling by 2, got factor 4"),
        ({"name": "deconv", "start": "bilinnear"}, 2, '"bilinear" or "random"'),
    ],
)
def test_what_cannot_be_is_an_error_that_says_so(wanted, factor, message):
    with pytest.raises(ConfigError, match=message):
        make_upsampling(wanted, factor)
