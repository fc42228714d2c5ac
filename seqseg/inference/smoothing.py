"""Smooth masks over time with a moving mean of the logits, which is part of the state."""

from typing import TYPE_CHECKING, Any

from seqseg.errors import ConfigError
from seqseg.inference.arrays import Arrays, Tensors

if TYPE_CHECKING:  # an export is smoothed without Keras
    from seqseg.layers.tensor import State

SUM, WEIGHT = "smooth", "smooth/weight"


class Smoothing:
    """The mean of a stream's logits so far, a frame `k` frames back weighted `factor ** k`.

    This is the exponential moving average without its bias towards the first frame or zero: it keeps the sum and the
    sum of the weights, so fresh states (zeros), reset rows and decayed states need no special case.

    Args:
        factor: from 0 (off) to below 1.
        along_motion: the state is moved along the motion before every call, so that it has a weight at every place, and
            is kept at half the size: what it adds to the new logits is the difference of the two means at that size.
        arrays: what logits and states are: `Tensors` of Keras, or `NumpyArrays`.
    """

    def __init__(self, factor: float, *, along_motion: bool = False, arrays: Arrays | None = None) -> None:
        if not 0 <= factor < 1:
            raise ConfigError(f"smooth must be from 0 (off) to below 1, got {factor:g}")
        self.factor = factor
        self.along_motion = along_motion
        self._arrays = arrays or Tensors()

    def initial_state_shapes(self, batch: int, height: int, width: int, classes: int) -> dict[str, tuple[int, ...]]:
        """{"smooth": (n, h, w, classes), "smooth/weight": (n, 1, 1, 1)}; along motion (n, h', w', …) both."""
        if not self.along_motion:
            return {SUM: (batch, height, width, classes), WEIGHT: (batch, 1, 1, 1)}
        small = half(height), half(width)
        return {SUM: (batch, *small, classes), WEIGHT: (batch, *small, 1)}

    def __call__(self, logits: Any, state: "State") -> tuple[Any, "State"]:
        """logits (n, h, w, classes) and the state before -> the smoothed ones and the state after."""
        logits = self._arrays.float32(logits)
        seen = self._arrays.halved(logits) if self.along_motion else logits
        total = self.factor * state[SUM] + seen
        weight = self.factor * state[WEIGHT] + 1
        mean = total / weight
        if self.along_motion:
            mean = logits + self._arrays.resized(mean - seen, logits.shape[1:3])
        return mean, {SUM: total, WEIGHT: weight}


def half(length: int) -> int:
    """Half a side, rounded up."""
    return (length + 1) // 2
