"""Look through a whole set for what would stop or spoil a training, and say it as plain data."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from seqseg.data.planes import unpack_planes
from seqseg.data.statistics import class_counts
from seqseg.data.video import VOID, Video, VideoSet, size_text
from seqseg.errors import DataError
from streams.errors import SourceError


@dataclass(frozen=True)
class Inspection:
    """What is in a set: `counts` are labelled pixels a class, `sizes` frames a size "360x480" (height x width).

    `pixels` is how many pixels are labelled: fewer than all counts together where a pixel may show several classes,
    of which `overlapping` pixels do. `void` counts the others.

    `problems` are sentences, each naming its file or video, about what training or evaluation would trip over; `notes`
    are what was assumed and what is merely worth knowing.
    """

    name: str
    split: str
    videos: dict[str, int]
    frames: int
    labelled: int
    sizes: dict[str, int]
    classes: tuple[str, ...]
    counts: tuple[int, ...]
    void: int
    pixels: int
    overlapping: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict:
        """The same as dicts, lists, strings and numbers, for JSON."""
        return asdict(self)


def inspect(data: VideoSet) -> Inspection:
    """Read every frame and mask of the set once and gather what is wrong, instead of stopping at the first.

    Example:
        >>> inspect(open_data("shapes:videos=1,frames=3", split="val")).problems
        ()
    """
    places = [(video, index) for video in data.videos for index in range(len(video))]
    with ThreadPoolExecutor(max_workers=2) as threads:  # decoding lets the others run
        looks = list(threads.map(lambda place: _look(data, *place), places))
    sizes = Counter(look.size for look in looks if look.size)
    counts = sum((look.counts for look in looks), start=np.zeros(len(data.classes), np.int64))
    problems = [look.problem for look in looks if look.problem]
    problems += [problem for video in data.videos for problem in _differing_sizes(video, looks, places)]
    return Inspection(
        name=data.name,
        split=data.split,
        videos={video.name: len(video) for video in data.videos},
        frames=len(places),
        labelled=sum(len(video.labelled) for video in data.videos),
        sizes={size_text(size): number for size, number in sizes.most_common()},
        classes=data.classes,
        counts=tuple(map(int, counts)),
        void=sum(look.void for look in looks),
        pixels=sum(look.pixels for look in looks),
        overlapping=sum(look.overlapping for look in looks),
        problems=tuple(problems),
        notes=(*data.notes, *_worth_knowing(data, sizes, counts)),
    )


class _Look(NamedTuple):
    """What one frame and its mask showed."""

    size: tuple[int, int] | None
    counts: np.ndarray
    problem: str | None = None
    void: int = 0
    pixels: int = 0
    overlapping: int = 0


def _look(data: VideoSet, video: Video, index: int) -> _Look:
    try:
        frame, mask = video.pair(index)
    except (DataError, SourceError) as error:
        return _Look(None, class_counts(data, None), str(error))
    counts = class_counts(data, mask)
    if mask is None:
        return _Look(frame.shape[:2], counts)
    if not data.multi_label:
        void = int((mask == VOID).sum())
        return _Look(frame.shape[:2], counts, void=void, pixels=mask.size - void)
    planes = unpack_planes(mask, len(data.classes))
    void = int((planes == VOID).all(axis=-1).sum())
    overlapping = int(((planes == 1).sum(axis=-1) > 1).sum())
    return _Look(frame.shape[:2], counts, void=void, pixels=planes[..., 0].size - void, overlapping=overlapping)


def _differing_sizes(video: Video, looks: list[_Look], places: list[tuple[Video, int]]) -> list[str]:
    sizes = Counter(look.size for look, (owner, _) in zip(looks, places, strict=True) if owner is video and look.size)
    if len(sizes) < 2:
        return []
    listed = ", ".join(f"{number} of {size_text(size)}" for size, number in sizes.most_common(4))
    return [f"video {video.name} has frames that differ in size: {listed}; make them alike, or a video for each size"]


def _worth_knowing(data: VideoSet, sizes: Counter, counts: np.ndarray) -> list[str]:
    notes = []
    unlabelled = sum(len(video) - len(video.labelled) for video in data.videos)
    if unlabelled:
        notes.append(f"{unlabelled} of {data.frames} frames have no mask; they are void")
    absent = [name for name, count in zip(data.classes, counts, strict=False) if not count]
    if absent:
        notes.append(f"no labelled pixel of {', '.join(absent)}")
    if len(sizes) > 1:
        notes.append(f"frames come in {len(sizes)} sizes; give training a size that all are fitted into, or native")
    if data.vector_names:
        notes.append(
            f"beside every frame there is a vector of {len(data.vector_names)}: {', '.join(data.vector_names)}"
        )
    return notes
