"""Heads: one score a class, one for two classes, a sigmoid for each."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError
from seqseg.inference.predictor import Predictor
from seqseg.losses import LOSSES
from seqseg.models import build_model, load_model, save_model

CLIP = np.random.default_rng(0).integers(0, 256, (2, 3, 13, 19, 3), "uint8")


def small(head, classes=2, **options):
    return build_model("unet_lstm", classes=classes, filters=4, head=head, **options)


def test_a_sigmoid_head_has_one_score_whose_sigmoid_is_the_probability_of_the_second_class():
    model = small("sigmoid")
    logits = ops.convert_to_numpy(model(CLIP))
    assert model.head.kernel.shape[-1] == 1
    assert not logits[..., 0].any()
    expected = 1 / (1 + np.exp(-logits[..., 1]))
    np.testing.assert_allclose(ops.convert_to_numpy(model.probabilities(logits))[..., 1], expected, atol=1e-6)
    np.testing.assert_array_equal(ops.convert_to_numpy(model.labels(logits)), logits[..., 1] > 0)


def test_cross_entropy_of_a_sigmoid_head_is_binary_cross_entropy():
    logits = ops.convert_to_numpy(small("sigmoid")(CLIP))
    labels = np.random.default_rng(1).integers(0, 2, CLIP.shape[:-1])
    expected = keras.losses.BinaryCrossentropy(from_logits=True)(labels[..., None], logits[..., 1:])
    assert float(LOSSES["cross_entropy"]()(labels, logits)) == pytest.approx(float(expected), abs=1e-6)


def test_a_multi_label_pixel_may_show_several_classes_or_none():
    model = small("multi_label", classes=3)
    logits = np.array([[2.0, -1.0, 0.5], [-1.0, -2.0, -3.0]], "float32")
    np.testing.assert_array_equal(ops.convert_to_numpy(model.labels(logits)), [[1, 0, 1], [0, 0, 0]])
    np.testing.assert_allclose(ops.convert_to_numpy(model.probabilities(logits)), 1 / (1 + np.exp(-logits)), atol=1e-6)


def test_a_multi_label_model_learns_planes():
    model = small("multi_label", classes=3)
    planes = np.zeros((*CLIP.shape[:-1], 3), "uint8")
    planes[..., :2] = 1
    model.compile(keras.optimizers.Adam(1e-2), LOSSES["binary_cross_entropy"]())
    losses = [float(model.train_on_batch(CLIP, planes)) for _ in range(6)]
    assert losses[-1] < losses[0]


def test_the_predictor_gives_planes_of_a_multi_label_model():
    mask, _ = Predictor(small("multi_label", classes=3)).step(CLIP[0, 0])
    assert mask.shape == (13, 19, 3)
    assert set(np.unique(mask)) <= {0, 1}


def test_one_class_a_pixel_is_the_likeliest_or_void_where_there_is_none():
    model = small("multi_label", classes=3)
    logits = np.array([[2.0, -1.0, 0.5], [-1.0, -2.0, -3.0], [0.1, 0.2, -1.0]], "float32")
    assert ops.convert_to_numpy(model.top_class(logits)).tolist() == [0, 255, 1]
    mask, _ = Predictor(model, exclusive=True).step(CLIP[0, 0])
    assert mask.shape == (13, 19)


@pytest.mark.parametrize(("head", "classes"), [("sigmoid", 2), ("multi_label", 3)])
def test_a_head_survives_saving(head, classes, tmp_path):
    model = small(head, classes, temporal={"logits": "convgru"})
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    assert again.card.head == head
    np.testing.assert_array_equal(ops.convert_to_numpy(again(CLIP)), ops.convert_to_numpy(model(CLIP)))
    assert build_model(again.card.model, classes=classes, **again.card.options).count_params() == model.count_params()


@pytest.mark.parametrize(("head", "word"), [("softmx", "softmax, sigmoid"), ("sigmoid", "3 classes")])
def test_a_head_that_does_not_fit_is_an_error_that_says_so(head, word):
    with pytest.raises(ConfigError, match=word):
        small(head, classes=3)
