"""Which of a pyramid's levels a decoder reads. Level "Pk" is 2^k times smaller than the image."""

from collections.abc import Sequence

from seqseg.layers.tensor import Tensor


def stride_of(level: str) -> Tensor:
    """How many times smaller than the image a level is.

    >>> stride_of("P3")
    8
    """
    return 2 ** int(level[1:])


def factor_between(coarse: str, fine: str) -> Tensor:
    """How many times larger than `coarse` the level `fine` is."""
    return stride_of(coarse) // stride_of(fine)


def fine_level(levels: Sequence[str], stride: int) -> Tensor:
    """The coarsest of those finer than the last whose stride is at most `stride`; the finest if there is none.

    >>> fine_level(("P1", "P2", "P3", "P4"), 4)
    'P2'
    >>> fine_level(("P0", "P1"), 4)
    'P0'
    """
    finer = [level for level in levels[:-1] if stride_of(level) <= stride]
    return finer[-1] if finer else levels[0]
