"""Class weights for Keras' own fit."""

import keras
import numpy as np
import pytest

from seqseg.errors import ConfigError, DataError
from seqseg.losses import CrossEntropy, pixel_weights


def test_every_pixel_weighs_as_its_class_and_void_nothing():
    labels = np.array([[[0, 1], [2, 255]]], "uint8")
    np.testing.assert_array_equal(pixel_weights(labels, [1, 5, 0.5]), [[[1, 5], [0.5, 0]]])


def test_classes_left_out_of_a_dict_weigh_one():
    np.testing.assert_array_equal(pixel_weights(np.array([0, 1, 2, 255]), {1: 5.0}), [1, 5, 1, 0])


def test_keras_own_loss_with_them_is_ours_with_class_weights(labels, logits):
    theirs = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, ignore_class=255, reduction="mean_with_sample_weight"
    )
    expected = float(CrossEntropy(class_weights=[1, 2, 0.5, 3])(labels, logits))
    weights = pixel_weights(labels, [1, 2, 0.5, 3])
    assert float(theirs(labels, logits, weights)) == pytest.approx(expected, rel=1e-5)
    assert float(CrossEntropy()(labels, logits, weights)) == pytest.approx(expected, rel=1e-5)


def test_fit_takes_them_on_clips(labels):
    clips = np.zeros((2, 3, 5, 7, 3), "float32")
    model = keras.Sequential([keras.layers.Input((None, None, None, 3)), keras.layers.Dense(4)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)
    model.compile("sgd", loss, jit_compile=False)
    history = model.fit(clips, labels, sample_weight=pixel_weights(labels, {1: 5.0}), verbose=0)
    assert np.isfinite(history.history["loss"]).all()


def test_a_label_without_a_weight_is_named():
    with pytest.raises(DataError, match="labels hold 7, but there are 2 class weights"):
        pixel_weights(np.array([0, 7]), [1, 1])


def test_a_negative_weight_is_refused():
    with pytest.raises(ConfigError, match="at least 0"):
        pixel_weights(np.array([0]), {0: -1})
