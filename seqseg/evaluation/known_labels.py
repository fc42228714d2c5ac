"""Labels that are no class, found before the network sees them."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np

from seqseg.data.video import VideoSet
from seqseg.errors import DataError

Inputs = TypeVar("Inputs")


def with_known_labels(
    batches: Iterable[tuple[Inputs, np.ndarray]], data: VideoSet, source: str
) -> Iterator[tuple[Inputs, np.ndarray]]:
    """The (input, labels) of `batches`, each checked first: a compiled loss could only become NaN.

    It takes a millisecond for a batch of 8 frames of 360 x 480.

    Args:
        data: their `VideoSet`.
        source: how the user named it.

    Raises:
        DataError: a label is neither a class nor void.
    """
    highest = max(len(data.classes), 2) - 1  # a single class is labelled 0 and 1
    for inputs, labels in batches:
        # Planes hold bits and void, nothing else.
        if not data.multi_label and (labels.max(initial=0) > highest or labels.min(initial=0) < 0):
            _require_known(labels, highest, data, source)
        yield inputs, labels


def _require_known(labels: np.ndarray, highest: int, data: VideoSet, source: str) -> None:
    unknown = np.unique(labels[((labels > highest) | (labels < 0)) & (labels != data.void)])
    if not len(unknown):
        return
    shown = ", ".join(map(str, unknown[:5])) + (", …" if len(unknown) > 5 else "")
    raise DataError(
        f"the masks of {data.name} hold label {shown}, but it has {len(data.classes)} classes, 0 to {highest}, "
        f"and void is {data.void}; look at them with `seqseg inspect {source}`, correct them or name more classes"
    )
