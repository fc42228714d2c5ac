"""Denoise the frames of a stream with those before them: a Kalman filter for every pixel, moved along the motion."""

import cv2
import numpy as np

from seqseg.data.motion import Motion, moved, noise_of, whole_numbers

_FORGETS = 16.0  # squared grey levels a frame by which what was known grows uncertain: moving it blurs it
_DOUBTS = 4.0  # times the surprise at a place
_LEAST_NOISE = 0.5  # grey levels: rounding alone is that much


def noise_variance(image: np.ndarray) -> float:
    """Squared grey levels by which the values of a picture (h, w, c) of 0–255 are noisy, as `noise_of` sees it."""
    return max(noise_of(whole_numbers(image[..., image.shape[-1] // 2])), _LEAST_NOISE) ** 2


def denoised(
    image: np.ndarray, noise: float, before: np.ndarray, precision: np.ndarray, motion: Motion
) -> tuple[np.ndarray, np.ndarray]:
    """The estimate of a frame, float32 (h, w, c), and its precision, float32 (h', w').

    The last estimate is moved along the motion and updated with the new frame, as in a Kalman filter: weighted by the
    noise of the frame and the trust in the motion at each place. A frame without noise does not change.

    Args:
        image: the new frame (h, w, c) of 0–255.
        noise: the variance of its noise.
        before: the estimate of the frame before, float32 (h, w, c).
        precision: one over the variance of that, (h', w'), 0 where nothing is known; at the size of the motion.
        motion: from the frame before to this one.
    """
    known = moved(precision, motion.flow) * (motion.trust > 0)
    variance = 1 / np.maximum(known, 1e-9) + _FORGETS + _DOUBTS * motion.surprise
    variance = variance / np.maximum(motion.trust, 1e-3)
    gain = variance / (variance + noise)
    result = moved(before, motion.flow)
    new = image.astype(np.float32)
    if image.dtype.kind == "f":
        new = np.nan_to_num(new)
    whole = cv2.resize(gain, image.shape[1::-1])
    new -= result
    for channel in range(new.shape[-1]):
        result[..., channel] += whole * new[..., channel]
    return result, (1 / (gain * noise)).astype(np.float32)
