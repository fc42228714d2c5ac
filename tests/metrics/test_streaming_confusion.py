"""The streaming metrics against Keras' own, against numpy, and where float32 would lose count."""

import keras
import numpy as np
import pytest

from seqseg.metrics import (
    FrequencyWeightedIoU,
    MeanAccuracy,
    MeanDice,
    MeanIoU,
    PixelAccuracy,
    PixelError,
    class_accuracy,
    confusion_matrix,
    dice_from_confusion,
    frequency_weighted_iou,
    iou_from_confusion,
    mean_present,
    pixel_accuracy,
    pixel_error,
)

ALSO = {
    MeanDice: lambda confusion: mean_present(dice_from_confusion(confusion)),
    MeanAccuracy: lambda confusion: mean_present(class_accuracy(confusion)),
    PixelAccuracy: pixel_accuracy,
    PixelError: pixel_error,
    FrequencyWeightedIoU: frequency_weighted_iou,
}


def batches(count, *, classes=5, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        labels = rng.integers(0, classes, (2, 3, 7, 9)).astype("uint8")
        labels[rng.random(labels.shape) < 0.3] = 255
        yield labels, rng.normal(size=(*labels.shape, classes)).astype("float32")


def test_it_equals_the_iou_of_one_confusion_matrix_over_all_batches():
    metric, confusion = MeanIoU(5), 0
    for labels, logits in batches(3):
        metric.update_state(labels, logits)
        confusion = confusion + confusion_matrix(labels, logits.argmax(-1), 5)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(metric.confusion()), confusion)
    assert float(metric.result()) == pytest.approx(mean_present(iou_from_confusion(confusion)), rel=1e-6)


def test_it_equals_keras_own_metric():
    ours, theirs = MeanIoU(5), keras.metrics.MeanIoU(5, ignore_class=255, sparse_y_pred=False)
    for labels, logits in batches(2):
        ours.update_state(labels, logits)
        theirs.update_state(labels.astype("int32"), logits)
    assert float(ours.result()) == pytest.approx(float(theirs.result()), rel=1e-6)


def test_absent_classes_are_left_out():
    metric = MeanIoU(9)
    logits = keras.ops.one_hot(np.array([[0, 0, 1]]), 9)
    metric.update_state(np.array([[0, 1, 1]]), logits)
    assert float(metric.result()) == pytest.approx(0.5)


def test_void_alone_gives_zero_and_no_nan():
    metric = MeanIoU(3)
    metric.update_state(np.full((1, 4, 5), 255), np.ones((1, 4, 5, 3)))
    assert float(metric.result()) == 0


def test_reset_forgets():
    metric = MeanIoU(5)
    for labels, logits in batches(1):
        metric.update_state(labels, logits)
    metric.reset_state()
    assert not keras.ops.convert_to_numpy(metric.confusion()).any()


def test_counts_stay_exact_past_what_a_float32_holds():
    metric = MeanIoU(2)
    pixels = np.zeros((1, 2**20 + 1), "uint8")
    logits = np.tile(np.array([1.0, 0.0], "float32"), (1, 2**20 + 1, 1))
    for _ in range(20):
        metric.update_state(pixels, logits)
    low, high = (keras.ops.convert_to_numpy(part)[0, 0] for part in (metric.low, metric.high))
    assert int(high) * 2**20 + int(low) == 20 * (2**20 + 1) > 2**24


def test_sample_weights_are_refused():
    with pytest.raises(ValueError, match="void"):
        MeanIoU(2).update_state(np.zeros((1, 2)), np.zeros((1, 2, 2)), sample_weight=np.ones((1,)))


def test_it_survives_serialization():
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(MeanIoU(7, void=11)))
    assert (again.classes, again.void, again.name) == (7, 11, "miou")


@pytest.mark.parametrize("kind", ALSO)
def test_every_score_is_that_of_one_confusion_matrix_over_all_batches(kind):
    metric, confusion = kind(6), 0  # of which only five occur
    for labels, logits in batches(2):
        logits = np.concatenate([logits, np.full((*labels.shape, 1), -99, "float32")], axis=-1)
        metric.update_state(labels, logits)
        confusion = confusion + confusion_matrix(labels, logits.argmax(-1), 6)
    assert float(metric.result()) == pytest.approx(ALSO[kind](confusion), rel=1e-5)


@pytest.mark.parametrize("kind", ALSO)
def test_every_score_is_zero_before_the_first_labelled_pixel(kind):
    metric = kind(3)
    metric.update_state(np.full((1, 4, 5), 255), np.ones((1, 4, 5, 3)))
    assert float(metric.result()) == 0


@pytest.mark.parametrize("kind", ALSO)
def test_every_metric_survives_serialization(kind):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(kind(7, void=11)))
    assert isinstance(again, kind) and (again.classes, again.void, again.name) == (7, 11, kind(7).name)
