"""The kinds of data with their options: what stands at the top of the file of each."""

import inspect
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of data: its name, what it is in a line, an example, and its whole description."""

    name: str
    about: str
    example: str
    text: str


def list_kinds() -> list[Kind]:
    """All kinds in the order of `seqseg data`; needs no Keras."""
    from seqseg.data import DATASETS, list_data

    return [Kind(name, about, example, _text(DATASETS[name])) for name, about, example in list_data()]


def _text(opener: object) -> str:
    module = sys.modules[getattr(opener, "__module__", "")]
    return f"{inspect.cleandoc(module.__doc__ or '')}\n\n{inspect.getdoc(opener)}"
