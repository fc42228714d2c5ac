"""Mean intersection over union while training goes on, on any backend, inside compiled steps."""

import keras
from keras import ops

_CARRY = 2**20
"""Counts are kept in two float32 parts, low < 2**20 and high: exact to 2**44, where one float32 stops at 2**24."""


@keras.saving.register_keras_serializable("seqseg")
class MeanIoU(keras.metrics.Metric):
    """Mean IoU from logits: labels (n, t, h, w), logits (n, t, h, w, classes); any leading axes do.

    One confusion matrix over all batches since the last reset, never a mean of means. Classes that neither labels nor
    predictions have are left out of the mean; before the first labelled pixel it is 0.

    Args:
        classes: how many.
        void: the label of pixels that do not count.

    Example:
        >>> model.compile(optimizer="adamw", loss=CrossEntropy(), metrics=[MeanIoU(11)])
    """

    def __init__(self, classes, *, void=255, name="miou", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.classes = classes
        self.void = void
        self.low = self.add_variable((classes, classes), initializer="zeros", dtype="float32", name="low")
        self.high = self.add_variable((classes, classes), initializer="zeros", dtype="float32", name="high")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count a batch. Sample weights are refused: a pixel counts or is void."""
        if sample_weight is not None:
            raise ValueError("MeanIoU counts pixels: mark those that do not count as void instead of weighing them")
        counts = self._count(ops.cast(y_true, "int32"), ops.cast(ops.argmax(y_pred, axis=-1), "int32"))
        low = self.low + ops.cast(counts % _CARRY, "float32")
        carried = ops.floor(low / _CARRY)
        self.low.assign(low - carried * _CARRY)
        self.high.assign(self.high + ops.cast(counts // _CARRY, "float32") + carried)

    def confusion(self):
        """The table so far as a tensor, float32 (classes, classes): row = the label, column = the prediction."""
        return self.high * _CARRY + self.low

    def result(self):
        confusion = self.confusion()
        hits = ops.diagonal(confusion)
        union = ops.sum(confusion, axis=0) + ops.sum(confusion, axis=1) - hits
        present = ops.cast(union > 0, "float32")
        iou = hits / ops.maximum(union, 1.0)
        return ops.sum(iou * present) / ops.maximum(ops.sum(present), 1.0)

    def get_config(self):
        return super().get_config() | {"classes": self.classes, "void": self.void}

    def _count(self, labels, predictions):
        cells = self.classes**2
        # Void pixels go to one cell more, which is then cut off: shapes stay fixed, as compilers need them.
        cell = ops.where(ops.equal(labels, self.void), cells, labels * self.classes + predictions)
        ones = ops.ones_like(ops.reshape(cell, (-1,)))
        counts = ops.segment_sum(ones, ops.reshape(cell, (-1,)), num_segments=cells + 1)
        return ops.reshape(counts[:cells], (self.classes, self.classes))
