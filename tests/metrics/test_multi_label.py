"""Classes that overlap: by hand, and against scikit-learn."""

import keras
import numpy as np
import pytest

from seqseg.metrics import (
    MultiLabelDice,
    MultiLabelIoU,
    exact_match,
    mean_present,
    multi_label_accuracy,
    multi_label_counts,
    multi_label_dice,
    multi_label_iou,
)

COUNTS = np.array([[4, 1, 3, 2], [0, 0, 0, 10]])


def batch(seed=0, *, void=0.2):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, (2, 3, 7, 5, 4)).astype("uint8")
    labels[rng.random(labels.shape) < void] = 255
    return labels, rng.normal(size=labels.shape).astype("float32")


def test_each_class_is_counted_by_itself_and_void_not_at_all():
    counts = multi_label_counts([[[1, 0], [1, 255], [0, 1]]], [[[1, 1], [0, 1], [0, 1]]])
    np.testing.assert_array_equal(counts, [[1, 0, 1, 1], [1, 1, 0, 0]])


def test_scores_by_hand():
    np.testing.assert_allclose(multi_label_iou(COUNTS), [4 / 8, np.nan])
    np.testing.assert_allclose(multi_label_dice(COUNTS), [8 / 12, np.nan])
    np.testing.assert_allclose(multi_label_accuracy(COUNTS), [0.6, 1])


def test_an_exact_match_has_every_class_right():
    assert exact_match([[1, 0], [1, 255], [0, 1], [255, 255]], [[1, 1], [1, 0], [0, 1], [0, 0]]) == pytest.approx(2 / 3)


def test_the_scores_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    labels, logits = batch(void=0)
    flat = labels.reshape(-1, 4), logits.reshape(-1, 4) > 0
    counts = multi_label_counts(labels, logits > 0)
    np.testing.assert_allclose(multi_label_iou(counts), metrics.jaccard_score(*flat, average=None))
    np.testing.assert_allclose(multi_label_dice(counts), metrics.f1_score(*flat, average=None))
    assert exact_match(labels, logits > 0) == pytest.approx(metrics.accuracy_score(*flat))


@pytest.mark.parametrize("kind, scores", [(MultiLabelIoU, multi_label_iou), (MultiLabelDice, multi_label_dice)])
def test_the_keras_metrics_add_up_batches(kind, scores):
    metric, counts = kind(4), 0
    for labels, logits in (batch(1), batch(2)):
        metric.update_state(labels, logits)
        counts = counts + multi_label_counts(labels, logits > 0)
    assert float(metric.result()) == pytest.approx(mean_present(scores(counts)), rel=1e-5)


def test_the_keras_metrics_survive_serialization():
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(MultiLabelIoU(3, void=9)))
    assert (again.classes, again.void, again.name) == (3, 9, "multi_label_iou")


def test_labels_that_are_no_answer_are_refused():
    with pytest.raises(ValueError, match="expected 0, 1 or void"):
        multi_label_counts([[2, 0]], [[1, 0]])


def test_logits_in_place_of_answers_are_refused():
    with pytest.raises(ValueError, match="logits > 0"):
        multi_label_counts([[1, 0]], [[1.3, -0.2]])
