"""The flicker metric for `fit` against the function over numpy."""

import keras
import numpy as np
import pytest

from seqseg.metrics import FlickerRate, flicker_counts


def batch(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, (2, 3, 7, 5)).astype("uint8")
    labels[rng.random(labels.shape) < 0.2] = 255
    return labels, rng.normal(size=(*labels.shape, 3)).astype("float32")


def test_it_adds_up_batches_as_the_function_does():
    metric, counts = FlickerRate(), 0
    for labels, logits in (batch(1), batch(2)):
        metric.update_state(labels, logits)
        counts = counts + flicker_counts(labels, logits.argmax(-1))
    assert float(metric.result()) == pytest.approx(counts[0] / counts[1])


def test_it_is_zero_for_clips_of_one_frame():
    metric = FlickerRate()
    metric.update_state(np.zeros((2, 1, 4, 5)), np.ones((2, 1, 4, 5, 3)))
    assert float(metric.result()) == 0


def test_it_works_in_fit():
    model = keras.Sequential([keras.layers.Conv3D(3, 1)])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=[FlickerRate()])
    labels, logits = batch(3)
    history = model.fit(logits, np.minimum(labels, 2), batch_size=2, verbose=0)
    assert 0 <= history.history["flicker"][0] <= 1


def test_sample_weights_are_refused():
    with pytest.raises(ValueError, match="void"):
        FlickerRate().update_state(*batch(1), sample_weight=np.ones((2,)))


def test_it_survives_serialization():
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(FlickerRate(void=11)))
    assert (again.void, again.name) == (11, "flicker")
