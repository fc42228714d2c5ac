"""Class weights from the number of labelled pixels of each class."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from seqseg.errors import ConfigError


def class_weights(counts: ArrayLike, kind: str) -> np.ndarray | None:
    """The weight of each class, float32 (classes,); None where every class counts the same.

    Args:
        counts: labelled pixels of each class over the training set, (classes,).
        kind: "none", "median_frequency" (Eigen and Fergus 2015: median share / own share), "inverse_log" (ENet, Paszke
            et al. 2016: 1 / ln(1.02 + share), between 1.4 and 50.5), "inverse" (1 / own share, over the number of
            classes: a class of average size weighs 1) or "effective_number" (Cui et al. 2019: see `effective_number`).

    A class that is never labelled gets weight 1: there is nothing to balance.

    Raises:
        ConfigError: the kind is unknown.

    Example:
        >>> class_weights([900, 90, 10], "median_frequency")
        array([0.1, 1. , 9. ], dtype=float32)
    """
    if kind not in CLASS_WEIGHTS:
        raise ConfigError(f"unknown class weights {kind!r}; use one of {', '.join(CLASS_WEIGHTS)} or a list of numbers")
    counts = np.asarray(counts, "float64")
    weigh = CLASS_WEIGHTS[kind]
    if weigh is None or not counts.any():
        return None
    present = counts > 0
    weights = np.ones(len(counts))
    weights[present] = weigh(counts[present])
    return weights.astype("float32")


def effective_number(counts: np.ndarray, beta: float | None = None) -> np.ndarray:
    """Cui et al. 2019: (1 - beta) / (1 - beta^n), scaled to a mean of 1.

    1 / (1 - beta) is the number of samples after which more add no information. Neighbouring pixels are alike, so no
    fixed number fits; without `beta` it is the pixel count of the median class.
    """
    median = np.median(counts)
    log_beta = np.log1p(-1 / median) if beta is None and median > 1 else np.log(beta or np.finfo(float).tiny)
    weights = 1 / -np.expm1(counts * log_beta)
    return weights * len(weights) / weights.sum()


CLASS_WEIGHTS: dict[str, Callable[[np.ndarray], np.ndarray] | None] = {
    "none": None,
    "median_frequency": lambda counts: np.median(counts) / counts,
    "inverse_log": lambda counts: 1 / np.log(1.02 + counts / counts.sum()),
    "inverse": lambda counts: counts.sum() / (len(counts) * counts),
    "effective_number": effective_number,
}
"""Ways to weigh classes: the labelled pixels of those that are there -> their weights."""
