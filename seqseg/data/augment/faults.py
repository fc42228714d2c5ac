"""Faults of single frames: low light, sensor noise, lost or damaged frames.

Unlike the changes of `look.py`, these are drawn separately for every frame: what one frame lacks, its neighbours may
show. The labels do not change.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from seqseg.errors import ConfigError, DataError

BLOCK = 16
"""Side of the blocks that a damaged movie shows in the wrong place, as most codecs have them."""
BAR = 0.3
"""Share of the frame that a passing bar hides."""


@dataclass(frozen=True)
class Faults:
    """Faults of frames, each drawn from `seed` and the frame's number alone.

    Args:
        low_light: (darkest, brightest) exposure from 0 to 1: values are multiplied by it and rounded; None is none.
        sensor_noise: (worst, best) noise in dB below the largest value: 20 is a standard deviation of 25.5 grey levels
            at middle grey, half of its square the same everywhere and half growing with the light; None is none.
        frame_damage: probability of a frame to be black, frozen (a repeat of the frame before), half overwritten by
            blocks from elsewhere, or partly hidden by a bar.
        seed: of all draws.

    Raises:
        ConfigError: a range that is out of order or out of bounds.

    Example:
        >>> frame = np.full((4, 4, 3), 200, np.uint8)
        >>> Faults(low_light=(0.5, 0.5)).on(frame, None, 0)
        >>> int(frame[0, 0, 0])
        100
    """

    low_light: tuple[float, float] | None = None
    sensor_noise: tuple[float, float] | None = None
    frame_damage: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.low_light is not None and not 0 < self.low_light[0] <= self.low_light[1] <= 1:
            raise ConfigError(
                f"augment.low_light must be [darkest, brightest], above 0 and at most 1, got {list(self.low_light)}"
            )
        if self.sensor_noise is not None and not 0 <= self.sensor_noise[0] <= self.sensor_noise[1] <= 100:
            raise ConfigError(
                f"augment.sensor_noise must be [worst, best] in dB from 0 to 100, got {list(self.sensor_noise)}"
            )
        if not 0 <= self.frame_damage <= 1:
            raise ConfigError(
                f"augment.frame_damage is the share of damaged frames, from 0 to 1, got {self.frame_damage}"
            )

    @property
    def any(self) -> bool:
        """Whether there is anything to do."""
        return self.low_light is not None or self.sensor_noise is not None or self.frame_damage > 0

    def on(self, frame: np.ndarray, before: np.ndarray | None, number: int) -> None:
        """Damage frame `number`, contiguous uint8 (h, w, c), in place; `before` is the one before it, if there is one.

        Raises:
            DataError: the frame is not uint8.
        """
        if frame.dtype != np.uint8:
            raise DataError(
                f"faults apply to uint8 frames of 0-255, got {frame.dtype} of {frame.min():g} to {frame.max():g}; "
                "convert them first"
            )
        rng = np.random.default_rng([self.seed, number])
        if self.low_light is not None:
            exposure = rng.uniform(*self.low_light)
            frame[...] = np.rint(frame * np.float32(exposure)).astype(np.uint8)
        if self.sensor_noise is not None:
            _add_noise(frame, rng.uniform(*self.sensor_noise), rng)
        if rng.random() < self.frame_damage:
            _DAMAGES[rng.integers(len(_DAMAGES))](frame, before, rng)


def _add_noise(frame: np.ndarray, decibels: float, rng: np.random.Generator) -> None:
    variance = np.float32((255 * 10 ** (-decibels / 20)) ** 2)
    deviation = np.sqrt(variance * (0.5 + frame.astype(np.float32) / 255))
    cv2.add(frame, rng.standard_normal(frame.shape, np.float32) * deviation, dst=frame, dtype=cv2.CV_8U)


def _black(frame: np.ndarray, _: np.ndarray | None, __: np.random.Generator) -> None:
    frame[...] = 0


def _frozen(frame: np.ndarray, before: np.ndarray | None, _: np.random.Generator) -> None:
    frame[...] = 0 if before is None else before


def _half_overwritten(frame: np.ndarray, before: np.ndarray | None, rng: np.random.Generator) -> None:
    """From some row on, half of the blocks show others of this frame or the one before, as after a lost packet."""
    height, width = frame.shape[:2]
    source = (frame if before is None else before).copy()
    for top in range(int(rng.integers(0, max(1, height // 2))) // BLOCK * BLOCK, height, BLOCK):
        for left in range(0, width, BLOCK):
            if rng.random() < 0.5:
                continue
            tall, wide = min(BLOCK, height - top), min(BLOCK, width - left)
            y, x = rng.integers(0, height - tall + 1), rng.integers(0, width - wide + 1)
            frame[top : top + tall, left : left + wide] = source[y : y + tall, x : x + wide]


def _hidden(frame: np.ndarray, _: np.ndarray | None, rng: np.random.Generator) -> None:
    """A bar of one colour, upright or level."""
    seen = frame if rng.random() < 0.5 else frame.swapaxes(0, 1)
    bar = max(1, round(BAR * len(seen)))
    start = int(rng.integers(0, len(seen) - bar + 1))
    seen[start : start + bar] = rng.integers(0, 256, frame.shape[2])


_DAMAGES = (_black, _frozen, _half_overwritten, _hidden)
