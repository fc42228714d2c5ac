"""The confusion matrix and what is read from it, by hand and against a loop."""

import numpy as np
import pytest

from seqseg.metrics import (
    class_accuracy,
    confusion_matrix,
    dice_from_confusion,
    frequency_weighted_iou,
    iou_from_confusion,
    mean_present,
    pixel_accuracy,
    pixel_error,
)

TABLE = np.array([[6, 2, 0], [1, 3, 0], [0, 0, 0]])


def test_it_counts_as_a_loop_over_pixels_does():
    rng = np.random.default_rng(1)
    labels, predictions = rng.integers(0, 5, (3, 7, 9)), rng.integers(0, 5, (3, 7, 9))
    labels[rng.random(labels.shape) < 0.2] = 255
    expected = np.zeros((5, 5), int)
    for label, prediction in zip(labels.flat, predictions.flat, strict=True):
        if label != 255:
            expected[label, prediction] += 1
    np.testing.assert_array_equal(confusion_matrix(labels, predictions, 5), expected)


def test_uint8_labels_do_not_overflow():
    labels = np.full((4, 5), 20, "uint8")
    assert confusion_matrix(labels, labels, 21)[20, 20] == 20


def test_iou_by_hand():
    np.testing.assert_allclose(iou_from_confusion(TABLE), [6 / 9, 3 / 6, np.nan])


def test_a_class_absent_from_labels_and_predictions_is_left_out_of_the_mean():
    assert mean_present(iou_from_confusion(TABLE)) == pytest.approx((6 / 9 + 3 / 6) / 2)


def test_a_class_that_is_only_predicted_counts_as_zero():
    assert mean_present(iou_from_confusion([[6, 2], [0, 0]])) == pytest.approx((6 / 8 + 0) / 2)


def test_accuracies_by_hand():
    assert pixel_accuracy(TABLE) == 9 / 12
    np.testing.assert_allclose(class_accuracy(TABLE), [6 / 8, 3 / 4, np.nan])


def test_nothing_counted_is_no_number():
    nothing = np.zeros((3, 3))
    assert np.isnan([pixel_accuracy(nothing), mean_present(iou_from_confusion(nothing))]).all()


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(3, 2\)"):
        confusion_matrix(np.zeros((2, 3)), np.zeros((3, 2)), 2)


@pytest.mark.parametrize("labels, predictions", [([0, 7], [0, 1]), ([0, 1], [0, 7]), ([-1, 0], [0, 0])])
def test_values_that_are_no_class_are_refused(labels, predictions):
    with pytest.raises(ValueError, match="expected classes 0 to 2"):
        confusion_matrix(labels, predictions, 3)


def test_dice_by_hand():
    np.testing.assert_allclose(dice_from_confusion(TABLE), [12 / 15, 6 / 9, np.nan])


def test_frequency_weighted_iou_by_hand():
    assert frequency_weighted_iou(TABLE) == pytest.approx((8 * 6 / 9 + 4 * 3 / 6) / 12)


def test_e1_is_what_accuracy_leaves():
    assert pixel_error(TABLE) == pytest.approx(3 / 12)


def test_iou_dice_and_accuracies_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(2)
    labels, predictions = rng.integers(0, 4, 999), rng.integers(0, 4, 999)
    table = confusion_matrix(labels, predictions, 4)
    np.testing.assert_array_equal(table, metrics.confusion_matrix(labels, predictions))
    np.testing.assert_allclose(iou_from_confusion(table), metrics.jaccard_score(labels, predictions, average=None))
    np.testing.assert_allclose(dice_from_confusion(table), metrics.f1_score(labels, predictions, average=None))
    assert pixel_accuracy(table) == pytest.approx(metrics.accuracy_score(labels, predictions))
    assert mean_present(class_accuracy(table)) == pytest.approx(metrics.balanced_accuracy_score(labels, predictions))
    weighted = metrics.jaccard_score(labels, predictions, average="weighted")
    assert frequency_weighted_iou(table) == pytest.approx(weighted)


def test_iou_and_dice_with_void_are_those_of_torchmetrics():
    torch = pytest.importorskip("torch")
    metrics = pytest.importorskip("torchmetrics.functional.classification")
    rng = np.random.default_rng(3)
    labels, predictions = rng.integers(0, 4, (3, 7, 9)), rng.integers(0, 4, (3, 7, 9))
    labels[rng.random(labels.shape) < 0.2] = 255
    table = confusion_matrix(labels, predictions, 4)
    given = torch.from_numpy(predictions), torch.from_numpy(labels)
    iou = metrics.multiclass_jaccard_index(*given, num_classes=4, average="none", ignore_index=255)
    dice = metrics.multiclass_f1_score(*given, num_classes=4, average="none", ignore_index=255)
    np.testing.assert_allclose(iou_from_confusion(table), iou, rtol=1e-6)
    np.testing.assert_allclose(dice_from_confusion(table), dice, rtol=1e-6)
