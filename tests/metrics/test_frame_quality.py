"""Image quality by hand and against scikit-image."""

import sys

import numpy as np
import pytest

from seqseg.metrics import frame_mae, frame_mse, psnr, ssim


def pair(seed=0, *, size=(2, 3, 13, 17, 3)):
    rng = np.random.default_rng(seed)
    frames = rng.random(size)
    return frames, np.clip(frames + rng.normal(scale=0.1, size=size), 0, 1)


def test_errors_are_summed_over_a_frame_and_averaged_over_batch_and_time():
    frames, predictions = np.zeros((2, 10, 64, 64, 1)), np.full((2, 10, 64, 64, 1), 0.5)
    assert frame_mse(frames, predictions) == pytest.approx(0.25 * 64 * 64)
    assert frame_mae(frames, predictions) == pytest.approx(0.5 * 64 * 64)


def test_only_time_and_batch_are_averaged():
    frames = np.zeros((1, 2, 1, 2, 1))
    predictions = np.array([[[[[1.0], [2.0]]], [[[0.0], [3.0]]]]])
    assert frame_mse(frames, predictions) == pytest.approx((5 + 9) / 2)
    assert frame_mae(frames, predictions) == pytest.approx((3 + 3) / 2)


def test_a_difference_of_bytes_does_not_wrap_around():
    assert frame_mae(np.zeros((1, 1, 1), "uint8"), np.full((1, 1, 1), 255, "uint8")) == 255


def test_psnr_by_hand():
    assert psnr(np.zeros((4, 5, 1)), np.full((4, 5, 1), 0.1), data_range=1.0) == pytest.approx(20)


def test_psnr_of_equal_frames_is_infinite():
    assert psnr(np.ones((4, 5, 1)), np.ones((4, 5, 1)), data_range=1.0) == np.inf


def test_psnr_is_that_of_scikit_image_frame_by_frame():
    metrics = pytest.importorskip("skimage.metrics")
    frames, predictions = pair()
    each = [metrics.peak_signal_noise_ratio(frames[i], predictions[i], data_range=1.0) for i in np.ndindex(2, 3)]
    assert psnr(frames, predictions, data_range=1.0) == pytest.approx(np.mean(each))


def test_predictions_out_of_range_are_clipped_for_psnr_and_not_for_mse():
    frames = np.ones((7, 7, 1))
    assert psnr(frames, frames * 3, data_range=1.0) == np.inf and frame_mse(frames, frames * 3) == 4 * 49


def windowed_ssim(frame, prediction):
    """Wang et al. 2004, equation 13, with a plain 7x7 window and sample covariances, written out."""
    small, large = 0.01**2, 0.03**2
    values = []
    for top in range(frame.shape[0] - 6):
        for left in range(frame.shape[1] - 6):
            x, y = (part[top : top + 7, left : left + 7].ravel() for part in (frame, prediction))
            (var_x, cov), (_, var_y) = np.cov(x, y)
            likeness = (2 * x.mean() * y.mean() + small) * (2 * cov + large)
            values.append(likeness / ((x.mean() ** 2 + y.mean() ** 2 + small) * (var_x + var_y + large)))
    return np.mean(values)


def test_ssim_is_the_formula_of_the_paper_on_every_frame_and_channel():
    pytest.importorskip("skimage")
    frames, predictions = pair(size=(2, 11, 9, 2))
    expected = [windowed_ssim(frames[t, ..., c], predictions[t, ..., c]) for t in range(2) for c in range(2)]
    assert ssim(frames, predictions, data_range=1.0) == pytest.approx(np.mean(expected))


def test_ssim_of_equal_frames_is_one():
    pytest.importorskip("skimage")
    frames, _ = pair()
    assert ssim(frames, frames, data_range=1.0) == pytest.approx(1)


def test_without_scikit_image_ssim_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.metrics", None)
    with pytest.raises(ImportError, match="pip install scikit-image"):
        ssim(*pair(), data_range=1.0)


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match="must be of one shape"):
        frame_mse(np.zeros((4, 5, 1)), np.zeros((5, 4, 1)))
