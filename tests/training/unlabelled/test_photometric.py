"""Noise of light, colour and grain."""

import numpy as np
from keras import ops

from seqseg.training.unlabelled.photometric import PhotometricNoise


def noisy(clips, strength, seed=0):
    return ops.convert_to_numpy(PhotometricNoise(strength, seed=seed)(clips))


def test_without_strength_pixels_stay():
    clips = np.random.default_rng(0).integers(0, 256, (2, 3, 5, 7, 3), np.uint8)
    np.testing.assert_array_equal(noisy(clips, 0), clips)


def test_every_clip_has_its_light_in_all_its_frames():
    means = noisy(np.full((4, 3, 40, 50, 3), 120, np.uint8), 0.1).mean(axis=(2, 3))
    np.testing.assert_allclose(means[:, 0], means[:, 1], atol=1.0)
    assert np.abs(means[0] - means[1]).max() > 2 and np.abs(means - 120).max() < 0.1 * (120 + 127.5) + 1


def test_grain_has_its_standard_deviation_and_pixels_stay_in_range():
    clips = noisy(np.full((1, 2, 90, 90, 3), 128, np.uint8), 0.1)
    np.testing.assert_allclose(clips.std(axis=(1, 2, 3)), 6.4, rtol=0.1)
    bright = noisy(np.full((3, 1, 20, 20, 3), 255, np.uint8), 0.5)
    assert bright.max() <= 255 and bright.min() >= 0


def test_two_draws_differ():
    noise, clips = PhotometricNoise(0.1), np.full((1, 1, 8, 8, 3), 90, np.uint8)
    assert np.abs(ops.convert_to_numpy(noise(clips) - noise(clips))).max() > 1
