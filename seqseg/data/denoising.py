"""Denoise the frames of a stream with those before them: a Kalman filter for every pixel, moved along the motion."""

import cv2
import numpy as np

from seqseg.data.motion import Motion, motion_between, moved, noise_of, small_grey, small_size, whole_numbers

_FORGETS = 16.0  # squared grey levels a frame by which what was known grows uncertain: moving it blurs it
_DOUBTS = 4.0  # times the surprise at a place
_LEAST_NOISE = 0.5  # grey levels: rounding alone is that much


class Denoiser:
    """Pictures of a clip in order, uint8 (h, w, c) each -> what a stream's network sees of them with `--denoise`.

    Example:
        >>> clean = Denoiser()
        >>> cleaned = [clean(frame) for frame in frames]
    """

    def __init__(self) -> None:
        self._known: tuple[np.ndarray, np.ndarray] | None = None

    def __call__(self, image: np.ndarray) -> np.ndarray:
        size, noise = small_size(*image.shape[:2]), noise_variance(image)
        if self._known is None:
            self._known = image.astype(np.float32), np.full(size, 1 / noise, np.float32)
            return image
        before, precision = self._known
        motion = motion_between(small_grey(image, size), small_grey(before, size))
        self._known = denoised(image, noise, before, precision, motion)
        return np.clip(np.round(self._known[0]), 0, 255).astype(np.uint8)


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
