"""Labels that are no class, found before a step is spent on them."""

import numpy as np

from seqseg.errors import DataError


def with_known_labels(batches, data, source):
    """The (input, labels) of `batches`, each looked at first: a compiled loss could only become NaN.

    Takes a millisecond for a batch of 8 frames of 360 x 480.

    Args:
        data: their `VideoSet`.
        source: how the user named it.

    Raises:
        DataError: a label is neither a class nor void.
    """
    highest = max(len(data.classes), 2) - 1  # a single class is labelled 0 and 1
    for inputs, labels in batches:
        # Bits cannot hold anything else than what is there and what is void.
        if not data.multi_label and (labels.max(initial=0) > highest or labels.min(initial=0) < 0):
            _require_known(labels, highest, data, source)
        yield inputs, labels


def _require_known(labels, highest, data, source):
    strangers = np.unique(labels[((labels > highest) | (labels < 0)) & (labels != data.void)])
    if not len(strangers):
        return
    shown = ", ".join(map(str, strangers[:5])) + (", …" if len(strangers) > 5 else "")
    raise DataError(
        f"the masks of {data.name} hold label {shown}, but it has {len(data.classes)} classes, 0 to {highest}, "
        f"and void is {data.void}; look at them with `seqseg inspect {source}`, mend them or name more classes"
    )
