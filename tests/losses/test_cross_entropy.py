"""Cross-entropy with void and weights, against torch and by hand."""

import math

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.losses import CrossEntropy

WEIGHTS = [1.0, 2.5, 0.25, 4.0, 1.5]


@pytest.fixture
def batch():
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 5, (2, 3, 7, 9)).astype("uint8")
    labels[rng.random(labels.shape) < 0.3] = 255
    return labels, rng.normal(scale=3, size=(2, 3, 7, 9, 5)).astype("float32")


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_it_is_torchs_cross_entropy_that_ignores_void(batch, weights):
    torch = pytest.importorskip("torch")
    labels, logits = batch
    expected = torch.nn.functional.cross_entropy(
        torch.tensor(logits).reshape(-1, 5),
        torch.tensor(labels.astype("int64")).reshape(-1),
        ignore_index=255,
        weight=None if weights is None else torch.tensor(weights),
    )
    assert float(CrossEntropy(class_weights=weights)(labels, logits)) == pytest.approx(float(expected), rel=1e-6)


def test_equal_logits_cost_the_logarithm_of_the_number_of_classes():
    assert float(CrossEntropy()(np.zeros((1, 3, 5), "uint8"), np.zeros((1, 3, 5, 7)))) == pytest.approx(math.log(7))


def test_two_pixels_by_hand_with_weights():
    # p(label) is 1/(1+e^-2) and 1/(1+e^1); the second class weighs three times as much.
    logits = np.array([[[2.0, 0.0], [1.0, 0.0], [9.0, 9.0]]])
    labels = np.array([[0, 1, 255]])
    expected = (1 * math.log(1 + math.exp(-2)) + 3 * math.log(1 + math.exp(1))) / 4
    assert float(CrossEntropy(class_weights=[1, 3])(labels, logits)) == pytest.approx(expected, rel=1e-6)


def test_what_is_predicted_in_void_does_not_matter(batch):
    labels, logits = batch
    changed = np.where((labels == 255)[..., None], 50.0, logits)
    assert float(CrossEntropy()(labels, logits)) == float(CrossEntropy()(labels, changed))


def test_void_may_be_any_label():
    logits = np.random.default_rng(0).normal(size=(1, 4, 3)).astype("float32")
    assert float(CrossEntropy(void=11)(np.array([[0, 11, 2, 1]]), logits)) == pytest.approx(
        float(CrossEntropy(void=255)(np.array([[0, 255, 2, 1]]), logits))
    )


def test_a_batch_of_nothing_but_void_costs_nothing():
    assert float(CrossEntropy(class_weights=WEIGHTS)(np.full((1, 3, 5), 255), np.ones((1, 3, 5, 5)))) == 0


@pytest.mark.parametrize("void_part", [0.5, 1.0])
def test_the_gradient_is_finite_and_zero_in_void(void_part):
    tensorflow = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("differentiates with TensorFlow's tape")
    labels = np.array([[0, 1, 255, 255]]) if void_part < 1 else np.full((1, 4), 255)
    logits = tensorflow.Variable(np.array([[[80.0, -80.0]] * 4], "float32"))
    with tensorflow.GradientTape() as tape:
        loss = CrossEntropy()(labels, logits)
    gradient = tape.gradient(loss, logits).numpy()
    assert np.isfinite(gradient).all()
    assert not gradient[labels == 255].any()


def test_the_sums_of_two_batches_add_up_to_that_of_both(batch):
    loss = CrossEntropy(class_weights=WEIGHTS)
    labels, logits = batch
    parts = np.array([[float(part) for part in loss.sums(labels[i], logits[i])] for i in range(2)])
    total, weight = parts.sum(0)
    assert total / weight == pytest.approx(float(loss(labels, logits)), rel=1e-6)


def test_half_precision_logits_are_judged_in_float32(batch):
    labels, logits = batch
    half = ops.cast(logits, "bfloat16")
    expected = float(CrossEntropy()(labels, ops.cast(half, "float32")))
    assert float(CrossEntropy()(labels, half)) == pytest.approx(expected, rel=1e-6)


def test_it_survives_serialization(batch):
    loss = CrossEntropy(void=7, class_weights=WEIGHTS)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert (again.void, again.class_weights) == (7, WEIGHTS)
