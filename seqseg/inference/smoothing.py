"""Steadier masks without a memory in the network: a moving mean of the logits, which is a state like any other."""

from keras import ops

from seqseg.errors import ConfigError

SUM, WEIGHT = "smooth", "smooth/weight"


class Smoothing:
    """The mean of a stream's logits so far, a frame `k` frames back weighted `factor ** k`.

    That is the exponential moving average without its bias towards a first frame or towards zero: the sum and the sum
    of the weights are kept, so that a fresh state (zeros), a row that is reset and a state that fades are all right.
    """

    def __init__(self, factor):
        if not 0 <= factor < 1:
            raise ConfigError(f"smooth must be from 0 (off) to below 1, got {factor:g}")
        self.factor = factor

    def initial_state_shapes(self, batch, height, width, classes):
        """{"smooth": (n, h, w, classes), "smooth/weight": (n, 1, 1, 1)}."""
        return {SUM: (batch, height, width, classes), WEIGHT: (batch, 1, 1, 1)}

    def __call__(self, logits, state):
        """logits (n, h, w, classes) and the state before -> the smoothed ones and the state after."""
        total = self.factor * state[SUM] + ops.cast(logits, "float32")
        weight = self.factor * state[WEIGHT] + 1
        return total / weight, {SUM: total, WEIGHT: weight}
