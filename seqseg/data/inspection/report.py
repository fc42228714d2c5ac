"""Search a whole set for what would stop or harm a training, and return it as plain data."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from seqseg.data.every_frame import Place, every_frame, sample_places
from seqseg.data.inspection.duplicates import NEAR, Seen, Twice, find_twice
from seqseg.data.inspection.measures import AREA_BINS, Look, glance, look
from seqseg.data.statistics import class_counts
from seqseg.data.video import VideoSet, size_text

Facts = dict[str, Any]

_LISTED = 8  # of the strongest outliers
_FAR = 6.0  # an outlier is this many robust standard deviations from the median


@dataclass(frozen=True)
class Inspection:
    """The content of a set: `counts` are labelled pixels a class, `sizes` frames a size "360x480" (height x width).

    `pixels` is the number of labelled pixels, of which `overlapping` show several classes; `void` counts the others.
    `class_frames` and `class_videos` are the frames and videos that show a class, `object_sizes` the connected objects
    of a class that take 1/1 to 1/2 of the image, 1/2 to 1/4 and so on.

    `unknown_values` are outside the classes: value, pixels, masks, and the first place. `brightness` and `contrast`
    are of frames, 0 to 255, with outliers; `motion` is the mean change of luma at 32x32, per second if times are known.
    `labels` describes the labels in time. `twice` are duplicates by pairs of videos, those between splits first.
    `sample` is the number of frames read if not all were.

    `problems` are sentences, each naming its file or video, on what training or evaluation would fail at; `notes` are
    assumptions and remarks.
    """

    name: str
    split: str
    videos: dict[str, int]
    frames: int
    labelled: int
    sizes: dict[str, int]
    classes: tuple[str, ...]
    counts: tuple[int, ...]
    class_frames: tuple[int, ...]
    class_videos: tuple[int, ...]
    object_sizes: tuple[tuple[int, ...], ...]
    void: int
    pixels: int
    overlapping: int
    unknown_values: tuple[Facts, ...]
    unreadable: dict[str, int]
    brightness: Facts
    contrast: Facts
    motion: Facts
    labels: Facts
    twice: tuple[Facts, ...]
    sample: int | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> Facts:
        """The same as dicts, lists, strings and numbers, for JSON."""
        return asdict(self)


def inspect(
    data: VideoSet, *, others: Sequence[VideoSet] = (), sample: int | None = None, near: int = NEAR,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Inspection:  # fmt: skip
    """Read every frame and mask of the set once and collect all faults.

    Args:
        others: other splits, which are searched for the same pictures.
        sample: read only so many frames, spread evenly; motion is then not measured.
        near: the most bits of 64 in which near duplicates differ.
        progress: gets the number of frames read and of all.

    Memory grows by a few dozen bytes a frame.

    Example:
        >>> inspect(open_data("shapes:videos=1,frames=3", split="val")).problems
        ()
    """
    gathered = _Gathered(data)
    places = sample_places(data.videos, sample) if sample and sample < data.frames else None
    for place, seen in every_frame(
        data.videos, lambda video, index: look(data, video, index), places=places, progress=progress
    ):
        gathered.add(place, seen, moving=places is None)
    pictures = gathered.pictures
    for other in others:
        pictures = pictures + _pictures_of(other, sample, progress)
    twice = find_twice(pictures, near=near)
    brightness, contrast = gathered.range_of("brightness"), gathered.range_of("contrast")
    return Inspection(
        name=data.name,
        split=data.split,
        videos={video.name: len(video) for video in data.videos},
        frames=data.frames,
        labelled=sum(len(video.labelled) for video in data.videos),
        sizes={size_text(size): number for size, number in gathered.sizes.most_common()},
        classes=data.classes,
        counts=tuple(map(int, gathered.counts)),
        class_frames=tuple(map(int, gathered.class_frames)),
        class_videos=tuple(len(videos) for videos in gathered.class_videos),
        object_sizes=tuple(tuple(map(int, row)) for row in gathered.areas),
        void=gathered.void,
        pixels=gathered.pixels,
        overlapping=gathered.overlapping,
        unknown_values=tuple({"value": value, **facts} for value, facts in gathered.unknown_values.items()),
        unreadable=dict(gathered.unreadable),
        brightness=brightness,
        contrast=contrast,
        motion=gathered.motion(),
        labels=_labels_in_time(data),
        twice=tuple(_plain(data, one) for one in twice),
        sample=len(places) if places is not None else None,
        problems=(*gathered.problems, *gathered.differing_sizes(), *_leaks(twice)),
        notes=(*data.notes, *_worth_knowing(data, gathered, twice)),
    )


class _Gathered:
    """The sums over all frames."""

    def __init__(self, data: VideoSet):
        classes = len(data.classes)
        self.data = data
        self.sizes: Counter[tuple[int, int]] = Counter()
        self.video_sizes: dict[int, Counter[tuple[int, int]]] = {}
        self.counts = class_counts(data, None)
        self.class_frames = np.zeros(classes, np.int64)
        self.class_videos: list[set[int]] = [set() for _ in data.classes]
        self.areas = np.zeros((classes, AREA_BINS), np.int64)
        self.void = self.pixels = self.overlapping = 0
        self.problems: list[str] = []
        self.unreadable: Counter[str] = Counter()
        self.unknown_values: dict[str, Facts] = {}
        self.pictures: list[Seen] = []
        self.values: dict[str, list[float]] = {"brightness": [], "contrast": []}
        self.places: list[Place] = []
        self.changes: list[tuple[float, Place]] = []
        self._before: tuple[Place, np.ndarray] | None = None

    def add(self, place: Place, seen: Look, *, moving: bool) -> None:
        self.problems += seen.problems
        self.unreadable.update(seen.unreadable)
        self.counts = self.counts + seen.counts
        self.class_frames += seen.counts > 0
        for number in np.flatnonzero(seen.counts):
            self.class_videos[number].add(place.video)
        if seen.areas is not None:
            self.areas += seen.areas
        self.void, self.pixels = self.void + seen.void, self.pixels + seen.pixels
        self.overlapping += seen.overlapping
        for value, pixels in seen.unknown_values:
            where = self.data.videos[place.video].describe_mask(place.index)
            facts = self.unknown_values.setdefault(value, {"pixels": 0, "masks": 0, "first": where})
            facts["pixels"] += pixels
            facts["masks"] += 1
        if seen.size is None:
            self._before = None
            return
        self.sizes[seen.size] += 1
        self.video_sizes.setdefault(place.video, Counter())[seen.size] += 1
        self.places.append(place)
        for name, values in self.values.items():
            values.append(getattr(seen, name))
        self.pictures.append(_seen(self.data, place, seen))
        if moving and seen.small is not None:
            self._add_motion(place, seen.small)

    def _add_motion(self, place: Place, small: np.ndarray) -> None:
        before, self._before = self._before, (place, small)
        if before is None or before[0] != Place(place.video, place.index - 1):
            return
        times = self.data.videos[place.video].times
        seconds = 1.0 if times is None else float(times[place.index] - times[place.index - 1])
        if seconds > 0:
            self.changes.append((float(np.abs(small - before[1]).mean()) / seconds, place))

    def range_of(self, name: str) -> Facts:
        """Lowest, median, highest, a histogram over 0 to 255 and outliers."""
        values = np.array(self.values[name])
        if not values.size:
            return {"histogram": [], "outliers": []}
        middle = float(np.median(values))
        spread = max(1.4826 * float(np.median(np.abs(values - middle))), 2.0)
        far = np.abs(values - middle) / spread
        worst = [number for number in np.argsort(-far)[:_LISTED] if far[number] > _FAR]
        return {
            "lowest": round(float(values.min()), 1), "median": round(middle, 1),
            "highest": round(float(values.max()), 1),
            "histogram": np.histogram(values, 32, (0, 256))[0].tolist(),
            "outliers": [self._outlier(self.places[number], values[number]) for number in worst],
        }  # fmt: skip

    def motion(self) -> Facts:
        """Median and highest change, the number of still frames, and the largest jumps."""
        if not self.changes:
            return {}
        timed = all(video.times is not None for video in self.data.videos)
        values = np.array([change for change, _ in self.changes])
        middle = float(np.median(values))
        jumps = [number for number in np.argsort(-values)[:_LISTED] if values[number] > max(10 * middle, 8.0)]
        return {
            "unit": "grey levels a second" if timed else "grey levels a frame",
            "median": round(middle, 2), "highest": round(float(values.max()), 2), "still": int((values == 0).sum()),
            "pairs": len(values), "jumps": [self._outlier(self.changes[number][1], values[number]) for number in jumps],
        }  # fmt: skip

    def differing_sizes(self) -> list[str]:
        return [
            f"video {self.data.videos[number].name} has frames that differ in size: "
            f"{', '.join(f'{count} of {size_text(size)}' for size, count in sizes.most_common(4))}; "
            "make them one size, or a video for each size"
            for number, sizes in sorted(self.video_sizes.items()) if len(sizes) > 1
        ]  # fmt: skip

    def _outlier(self, place: Place, value: float) -> Facts:
        where = str(self.data.videos[place.video].describe(place.index))
        return {"where": where, "video": place.video, "frame": place.index, "value": round(float(value), 1)}


def _pictures_of(data: VideoSet, sample: int | None, progress: Callable[[int, int], None]) -> list[Seen]:
    places = sample_places(data.videos, sample) if sample and sample < data.frames else None
    found = every_frame(
        data.videos, lambda video, index: glance(data, video, index), places=places, progress=progress
    )  # fmt: skip
    return [_seen(data, place, seen) for place, seen in found if seen.size]


def _seen(data: VideoSet, place: Place, seen: Look) -> Seen:
    name = data.videos[place.video].name
    return Seen(data.split, name, place.index, seen.digest, seen.fingerprint, seen.contrast)


def _plain(data: VideoSet, twice: Twice) -> Facts:
    one, other = (
        {"split": seen.split, "video": seen.video, "frame": seen.frame} for seen in (twice.one, twice.other)
    )  # fmt: skip
    return {
        "kind": twice.kind, "one": one, "other": other, "distance": twice.distance, "pairs": twice.count,
        "leaks": twice.leaks,
    }  # fmt: skip


def _leaks(twice: Sequence[Twice]) -> list[str]:
    alike = {"exact": "the same", "near": "nearly the same"}
    return [
        f"{one.count} pairs of {alike[one.kind]} pictures in {one.one.split} and {one.other.split}: "
        f"frame {one.one.frame} of {one.one.video} and frame {one.other.frame} of {one.other.video}; "
        "keep them in one split, or scores are too good"
        for one in twice
        if one.leaks
    ]


def _labels_in_time(data: VideoSet) -> Facts:
    """The longest stretch without labels, and the number of videos without any."""
    gaps: list[tuple[int, str]] = []
    for video in data.videos:
        marks = [-1, *video.labelled, len(video)]
        gaps.append((max(after - before - 1 for before, after in zip(marks, marks[1:], strict=False)), video.name))
    longest, name = max(gaps, default=(0, ""))
    bare = sum(1 for video in data.videos if not video.labelled)
    return {"longest_gap": longest, "in": name if longest else None, "videos_without": bare}


def _worth_knowing(data: VideoSet, gathered: _Gathered, twice: Sequence[Twice]) -> list[str]:
    notes = []
    unlabelled = sum(len(video) - len(video.labelled) for video in data.videos)
    if unlabelled:
        notes.append(f"{unlabelled} of {data.frames} frames have no mask; they are void")
    absent = [name for name, count in zip(data.classes, gathered.counts, strict=False) if not count]
    if absent:
        notes.append(f"no labelled pixel of {', '.join(absent)}")
    if len(gathered.sizes) > 1:
        notes.append(f"frames come in {len(gathered.sizes)} sizes; train at one size for all, or at native size")
    inside = [one for one in twice if not one.leaks]
    if inside:
        first = inside[0]
        notes.append(
            f"{sum(one.count for one in inside)} pictures occur twice or nearly within a split, such as frame "
            f"{first.one.frame} of {first.one.video} and frame {first.other.frame} of {first.other.video}"
        )
    if data.vector_names:
        notes.append(f"every frame has a vector of {len(data.vector_names)}: {', '.join(data.vector_names)}")
    return notes
