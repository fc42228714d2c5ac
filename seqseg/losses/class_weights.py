"""How much each class counts, from how often it is labelled."""

import numpy as np

from seqseg.errors import ConfigError


def class_weights(counts, kind):
    """The weight of each class, float32 (classes,); None where every class counts the same.

    Args:
        counts: labelled pixels of each class over the training set, (classes,).
        kind: "none", "median_frequency" (Eigen and Fergus 2015: median share / own share) or
            "inverse_log" (ENet, Paszke et al. 2016: 1 / ln(1.02 + share), between 1.4 and 50.5).

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
    if kind == "none" or not counts.any():
        return None
    present = counts > 0
    weights = np.ones(len(counts))
    weights[present] = CLASS_WEIGHTS[kind](counts[present] / counts.sum())
    return weights.astype("float32")


CLASS_WEIGHTS = {
    "none": None,
    "median_frequency": lambda share: np.median(share) / share,
    "inverse_log": lambda share: 1 / np.log(1.02 + share),
}
"""Ways to weigh classes: their shares of the labelled pixels -> weights."""
