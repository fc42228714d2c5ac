"""Whether data has the vectors that a model is conditioned by."""

from typing import Protocol

from seqseg.data.video import VideoSet
from seqseg.errors import ConfigError


class Card(Protocol):
    """What a model or an export says of itself."""

    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def head(self) -> str: ...
    @property
    def condition(self) -> int: ...


def check_condition(card: Card, data: VideoSet) -> None:
    """ConfigError unless the data has the vectors that a model with this card is conditioned by."""
    check_vectors(card.condition, data)


def check_vectors(condition: int, data: VideoSet) -> list[str]:
    """A note about vectors that the model does not take; ConfigError where model and data disagree."""
    length = len(data.vector_names)
    if condition and not length:
        raise ConfigError(
            f"the model is conditioned by a vector of {condition}, but {data.name} has no vectors; leave "
            "model.condition out, or take data that has them"
        )
    if condition and condition != length:
        raise ConfigError(
            f"the model is conditioned by a vector of {condition}, but {data.name} has vectors of {length} "
            f"({', '.join(data.vector_names)}); set model.condition={length}"
        )
    if length and not condition:
        names = ", ".join(data.vector_names)
        return [f"{data.name} has vectors ({names}) that the model does not take; model.condition={length} gives them"]
    return []
