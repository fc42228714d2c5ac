"""Poolings for dilated networks: over spaced taps, and over a sample of the map."""

import itertools

import keras
from keras import ops

from seqseg.errors import ConfigError

KINDS = ("max", "average")


@keras.saving.register_keras_serializable("seqseg")
class DilatedPooling(keras.layers.Layer):
    """The maximum or average over taps `dilation` apart, at every point: (n, h, w, c) -> the same, but for the borders.

    What is filled in at the borders counts neither as a maximum nor in an average, as in Keras' own poolings.

    Args:
        kind: "max" or "average".
        window: taps (down, across).
        dilation: points from one tap to the next.
        padding: points to fill in, ((above, below), (left, right)).
    """

    def __init__(self, kind, window=(2, 2), *, dilation=1, padding=((0, 0), (0, 0)), **kwargs):
        super().__init__(**kwargs)
        _check(kind)
        self.kind = kind
        self.window = tuple(window)
        self.dilation = dilation
        self.padding = tuple(tuple(pair) for pair in padding)

    def call(self, maps):
        if self.kind == "max":
            return self._over_taps(maps, -float("inf"), ops.maximum)
        counts = self._over_taps(ops.ones_like(maps[:1, :, :, :1]), 0.0, ops.add)
        # A window entirely in the padding would be 0 / 0.
        return self._over_taps(maps, 0.0, ops.add) / ops.maximum(counts, 1)

    def compute_output_shape(self, shape):
        sides = zip(shape[1:3], self._margins(), strict=True)
        return (shape[0], *(None if size is None else size + margin for size, margin in sides), shape[3])

    def get_config(self):
        return super().get_config() | {
            "kind": self.kind,
            "window": self.window,
            "dilation": self.dilation,
            "padding": self.padding,
        }

    def _over_taps(self, maps, filling, join):
        """Rows first, then columns: a window of 3 x 3 takes 4 steps instead of 8."""
        sizes = [size + margin for size, margin in zip(ops.shape(maps)[1:3], self._margins(), strict=True)]
        maps = ops.pad(maps, ((0, 0), *self.padding, (0, 0)), constant_values=filling)
        for axis, (size, taps) in enumerate(zip(sizes, self.window, strict=True), start=1):
            starts = range(0, taps * self.dilation, self.dilation)
            slices = [_from(maps, axis, start, size) for start in starts]
            maps = list(itertools.accumulate(slices, join))[-1]
        return maps

    def _margins(self):
        """How much larger the result is, (down, across)."""
        pairs = zip(self.padding, self.window, strict=True)
        return [sum(pads) - self.dilation * (taps - 1) for pads, taps in pairs]


@keras.saving.register_keras_serializable("seqseg")
class SampledGlobalPooling(keras.layers.Layer):
    """The maximum or average over every `step`-th point of a map: (n, h, w, c) -> (n, c), or (n, 1, 1, c)."""

    def __init__(self, kind, *, step=1, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        _check(kind)
        self.kind = kind
        self.step = step
        self.keepdims = keepdims

    def call(self, maps):
        pool = ops.max if self.kind == "max" else ops.mean
        return pool(maps[:, :: self.step, :: self.step], axis=(1, 2), keepdims=self.keepdims)

    def compute_output_shape(self, shape):
        return (shape[0], 1, 1, shape[3]) if self.keepdims else (shape[0], shape[3])

    def get_config(self):
        return super().get_config() | {"kind": self.kind, "step": self.step, "keepdims": self.keepdims}


def _from(maps, axis, start, size):
    return maps[:, start : start + size] if axis == 1 else maps[:, :, start : start + size]


def _check(kind):
    if kind not in KINDS:
        raise ConfigError(f'kind must be "max" or "average", got {kind!r}')
