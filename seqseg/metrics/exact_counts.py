"""Exact counts of pixels in float32 variables, which every backend has."""

from keras import ops

from seqseg.layers.tensor import Tensor

CARRY = 2**20
"""Counts are kept in two float32 parts, low < 2**20 and high: exact to 2**44, where one float32 stops at 2**24."""


def add_counts(low: Tensor, high: Tensor, counts: Tensor) -> None:
    """Add int32 `counts` to the variables `low` and `high` of the same shape."""
    total = low + ops.cast(counts % CARRY, "float32")
    carried = ops.floor(total / CARRY)
    low.assign(total - carried * CARRY)
    high.assign(high + ops.cast(counts // CARRY, "float32") + carried)


def total_counts(low: Tensor, high: Tensor) -> Tensor:
    """What was counted, float32."""
    return high * CARRY + low
