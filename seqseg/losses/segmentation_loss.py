"""The base class of segmentation losses."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from seqseg.layers.tensor import Config, Tensor
from seqseg.losses.target import Target, check_labels, read_target


class SegmentationLoss(keras.losses.Loss):
    """A loss of labels and logits: (n, [t,] h, w) or one-hot (n, [t,] h, w, classes), and (n, [t,] h, w, classes).

    It is a weighted mean over the whole batch, so not the mean of the means of its parts; a batch without a single
    labelled pixel gives 0 with zero gradients. `sample_weight` may be given for each row, frame or pixel; as class
    weights it shifts what counts and leaves the size of the loss alone, and a pixel of weight 0 is a void pixel.

    A label that is neither a class nor void is a `DataError` when the labels are numpy. Compiled code cannot check
    tensors: there the loss becomes NaN with a gradient of zero, which stops a training at once.

    A subclass computes its loss in `weigh`.

    Args:
        void: the label of pixels that do not count.
        class_weights: one number a class; None counts all alike.
    """

    multi_label = False
    """Whether classes may overlap, so that each has a sigmoid of its own."""

    counts_unlabelled = False
    """Whether what is predicted in void pixels matters."""

    def __init__(
        self,
        *,
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction="sum", dtype=dtype)
        self.void = void
        self.class_weights = None if class_weights is None else [float(weight) for weight in class_weights]

    def weigh(self, target: Target) -> tuple[Tensor, Tensor]:
        """The weighted sum of the losses of a `Target` and the sum of the weights: two scalars."""
        raise NotImplementedError

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        if isinstance(y_true, np.ndarray):
            check_labels(y_true, y_pred, void=self.void)
        return mean(*self.sums(y_true, y_pred, sample_weight))

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return mean(*self.sums(y_true, y_pred))

    def sums(self, labels: Tensor, logits: Tensor, sample_weight: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The weighted sum of the losses and the sum of the weights: two scalars that add up over batches."""
        target = read_target(
            labels, ops.cast(logits, self.dtype), void=self.void, class_weights=self.class_weights,
            sample_weight=sample_weight, multi_label=self.multi_label,
        )  # fmt: skip
        total, weight = self.weigh(target)
        return ops.where(target.valid, total, ops.full_like(total, np.nan)), weight

    def get_config(self) -> Config:
        config = {"void": self.void, "class_weights": self.class_weights}
        return config | {"name": self.name, "dtype": self.dtype}


def mean(total: Tensor, weight: Tensor) -> Tensor:
    """total / weight, and 0 where nothing has any weight."""
    return total / ops.where(weight > 0, weight, ops.ones_like(weight))
