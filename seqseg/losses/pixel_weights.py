"""Class weights as sample weights of pixels, since Keras' `class_weight` does not work for masks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqseg.errors import ConfigError, DataError
from seqseg.layers.tensor import Tensor


def pixel_weights(labels: Tensor, class_weights: Sequence[float] | Mapping[int, float], *, void: int = 255) -> Tensor:
    """The weight of every pixel by its class, float32 of the labels' shape, 0 where void: for `sample_weight`.

    Keras' `fit(class_weight=...)` fails on masks, (n, h, w) as well as (n, t, h, w); this replaces it. The losses of
    this package take `class_weights` themselves and do not need it.

    Args:
        labels: integers, numpy, any shape.
        class_weights: one number a class, or a dict as Keras takes it, in which classes left out weigh 1.
        void: the label of pixels that do not count.

    Raises:
        ConfigError: a weight is negative or not a number.
        DataError: labels hold something that is neither a class nor void.

    Example:
        >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)
        >>> model.compile("adamw", loss)
        >>> _ = model.fit(images, masks, sample_weight=pixel_weights(masks, {1: 5.0}), verbose=0)
    """
    labels = np.asarray(labels)
    table = _table(class_weights)
    if not all(weight >= 0 and np.isfinite(weight) for weight in table.values()):
        raise ConfigError(f"class weights must be numbers of at least 0, got {list(table.values())}")
    unknown: Any = [] if isinstance(class_weights, Mapping) else np.setdiff1d(labels, [*table, void])
    if len(unknown):
        raise DataError(f"labels hold {unknown[0]}, but there are {len(table)} class weights and void is {void}")
    weights = np.ones(labels.shape, "float32")
    for label, weight in table.items():
        weights[labels == label] = weight
    weights[labels == void] = 0
    return weights


def _table(class_weights: Sequence[float] | Mapping[int, float]) -> dict[int, float]:
    items = class_weights.items() if isinstance(class_weights, Mapping) else enumerate(class_weights)
    return {int(label): float(weight) for label, weight in items}
