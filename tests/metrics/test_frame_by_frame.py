"""Figures of single frames against scikit-image, at sizes about those of windows and strips."""

import numpy as np
import pytest

from seqseg.metrics.frame_by_frame import BEST_PSNR, STRIP, frame_figures, frame_psnr, frame_ssim


def pair(*shape):
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, shape, "uint8")
    return frame, np.clip(frame + rng.normal(0, 30, shape), 0, 255).astype("uint8")


@pytest.mark.parametrize(
    ("shape", "window"),
    [((5, 4, 3), 3), ((7, 9, 1), 7), ((STRIP + 6, 11, 3), 7), ((STRIP + 7, 8, 2), 7), ((3 * STRIP + 1, 45, 5), 7)],
)
def test_ssim_is_that_of_scikit_image(shape, window):
    skimage = pytest.importorskip("skimage.metrics")
    frame, predicted = pair(*shape)
    theirs = skimage.structural_similarity(frame, predicted, win_size=window, channel_axis=-1)
    assert frame_ssim(frame, predicted) == pytest.approx(theirs, abs=1e-6)


def test_psnr_is_that_of_scikit_image_up_to_a_limit():
    skimage = pytest.importorskip("skimage.metrics")
    frame, predicted = pair(13, 17, 5)
    assert frame_psnr(frame, predicted) == pytest.approx(skimage.peak_signal_noise_ratio(frame, predicted), rel=1e-5)
    assert frame_psnr(frame, frame) == BEST_PSNR and frame_ssim(frame, frame) == 1


def test_all_figures_of_every_frame_are_those_of_it_alone():
    frames, predicted = pair(2, 3, 9, 8, 1)
    all_of_them = frame_figures(frames, predicted)
    assert all_of_them.shape == (2, 3, 4)
    np.testing.assert_allclose(all_of_them[1, 2], frame_figures(frames[1, 2], predicted[1, 2]))
    expected = frame_psnr(frames[1, 2], predicted[1, 2]), frame_ssim(frames[1, 2], predicted[1, 2])
    np.testing.assert_allclose(all_of_them[1, 2, :2], expected)


def test_errors_count_what_is_outside_and_psnr_and_ssim_do_not():
    white, whiter = np.full((8, 8, 1), 255.0), np.full((8, 8, 1), 2 * 255.0)
    np.testing.assert_allclose(frame_figures(white, whiter), [BEST_PSNR, 1, 64, 64])


def test_frames_that_are_not_as_many_are_refused():
    with pytest.raises(ValueError, match="zip"):
        frame_figures(np.zeros((2, 8, 8, 1)), np.zeros((3, 8, 8, 1)))
