"""Steadiness by hand, against VSPW's published counting, and on pictures that are known to move."""

import numpy as np
import pytest

from seqseg.metrics import (
    consistency_confusion,
    dtssd,
    flicker_counts,
    flicker_rate,
    temporal_consistency,
    video_consistency,
    warp_labels,
)

LABELS = np.array([[[0, 0, 1, 255]], [[0, 1, 1, 255]], [[0, 1, 1, 0]]])


def test_flicker_is_counted_where_the_label_stays():
    predictions = np.array([[[0, 0, 1, 0]], [[1, 1, 1, 1]], [[0, 1, 0, 0]]])
    np.testing.assert_array_equal(flicker_counts(LABELS, predictions), [3, 5])
    assert flicker_rate(LABELS, predictions) == pytest.approx(3 / 5)


def test_a_prediction_that_follows_the_truth_does_not_flicker():
    assert flicker_rate(LABELS, LABELS) == 0


def test_a_wrong_prediction_that_stays_does_not_flicker():
    assert flicker_rate(LABELS, np.full(LABELS.shape, 7)) == 0


def test_without_labels_every_change_is_flicker():
    assert flicker_rate(None, LABELS) == pytest.approx(2 / 8)


def test_one_frame_cannot_flicker():
    assert np.isnan(flicker_rate(LABELS[:1], LABELS[:1]))


def test_flicker_takes_batches_as_it_takes_videos():
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 2, (2, 3, 4, 5, 7))
    one_by_one = sum(flicker_counts(*pair) for pair in zip(labels, predictions, strict=True))
    np.testing.assert_array_equal(flicker_counts(labels, predictions), one_by_one)


def test_labels_follow_the_flow_and_come_from_nowhere_as_void():
    flow = np.zeros((2, 4, 2))
    flow[..., 0] = -1.2
    np.testing.assert_array_equal(warp_labels([[1, 2, 3, 4], [5, 6, 7, 8]], flow), [[255, 1, 2, 3], [255, 5, 6, 7]])
    flow[..., 1] = 1
    np.testing.assert_array_equal(warp_labels([[1, 2, 3, 4], [5, 6, 7, 8]], flow), [[255, 5, 6, 7], [255] * 4])


def moving(steps, *, by=2, size=(12, 17)):
    masks = np.zeros((steps, *size), "uint8")
    for step in range(steps):
        masks[step, 3:8, 1 + by * step : 6 + by * step] = 1
    return masks


def backward(steps, *, by=2, size=(12, 17)):
    return np.tile(np.array([-by, 0.0]), (steps - 1, *size, 1))


def test_a_prediction_that_moves_with_the_flow_is_consistent():
    assert temporal_consistency(moving(5), backward(5), 2) == 1


def test_tc_by_hand_where_the_prediction_stays_behind():
    still = np.stack([moving(1)[0]] * 2)
    # The square covers columns 1 to 5, warped 3 to 7; columns 0 and 1 come from outside the picture.
    np.testing.assert_array_equal(consistency_confusion(still, backward(2), 2), [[180 - 30, 5], [10, 15]])
    assert temporal_consistency(still, backward(2), 2) == pytest.approx((150 / 165 + 15 / 30) / 2)


def test_flows_must_be_between_the_frames():
    with pytest.raises(ValueError, match="3 frames need 2 flows between them, got 3"):
        temporal_consistency(moving(3), backward(4), 2)


def test_a_flow_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"flow must be \(2, 3, 2\)"):
        warp_labels(np.zeros((2, 3), int), np.zeros((3, 2, 2)))


def published_vc(labels, predictions, frames):
    """VSPW's own way of counting, pixel after pixel; it leaves a video's last clip out."""
    values = []
    for start in range(len(labels) - frames):
        kept = steady = 0
        for place in np.ndindex(labels[0].shape):
            stays = all(labels[start + later][place] == labels[start][place] for later in range(1, frames))
            steady += stays
            kept += stays and len({int(predictions[start + later][place]) for later in range(frames)}) == 1
        values.append(kept / steady)
    return values


@pytest.mark.parametrize("frames", [8, 16])
def test_vc_counts_as_vspw_does(frames):
    rng = np.random.default_rng(frames)
    labels = np.repeat(rng.integers(0, 3, (1, 5, 7)), 19, axis=0)
    predictions = labels.copy()
    for noisy in (labels, predictions):
        noisy[rng.random(noisy.shape) < 0.03] = 1
    values = video_consistency(labels, predictions, frames=frames)
    assert len(values) == 19 - frames + 1
    np.testing.assert_allclose(values[:-1], published_vc(labels, predictions, frames))


def test_vc_asks_for_staying_and_not_for_being_right():
    labels = np.zeros((8, 2, 3), int)
    np.testing.assert_array_equal(video_consistency(labels, labels + 1), [1])


def test_vc_of_a_short_video_is_empty_and_of_a_void_one_no_number():
    assert video_consistency(np.zeros((7, 2, 3)), np.zeros((7, 2, 3))).size == 0
    assert np.isnan(video_consistency(np.full((8, 2, 3), 255), np.zeros((8, 2, 3)))).all()


def test_dtssd_by_hand():
    truth = np.array([[[0.0, 0.0]], [[1.0, 0.0]], [[1.0, 0.0]]])
    predictions = np.array([[[0.0, 0.0]], [[0.4, 0.8]], [[0.4, 0.8]]])
    assert dtssd(truth, predictions) == pytest.approx(100 * (np.sqrt((0.6**2 + 0.8**2) / 2) + 0) / 2)


def test_dtssd_forgives_an_error_that_stays():
    truth = np.random.default_rng(0).random((4, 3, 5)) / 2
    assert dtssd(truth, truth + 0.3) == pytest.approx(0, abs=1e-9)


def test_dtssd_of_one_frame_is_refused():
    with pytest.raises(ValueError, match="at least 2 frames"):
        dtssd(np.zeros((1, 3, 5)), np.zeros((1, 3, 5)))
