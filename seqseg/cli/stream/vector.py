"""The vector that a conditioned model is given with every frame of `seqseg stream`."""

import argparse
import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from seqseg.errors import ConfigError

if TYPE_CHECKING:
    from seqseg.models.clip_model import ClipModel


def add_vector_option(parser: argparse.ArgumentParser) -> None:
    """Offer --vector."""
    parser.add_argument(
        "--vector", metavar="A,B,…", help="the vector of a conditioned model, the same for every frame: 0.3,1,0"
    )


def with_vector(step: Callable[..., Any], vector: str | None, model: "ClipModel") -> Callable[..., Any]:
    """The step with the vector of --vector; unchanged for a model that takes none.

    Raises:
        ConfigError: no vector where the model needs one, one where it takes none, or one of another length.
    """
    numbers, wanted = _numbers(vector), model.card.condition
    if numbers is None and not wanted:
        return step
    if numbers is None:
        raise ConfigError(f"this model is conditioned by a vector of {wanted}; give it with --vector, like 0.3,1,0")
    if not wanted:
        raise ConfigError("this model takes no vector; leave --vector out")
    if len(numbers) != wanted:
        raise ConfigError(f"--vector has {len(numbers)} numbers, but this model takes {wanted}")
    return functools.partial(step, condition=numbers)


def _numbers(text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = [math.nan]
    if not all(map(math.isfinite, numbers)):
        raise ConfigError(f'--vector takes numbers with commas between them, such as 0.3,1,0; got "{text}"')
    return numbers
