"""PSNR as a Keras metric."""

from typing import Any

import keras
from keras import ops

from seqseg.layers.tensor import Tensor


class FramePSNR(keras.metrics.Metric):
    """Mean PSNR in decibels of predicted frames of 0–255, clipped to that; 100 for one that is exactly right.

    Example:
        >>> metric = FramePSNR()
        >>> metric.update_state(np.zeros((1, 2, 8, 8, 1)), np.full((1, 2, 8, 8, 1), 25.5))
        >>> round(float(metric.result()), 3)
        20.0
    """

    def __init__(self, *, name: str = "psnr", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), initializer="zeros", dtype="float32", name="total")
        self.frames = self.add_variable((), initializer="zeros", dtype="float32", name="frames")

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        """Count a batch of frames (…, h, w, c)."""
        error = (ops.cast(y_true, "float32") - ops.clip(ops.cast(y_pred, "float32"), 0.0, 255.0)) / 255.0
        mean = ops.maximum(ops.mean(ops.square(error), axis=(-3, -2, -1)), 1e-10)
        decibels = -10.0 * ops.log10(mean)
        self.total.assign_add(ops.sum(decibels))
        self.frames.assign_add(ops.sum(ops.ones_like(decibels)))

    def result(self) -> Tensor:
        return self.total / ops.maximum(self.frames, 1.0)
