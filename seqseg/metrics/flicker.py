"""The flicker rate as a Keras metric, on any backend."""

from typing import Any

import keras
from keras import ops

from seqseg.layers.tensor import Config, Tensor
from seqseg.metrics.exact_counts import add_counts, total_counts


@keras.saving.register_keras_serializable("seqseg")
class FlickerRate(keras.metrics.Metric):
    """The share of pixels whose label stays from a frame to the next but whose prediction changes.

    Labels (n, t, h, w), logits (n, t, h, w, classes). 0 before anything could flicker, and for clips of one frame.

    Args:
        void: the label of pixels that do not count.

    Example:
        >>> model.compile(optimizer="adamw", loss=CrossEntropy(), metrics=[MeanIoU(11), FlickerRate()])
    """

    def __init__(self, *, void: int = 255, name: str = "flicker", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.void = void
        self.low = self.add_variable((2,), initializer="zeros", dtype="float32", name="low")
        self.high = self.add_variable((2,), initializer="zeros", dtype="float32", name="high")

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        """Count a batch. Sample weights raise an error: a pixel counts or is void."""
        if sample_weight is not None:
            raise ValueError("FlickerRate counts pixels: mark those that do not count as void instead of weighing them")
        labels, predictions = ops.cast(y_true, "int32"), ops.argmax(y_pred, axis=-1)
        steady = ops.logical_and(ops.equal(labels[:, 1:], labels[:, :-1]), ops.not_equal(labels[:, 1:], self.void))
        changed = ops.logical_and(steady, ops.not_equal(predictions[:, 1:], predictions[:, :-1]))
        add_counts(self.low, self.high, ops.stack([ops.sum(ops.cast(part, "int32")) for part in (changed, steady)]))

    def result(self) -> Tensor:
        changed, steady = ops.unstack(total_counts(self.low, self.high), 2)
        return changed / ops.maximum(steady, 1.0)

    def get_config(self) -> Config:
        return super().get_config() | {"void": self.void}
