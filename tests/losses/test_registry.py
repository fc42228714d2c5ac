"""What every loss keeps to; a new one is tested by being in the dict."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, DataError
from seqseg.losses import LOSSES

VOID = 255
EVERY = pytest.mark.parametrize("make", LOSSES.values(), ids=LOSSES)
BY_PIXEL = {"cross_entropy", "binary_cross_entropy", "focal", "binary_focal", "boundary", "hard_examples"}


def one_hot(labels, classes=4):
    """Planes (..., classes), void in all planes of a void pixel."""
    planes = (labels[..., None] == np.arange(classes)).astype("uint8")
    planes[labels == VOID] = VOID
    return planes


@EVERY
@pytest.mark.parametrize("label", [0, VOID], ids=["empty", "all void"])
@pytest.mark.parametrize("scale", [1, 200], ids=["unsure", "certain"])
def test_it_and_its_gradient_are_finite_on_masks_without_objects(make, logits, gradient, label, scale):
    loss, labels = make(class_weights=[1, 2, 0.5, 3]), np.full(logits.shape[:-1], label, "uint8")
    slope = gradient(lambda values: loss(labels, values), logits * np.float32(scale))
    assert np.isfinite(float(loss(labels, logits * scale)))
    assert np.isfinite(slope).all()
    if label == VOID and not loss.counts_unlabelled:
        assert float(loss(labels, logits)) == 0
        assert not slope.any()


@EVERY
def test_its_gradient_is_finite_where_all_is_right(make, labels, gradient):
    certain = 200 * (labels[..., None] == np.arange(4)).astype("float32") - 100
    assert np.isfinite(gradient(lambda values: make()(labels, values), certain)).all()


@EVERY
def test_its_gradient_is_that_of_differences(make, labels, logits, gradient):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("differences need double precision all the way, which only TensorFlow gives")
    loss = make(dtype="float64", class_weights=[1, 2, 0.5, 3])
    logits = logits.astype("float64")
    way = np.random.default_rng(0).normal(size=logits.shape)
    step = 1e-6 * way
    difference = float(loss(labels, logits + step) - loss(labels, logits - step)) / 2e-6
    slope = float((gradient(lambda values: loss(labels, values), logits) * way).sum())
    assert slope == pytest.approx(difference, rel=1e-5, abs=1e-8)
    assert abs(slope) > 1e-6


@EVERY
def test_a_step_down_its_gradient_makes_it_smaller(make, labels, logits, gradient):
    loss = make()
    slope = gradient(lambda values: loss(labels, values), logits)
    step = 1e-2 * slope / np.linalg.norm(slope)
    assert float(loss(labels, logits - step)) < float(loss(labels, logits))


@EVERY
def test_it_is_smaller_where_all_is_right_than_where_all_is_wrong(make, labels):
    right = 16 * (labels[..., None] == np.arange(4)).astype("float32") - 8
    wrong = np.roll(right, 1, axis=-1)
    assert float(make()(labels, right)) < 0.1 * float(make()(labels, wrong))


@EVERY
def test_one_hot_labels_give_the_same_as_integers(make, labels, logits):
    loss = make(class_weights=[1, 2, 0.5, 3])
    expected = float(loss(labels, logits))
    assert float(loss(one_hot(labels), logits)) == pytest.approx(expected, rel=1e-6)
    assert float(loss(one_hot(labels).astype("float32"), logits)) == pytest.approx(expected, rel=1e-6)
    assert float(loss(labels[..., None], logits)) == pytest.approx(expected, rel=1e-6)


@EVERY
def test_images_are_clips_of_one_frame(make, labels, logits):
    loss, labels, logits = make(), labels[:, :1], logits[:, :1]
    assert float(loss(labels[:, 0], logits[:, 0])) == pytest.approx(float(loss(labels, logits)), rel=1e-6)


@EVERY
def test_what_is_predicted_in_void_does_not_matter(make, labels, logits, gradient):
    loss = make()
    if loss.counts_unlabelled:
        pytest.skip("learns from void pixels on purpose")
    changed = np.where((labels == VOID)[..., None], np.float32([50, -50, 9, 0]), logits)
    assert float(loss(labels, changed)) == pytest.approx(float(loss(labels, logits)), rel=1e-6)
    assert not gradient(lambda values: loss(labels, values), logits)[labels == VOID].any()


@EVERY
def test_void_may_be_any_label_even_one_of_the_classes(make, labels, logits):
    moved = np.where(labels == VOID, 11, labels)
    assert float(make(void=11)(moved, logits)) == pytest.approx(float(make()(labels, logits)), rel=1e-6)
    background = np.where(labels == 0, VOID, labels)
    filled = np.where(background == VOID, 0, background)
    expected = float(make()(background, logits))
    assert float(make(void=0)(filled, logits)) == pytest.approx(expected, rel=1e-6)
    planes = (filled[..., None] == np.arange(4)).astype("float32")
    assert float(make(void=0)(planes, logits)) == pytest.approx(expected, rel=1e-6)


@EVERY
def test_a_pixel_of_sample_weight_zero_is_a_void_pixel(make, labels, logits):
    loss = make()
    weight = (np.random.default_rng(1).random(labels.shape) < 0.5).astype("float32")
    expected = float(loss(np.where(weight > 0, labels, VOID), logits))
    assert float(loss(labels, logits, weight)) == pytest.approx(expected, rel=1e-5)


@EVERY
def test_rows_and_frames_can_be_weighed_too(make, labels, logits):
    loss = make()
    by_row, by_frame = np.float32([1, 0]), np.float32([[1, 0, 1], [0, 1, 1]])
    for weight in (by_row, by_frame):
        whole = np.broadcast_to(weight.reshape(weight.shape + (1,) * (4 - weight.ndim)), labels.shape)
        assert float(loss(labels, logits, weight)) == pytest.approx(float(loss(labels, logits, whole)), rel=1e-6)


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"ce_consistency", "hard_examples"}))
def test_a_row_of_sample_weight_three_counts_three_times(name, labels, logits):
    """But where the hardest pixels of the whole batch are chosen, and for flicker, which needs no labels to count."""
    loss = LOSSES[name](**({"region": "frame"} if name == "ce_lovasz" else {}))
    labels = np.stack([labels[0], labels[0]])  # of as many labelled pixels
    light, heavy = (float(loss(labels[row : row + 1], logits[row : row + 1])) for row in (0, 1))
    assert light != pytest.approx(heavy, rel=1e-3)
    assert float(loss(labels, logits, np.float32([1, 3]))) == pytest.approx((light + 3 * heavy) / 4, rel=1e-5)


@EVERY
def test_class_weights_of_the_same_size_change_nothing(make, labels, logits):
    even, plain = make(class_weights=[7, 7, 7, 7]), make()
    assert float(even(labels, logits)) == pytest.approx(float(plain(labels, logits)), rel=1e-5)


@EVERY
def test_its_mean_is_what_its_sums_say(make, labels, logits):
    total, weight = make().sums(labels, logits)
    assert float(total) / float(weight) == pytest.approx(float(make()(labels, logits)), rel=1e-6)


@EVERY
def test_half_precision_logits_are_judged_in_float32(make, labels, logits):
    half = ops.cast(logits, "bfloat16")
    expected = float(make()(labels, ops.cast(half, "float32")))
    assert float(make()(labels, half)) == pytest.approx(expected, rel=1e-6)


@EVERY
def test_it_survives_serialization(make, labels, logits):
    loss = make(void=7, class_weights=[1, 2, 0.5, 3])
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert type(again) is make
    assert again.get_config() == loss.get_config()
    labels = np.where(labels == VOID, 7, labels)
    assert float(again(labels, logits)) == float(loss(labels, logits))


@EVERY
def test_a_label_that_is_no_class_is_named(make, labels, logits):
    labels[0, 1, 2, 3] = 9
    with pytest.raises(DataError, match="labels hold 9, but the classes are 0 to 3 and void is 255"):
        make()(labels, logits)


@EVERY
def test_in_a_tensor_a_label_that_is_no_class_makes_it_nan_with_zero_gradient(make, labels, logits, gradient):
    labels[0, 1, 2, 3] = 9
    tensor = ops.convert_to_tensor(labels)
    assert np.isnan(float(make()(tensor, logits)))
    assert not gradient(lambda values: make()(tensor, values), logits).any()


@EVERY
def test_planes_of_something_else_than_zero_and_one_are_refused_as_well(make, labels, logits):
    planes = one_hot(labels)
    planes[0, 0, 0, 0] = 3
    with pytest.raises(DataError, match="labels hold 3, but one-hot labels are 0 or 1"):
        make()(planes, logits)
    assert np.isnan(float(make()(ops.convert_to_tensor(planes), logits)))


@EVERY
def test_labels_of_another_shape_are_an_error_with_both_shapes(make, labels, logits):
    with pytest.raises(DataError, match=r"\(2, 3, 5, 6\) do not fit logits of shape \(2, 3, 5, 7, 4\)"):
        make()(labels[..., :6], logits)


@EVERY
def test_class_weights_of_the_wrong_length_are_an_error(make, labels, logits):
    with pytest.raises(ConfigError, match="3 class weights for 4 classes"):
        make(class_weights=[1, 2, 3])(labels, logits)


def test_pixel_losses_of_two_batches_add_up_to_that_of_both(labels, logits):
    for name in BY_PIXEL - {"hard_examples"}:
        loss = LOSSES[name](class_weights=[1, 2, 0.5, 3])
        total, weight = np.sum([[float(part) for part in loss.sums(labels[i], logits[i])] for i in range(2)], axis=0)
        assert total / weight == pytest.approx(float(loss(labels, logits)), rel=1e-5), name


def test_a_model_is_trained_with_every_one_of_them_compiled(labels):
    clips = np.random.default_rng(0).normal(size=(2, 3, 5, 7, 3)).astype("float32")
    for name, make in LOSSES.items():
        model = keras.Sequential([keras.layers.Input((None, None, None, 3)), keras.layers.Dense(4)])
        model.compile("sgd", make(), jit_compile=keras.backend.backend() == "jax")
        before = model.get_weights()[0]
        assert np.isfinite(model.train_on_batch(clips, labels)), name
        assert (model.get_weights()[0] != before).any(), name


def test_sizes_may_be_known_only_when_the_graph_runs(labels, logits):
    tensorflow = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("only TensorFlow has sizes that are not known when it compiles")
    losses = {name: make() for name, make in LOSSES.items()}
    unknown = [tensorflow.TensorSpec([None] * 4, "uint8"), tensorflow.TensorSpec([None] * 4 + [4], "float32")]
    compiled = tensorflow.function(
        lambda some, others: {name: loss(some, others) for name, loss in losses.items()}, input_signature=unknown
    )
    for name, value in compiled(labels, logits).items():
        assert float(value) == pytest.approx(float(losses[name](labels, logits)), rel=1e-5), name
