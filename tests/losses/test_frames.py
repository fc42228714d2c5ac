"""Losses of predicted frames, against scikit-image and by hand."""

import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, DataError
from seqseg.losses import FRAME_LOSSES, FrameLoss
from seqseg.losses.frames import structural_similarity


def pictures(*shape):
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, shape).astype("float32")
    return frames, np.clip(frames + rng.normal(0, 40, shape), 0, 255).astype("float32")


@pytest.mark.parametrize(("channels", "data_range"), [(1, 1.0), (3, 1.0), (1, 2.0)])
def test_ssim_is_that_of_scikit_image(channels, data_range):
    skimage = pytest.importorskip("skimage.metrics")
    frames, predicted = pictures(2, 19, 23, channels)
    expected = [
        skimage.structural_similarity(*pair, data_range=255 * data_range, channel_axis=-1)
        for pair in zip(frames.astype("float64"), predicted.astype("float64"), strict=True)
    ]
    ours = structural_similarity(frames / 255, predicted / 255, data_range=data_range)
    np.testing.assert_allclose(ops.convert_to_numpy(ours), expected, atol=1e-5)


def test_ssim_of_frames_smaller_than_its_window_is_a_number():
    assert float(structural_similarity(np.ones((1, 4, 2, 1), "float32"), np.ones((1, 4, 2, 1), "float32"))[0]) == 1


def test_pixels_by_hand():
    frames, predicted = np.zeros((1, 2, 2, 1, 1)), np.array([0.0, 51, 102, 255]).reshape((1, 2, 2, 1, 1))
    assert float(FrameLoss("l1")(frames, predicted)) == pytest.approx((0.2 + 0.4 + 1) / 4)
    assert float(FrameLoss("l2")(frames, predicted)) == pytest.approx((0.04 + 0.16 + 1) / 4)
    half = np.full((1, 3, 3, 1), 127.5)
    assert float(FrameLoss("bce")(np.zeros((1, 3, 3, 1)), half)) == pytest.approx(np.log(2), rel=1e-6)


def test_the_gradient_difference_by_hand():
    frames = np.array([[0, 255, 255], [0, 255, 255]], "float32").reshape((1, 2, 3, 1))
    blurred = np.array([[0, 127.5, 255], [0, 127.5, 255]], "float32").reshape((1, 2, 3, 1))
    difference = float(FrameLoss("l1", gradient=1.0)(frames, blurred) - FrameLoss("l1")(frames, blurred))
    assert difference == pytest.approx(0.5)  # along rows |1 - 0.5| and |0 - 0.5|, along columns nothing


def test_dice_by_hand():
    frames = np.array([255.0, 255, 0, 0]).reshape((1, 2, 2, 1))
    predicted = np.array([255.0, 0, 0, 0]).reshape((1, 2, 2, 1))
    dice = float(FrameLoss("l1", dice=1.0)(frames, predicted) - FrameLoss("l1")(frames, predicted))
    assert dice == pytest.approx(1 - (2 * 1 + 1) / (2 + 1 + 1))


@pytest.mark.parametrize("name", sorted(FRAME_LOSSES))
def test_what_is_predicted_right_costs_next_to_nothing(name):
    frames = 255.0 * (pictures(1, 2, 9, 11, 3)[0] > 128)
    assert float(FRAME_LOSSES[name]()(frames, frames)) == pytest.approx(0, abs=1e-4)


def test_an_unknown_loss_of_pixels_is_one_line():
    with pytest.raises(ConfigError, match="l1, l2, bce"):
        FrameLoss("l3")


@pytest.mark.parametrize("name", sorted(FRAME_LOSSES))
def test_rows_and_frames_of_sample_weights_count_by_them(name):
    loss, (frames, predicted) = FRAME_LOSSES[name](), pictures(2, 3, 9, 11, 3)
    alone = np.array([[float(loss(frames[n, t][None], predicted[n, t][None])) for t in range(3)] for n in range(2)])
    by_frame = np.float32([[1, 0, 2], [0.5, 4, 1]])
    for weights in (np.float32([1, 3]), by_frame):
        whole = np.broadcast_to(weights.reshape(2, -1), (2, 3))
        expected = (alone * whole).sum() / whole.sum()
        assert float(loss(frames, predicted, sample_weight=weights)) == pytest.approx(expected, rel=1e-5)
    images = float(loss(frames[:, 0], predicted[:, 0], sample_weight=np.float32([1, 3])))
    assert images == pytest.approx((alone[0, 0] + 3 * alone[1, 0]) / 4, rel=1e-5)


def test_sample_weights_of_nothing_give_no_loss_and_those_of_pixels_are_refused():
    frames, predicted = pictures(2, 3, 9, 11, 3)
    assert float(FrameLoss("l1")(frames, predicted, sample_weight=np.zeros(2, "float32"))) == 0
    with pytest.raises(DataError, match=r"one a row, \(2,\), or one a frame, \(2, 3\)"):
        FrameLoss("l1")(frames, predicted, sample_weight=np.ones((2, 3, 9, 11), "float32"))
