"""Several sets as one."""

import dataclasses
from collections.abc import Sequence

from seqseg.data.video import VideoSet
from seqseg.errors import DataError


def open_together(sets: Sequence[VideoSet]) -> VideoSet:
    """The videos of all sets, numbered by set, with the first set's colours.

    Raises:
        DataError: their classes or the kind of their labels differ.
    """
    first = sets[0]
    for other in sets[1:]:
        if other.classes != first.classes:
            raise DataError(
                f"{first.name} has classes {', '.join(first.classes)}, {other.name} has {', '.join(other.classes)}; "
                "only sets of the same classes can be joined"
            )
        if (other.multi_label, other.vector_names) != (first.multi_label, first.vector_names):
            raise DataError(
                f"{first.name} and {other.name} differ in several labels a pixel or in vectors; train on one"
            )
    videos = tuple(
        dataclasses.replace(video, name=f"{number}/{video.name}")
        for number, one in enumerate(sets, start=1)
        for video in one.videos
    )
    notes = tuple(f"{number}/ is {one.name}" for number, one in enumerate(sets, start=1))
    name = " + ".join(one.name for one in sets)
    notes += tuple(note for one in sets for note in one.notes)
    return dataclasses.replace(first, name=name, videos=videos, notes=notes)
