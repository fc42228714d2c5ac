"""The vector that a conditioned model is given with every frame of `seqseg stream`."""

import argparse
import functools
import math
from collections.abc import Callable

from seqseg.errors import ConfigError


def add_vector_option(parser: argparse.ArgumentParser) -> None:
    """Offer --vector."""
    parser.add_argument(
        "--vector", metavar="A,B,…", help="the vector of a conditioned model, the same for every frame: 0.3,1,0"
    )


def with_vector(step: Callable, args: argparse.Namespace, model) -> Callable:
    """The step with the vector of --vector; as it was for a model that takes none.

    Raises:
        ConfigError: no vector where the model needs one, one where it takes none, or one of another length.
    """
    vector, wanted = _numbers(args.vector), model.card.condition
    if vector is None and not wanted:
        return step
    if vector is None:
        raise ConfigError(f"this model is conditioned by a vector of {wanted}; give it with --vector, like 0.3,1,0")
    if not wanted:
        raise ConfigError("this model takes no vector; leave --vector out")
    if len(vector) != wanted:
        raise ConfigError(f"--vector has {len(vector)} numbers, but this model takes {wanted}")
    return functools.partial(step, condition=vector)


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
