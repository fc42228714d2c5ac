import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.layers import LadderStage
from seqseg.layers.ladder_stage import normalise

BELOW = (2, 5, 7, 3)


def built(*args, below=BELOW, across_shape=None, **options):
    stage = LadderStage(*args, **options)
    stage.build(below, across_shape)
    return stage


def random(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_normalising_takes_mean_and_variance_of_the_batch_per_channel_without_scale_or_shift():
    features, mean, variance = map(ops.convert_to_numpy, normalise(np.array([[1.0, 5], [3, 1], [5, 3]], "float32")))
    np.testing.assert_allclose(mean, [3, 3])
    np.testing.assert_allclose(variance, [8 / 3, 8 / 3], rtol=1e-6)
    np.testing.assert_allclose(features, np.array([[-2, 2], [0, -2], [2, 0]]) / np.sqrt(8 / 3), rtol=1e-6)


def test_maps_are_normalised_over_the_batch_and_all_places():
    features = ops.convert_to_numpy(normalise(7 + 3 * random(BELOW))[0])
    np.testing.assert_allclose(features.mean((0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose((features**2).mean((0, 1, 2)), 1, atol=1e-5)


@pytest.mark.parametrize("padding", ["same", "valid", "full"])
@pytest.mark.parametrize("kernel", [1, 2, 3])
def test_the_way_down_through_a_convolution_is_the_transpose_of_the_way_up(padding, kernel):
    """With mirrored weights <up(x), y> = <x, down(y)> for all x and y, which is what a transpose is."""
    stage = built("conv", 4, kernel=kernel, padding=padding)
    mirrored = ops.convert_to_numpy(stage.weight_up)[::-1, ::-1].transpose(0, 1, 3, 2)
    stage.weight_down.assign(mirrored)
    x = random(BELOW)
    above = ops.convert_to_numpy(stage.up(x))
    y = random(above.shape, seed=1)
    below = ops.convert_to_numpy(stage.down(y, like=x))
    assert below.shape == x.shape and above.shape == stage.compute_output_shape(x.shape)
    np.testing.assert_allclose((above * y).sum(), (x * below).sum(), rtol=1e-4)


def test_a_full_convolution_has_every_place_where_kernel_and_picture_touch():
    assert built("conv", 4, kernel=3, padding="full").compute_output_shape(BELOW) == (2, 7, 9, 4)


def test_a_dense_stage_flattens_maps_and_its_way_down_has_their_shape():
    stage = built("dense", 4)
    x = random(BELOW)
    np.testing.assert_allclose(
        ops.convert_to_numpy(stage.up(x)), x.reshape(2, -1) @ ops.convert_to_numpy(stage.weight_up), atol=1e-4
    )
    assert tuple(stage.down(random((2, 4)), like=x).shape) == BELOW


def test_pooling_takes_the_largest_and_gives_every_place_of_its_window_the_same_on_the_way_down():
    stage = built("pool")
    x = random(BELOW)
    above = ops.convert_to_numpy(stage.up(x))
    below = ops.convert_to_numpy(stage.down(above, like=x))
    assert above.shape == (2, 3, 4, 3) == stage.compute_output_shape(BELOW)
    for row in range(5):
        for column in range(7):
            window = x[:, row // 2 * 2 :, column // 2 * 2 :][:, :2, :2]
            np.testing.assert_array_equal(below[:, row, column], window.max((1, 2)))


def test_enlarging_and_coming_down_again_changes_nothing():
    stage = built("enlarge")
    x = random(BELOW)
    above = stage.up(x)
    assert tuple(above.shape) == (2, 10, 14, 3) == stage.compute_output_shape(BELOW)
    np.testing.assert_array_equal(ops.convert_to_numpy(stage.down(above, like=x)), x)


def test_the_mean_of_a_picture_is_given_to_all_its_places_on_the_way_down():
    stage = built("global_mean")
    x = random(BELOW)
    above = ops.convert_to_numpy(stage.up(x))
    np.testing.assert_allclose(above, x.mean((1, 2)), atol=1e-6)
    expected = np.broadcast_to(above[:, None, None], BELOW)
    np.testing.assert_array_equal(ops.convert_to_numpy(stage.down(above, like=x)), expected)


@pytest.mark.parametrize(
    ("activation", "names"),
    [
        ("relu", {"shift"}),
        ("leaky_relu", {"shift"}),
        ("linear", set()),
        ("softmax", {"shift", "factor"}),
    ],
)
def test_only_a_softmax_has_a_scale_and_only_what_bends_has_a_shift(activation, names):
    stage = built("conv", 4, kernel=1, activation=activation)
    assert {weight.name for weight in stage.trainable_weights} == {"weight_up", "weight_down"} | names


def test_a_softmax_can_do_without_its_scale():
    assert built("dense", 4, activation="softmax", scale=False).factor is None


def test_shift_comes_before_scale_and_logits_before_the_softmax():
    stage = built("dense", 2, activation="softmax")
    stage.shift.assign([1.0, -1.0])
    stage.factor.assign([2.0, 3.0])
    output, logits = map(ops.convert_to_numpy, stage.activate(np.array([[0.5, 0.0]], "float32")))
    np.testing.assert_allclose(logits, [[3, -3]])
    np.testing.assert_allclose(output, [[1 / (1 + np.exp(-6)), 1 / (1 + np.exp(6))]], rtol=1e-5)


def test_leaky_means_a_tenth():
    stage = built("dense", 2, activation="leaky_relu")
    np.testing.assert_allclose(ops.convert_to_numpy(stage.activate(np.array([[-1.0, 2]], "float32"))[0]), [[-0.1, 2]])


def test_a_pool_has_no_weights_and_does_not_bend():
    stage = built("pool")
    assert stage.trainable_weights == []
    np.testing.assert_array_equal(ops.convert_to_numpy(stage.activate(np.array([-1.0], "float32"))[0]), [-1])


@pytest.mark.parametrize(("kind", "options"), [("dense", {}), ("conv", {"kernel": 3})])
def test_weights_have_a_variance_of_one_over_what_comes_in(kind, options):
    stage = built(kind, 100, below=(None, 8, 8, 20), **options)
    coming_in = 8 * 8 * 20 if kind == "dense" else 9 * 20
    assert np.var(ops.convert_to_numpy(stage.weight_up)) == pytest.approx(1 / coming_in, rel=0.05)


def test_averages_are_plain_means_at_first():
    stage = built("dense", 2)
    for mean in (1.0, 2.0, 6.0):
        stage.remember(mean * ops.ones(2), 10 * mean * ops.ones(2))
    np.testing.assert_allclose(ops.convert_to_numpy(stage.mean), [3, 3], rtol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(stage.variance), [30, 30], rtol=1e-6)


def test_later_a_batch_counts_for_a_hundredth():
    stage = built("dense", 1)
    stage.seen.assign(5000.0)
    stage.remember(100 * ops.ones(1), ops.ones(1))
    np.testing.assert_allclose(ops.convert_to_numpy(stage.mean), [1], rtol=1e-5)


def test_its_config_makes_it_again():
    stage = LadderStage("conv", 5, kernel=3, padding="full", activation="leaky_relu", scale=False)
    assert LadderStage.from_config(stage.get_config()).get_config() == stage.get_config()


@pytest.mark.parametrize(
    ("args", "options", "said"),
    [
        (("convolution", 3), {}, "no kind 'convolution'; there is dense, conv"),
        (("conv", 3), {"kernel": 3, "padding": "half"}, "no padding 'half'"),
        (("dense", 3), {"activation": "tanh"}, "no activation 'tanh'"),
        (("conv", 3), {}, "takes a whole number above 0 for kernel, got None"),
        (("dense",), {}, "takes a whole number above 0 for units, got None"),
        (("pool", 3), {}, "takes none for units, got 3"),
    ],
)
def test_what_does_not_make_a_stage_is_said(args, options, said):
    with pytest.raises(ConfigError, match=said):
        LadderStage(*args, **options)


def test_a_dense_stage_on_maps_of_any_size_is_refused():
    with pytest.raises(ModelError, match="needs maps of a known size"):
        built("dense", 3, below=(None, None, None, 2))


def test_a_convolution_of_vectors_is_refused():
    with pytest.raises(ModelError, match="needs images"):
        built("conv", 3, kernel=1, below=(None, 8))


SIZES = [(5, 7), (4, 6), (1, 3)]


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor), "float64")


@pytest.mark.parametrize("size", SIZES)
def test_what_halving_gives_comes_back_as_doubling_to_the_same_size_would_give_it(size):
    """The way down through a halving is the way up through a doubling, and the other way round."""
    fine = random((2, *size, 3))
    coarse = random((2, -(-size[0] // 2), -(-size[1] // 2), 3), seed=1)
    halve = built("conv", 3, kernel=1, resize="halve", below=fine.shape)
    double = built("conv", 3, kernel=1, resize="double", across=0, below=coarse.shape, across_shape=fine.shape)
    for weight in (halve.weight_down, double.weight_up, double.weight_down):
        weight.assign(np.eye(3)[None, None])
    up = numpy_of(double.up(coarse, fine))
    assert up.shape == fine.shape == double.compute_output_shape(coarse.shape, fine.shape)
    np.testing.assert_array_equal(numpy_of(halve.down(coarse, like=fine)), up)
    np.testing.assert_allclose(numpy_of(double.down(up, like=coarse)), coarse, rtol=1e-6)
    rows, columns = np.arange(size[0]) // 2, np.arange(size[1]) // 2
    np.testing.assert_array_equal(up, coarse[:, rows][:, :, columns])


@pytest.mark.parametrize("size", SIZES)
def test_the_way_down_through_a_doubling_is_its_adjoint_each_place_divided_by_how_many_it_was_given_to(size):
    """<up(x), y> = <x, count * down(y)>, where cut windows were given to fewer."""
    fine, coarse = random((2, *size, 3)), random((2, -(-size[0] // 2), -(-size[1] // 2), 3), seed=1)
    stage = built("enlarge", across=0, below=coarse.shape, across_shape=fine.shape)
    counts = np.outer(np.bincount(np.arange(size[0]) // 2), np.bincount(np.arange(size[1]) // 2))[..., None]
    forth = (numpy_of(stage.up(coarse, fine)) * fine).sum()
    back = (coarse * counts * numpy_of(stage.down(fine, like=coarse))).sum()
    np.testing.assert_allclose(forth, back, rtol=1e-5)


def test_the_way_down_through_what_joins_is_the_transpose_of_the_way_up_for_both_it_is_on():
    below, across = random((2, 3, 4, 3)), random((2, 5, 7, 2), seed=1)
    stage = built(
        "conv", 4, kernel=3, resize="double", across=0, joins=True, below=below.shape, across_shape=across.shape
    )
    stage.weight_down.assign(numpy_of(stage.weight_up)[::-1, ::-1].transpose(0, 1, 3, 2))
    above = numpy_of(stage.up(below, across))
    y = random(above.shape, seed=2)
    own, joined = map(numpy_of, stage.down(y, below, across))
    assert (own.shape, joined.shape) == (below.shape, across.shape)
    counts = np.outer([2, 2, 1], [2, 2, 2, 1])[..., None]
    np.testing.assert_allclose((above * y).sum(), (below * counts * own).sum() + (across * joined).sum(), rtol=1e-4)


@pytest.mark.parametrize(
    ("args", "options"),
    [
        (("pool",), {"resize": "halve"}),
        (("conv", 3), {"kernel": 3, "across": 1}),
        (("conv", 3), {"kernel": 3, "resize": "double", "joins": True}),
    ],
)
def test_only_what_doubles_looks_across_and_only_what_looks_across_joins(args, options):
    with pytest.raises(ConfigError, match="only a conv resizes, what doubles maps may look across"):
        LadderStage(*args, **options)
