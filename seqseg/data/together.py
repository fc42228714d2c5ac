"""Several sets as one."""

import dataclasses
from collections.abc import Sequence

from seqseg.data.video import VideoSet
from seqseg.errors import DataError


def open_together(sets: Sequence[VideoSet]) -> VideoSet:
    """The videos of all, with the first one's colours; their names say which set they are of.

    Raises:
        DataError: their classes differ.
    """
    first = sets[0]
    for other in sets[1:]:
        if other.classes != first.classes:
            raise DataError(
                f"{first.name} has classes {', '.join(first.classes)}, {other.name} has {', '.join(other.classes)}; "
                "only sets of the same classes can be put together"
            )
    videos = tuple(
        dataclasses.replace(video, name=f"{number}/{video.name}")
        for number, one in enumerate(sets, start=1)
        for video in one.videos
    )
    notes = tuple(f"{number}/ is {one.name}" for number, one in enumerate(sets, start=1))
    name = " + ".join(one.name for one in sets)
    notes += tuple(note for one in sets for note in one.notes)
    return VideoSet(name, first.split, videos, first.classes, first.palette, first.void, notes)
