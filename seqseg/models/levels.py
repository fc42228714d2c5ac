"""Places in a network: pyramid levels, and the logits."""

from typing import Any

LOGITS = "logits"


def level_of(place: str) -> str:
    """The level of a memory's place: "P2" for "P2.1", the second of those stacked there."""
    return place.partition(".")[0]


def level_size(level: str, height: Any, width: Any) -> tuple[Any, Any]:
    """The size of a pyramid level: level "P3" of 45 x 61 is 6 x 8, since every halving rounds up.

    A length that is not known is None, and None at every level; one of a graph is a tensor.
    """
    return _halved(height, int(level[1:])), _halved(width, int(level[1:]))


def _halved(length: Any, times: int) -> Any:
    # One by one, as the network does it: JAX does not know that a symbolic length gives the same in one step.
    for _ in range(times):
        length = None if length is None else -(-length // 2)
    return length
