"""Cross-entropy that knows void pixels and weighs classes."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("seqseg")
class CrossEntropy(keras.losses.Loss):
    """Mean cross-entropy over a batch's labelled pixels: labels (n, t, h, w), logits (n, t, h, w, classes) -> scalar.

    Any leading axes do, images (n, h, w) too. A batch without a single labelled pixel gives 0 with zero gradients.
    With class weights it is sum(weight * loss) / sum(weight), as in torch's `cross_entropy`: the mean is over the whole
    batch, so it is not the mean of the means of its parts.

    Args:
        void: the label of pixels that do not count.
        class_weights: one number a class; None counts all alike.

    Example:
        >>> model.compile(optimizer="adamw", loss=CrossEntropy(void=255))
    """

    def __init__(self, *, void=255, class_weights=None, name="cross_entropy", dtype=None):
        super().__init__(name=name, reduction="sum", dtype=dtype)
        self.void = void
        self.class_weights = None if class_weights is None else [float(weight) for weight in class_weights]

    def call(self, y_true, y_pred):
        total, weight = self.sums(y_true, y_pred)
        return total / ops.where(weight > 0, weight, ops.ones_like(weight))

    def sums(self, labels, logits):
        """The weighted sum of the losses and the sum of the weights: two scalars that add up over batches."""
        labels = ops.cast(labels, "int32")
        counted = ops.not_equal(labels, self.void)
        # Void is no class: any class stands in for it, and its loss is multiplied by zero below.
        labels = ops.where(counted, labels, ops.zeros_like(labels))
        losses = ops.sparse_categorical_crossentropy(labels, ops.cast(logits, "float32"), from_logits=True)
        weights = ops.cast(counted, "float32")
        if self.class_weights is not None:
            weights = weights * ops.take(ops.convert_to_tensor(self.class_weights, dtype="float32"), labels)
        return ops.sum(losses * weights), ops.sum(weights)

    def get_config(self):
        config = {"void": self.void, "class_weights": self.class_weights}
        return config | {"name": self.name, "dtype": self.dtype}
