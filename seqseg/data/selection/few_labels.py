"""Which frames of a set keep their labels, for learning from few of them.

10%         that share of the labelled frames, drawn with a seed, one from each of as many equal stretches of the set;
            frames are exchanged so that every class is shown if possible
kept.txt    a line a frame: `video/index`, counted from 0, or the frame's file name, with folders if it is not unique
"""

import dataclasses
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from seqseg.data.every_frame import Place, every_frame
from seqseg.data.left_out import naming_way_out
from seqseg.data.limits import is_whole
from seqseg.data.sequences import MaskSequence
from seqseg.data.statistics import class_counts
from seqseg.data.video import Video, VideoSet
from seqseg.errors import ConfigError, DataError
from seqseg.registry import suggestion

_SHARE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*")


def keep_labels(data: VideoSet, wanted: str, *, seed: int = 0) -> VideoSet:
    """The set with the labels of some frames, "10%" or those listed in a file; the other frames become unlabelled.

    A note gives the number of labels kept.

    Args:
        data: a `VideoSet`; the masks of the kept frames are read, and all if those lack a class.
        wanted: a share or a path, see above.
        seed: of the draw.

    Raises:
        ConfigError: neither a share of more than 0 % and at most 100 % nor a file.
        DataError: no labelled frame, or a line that names no frame or several.

    Example:
        >>> keep_labels(open_data("shapes:videos=4,frames=5"), "10%").notes[-1]
        'labels: 2 of 20 labelled frames keep theirs (10%, draw 0)'
    """
    places = [Place(number, index) for number, video in enumerate(data.videos) for index in video.labelled]
    if not places:
        raise DataError(
            f"{data.name} has no labelled frame in its {data.split} split; data.labelled keeps some of them"
        )
    share = _SHARE.fullmatch(wanted)
    if share:
        kept, how = _drawn(data, places, _fraction(wanted, float(share[1])), seed), f"{wanted.strip()}, draw {seed}"
    else:
        kept, how = _listed(data, places, wanted), wanted
    kept = sorted(kept)
    videos = tuple(
        dataclasses.replace(video, masks=None if video.masks is None else _Kept(video.masks, _of(kept, number)))
        for number, video in enumerate(data.videos)
    )
    note = f"labels: {len(kept)} of {len(places)} labelled frames keep theirs ({how})"
    return dataclasses.replace(data, videos=videos, notes=(*data.notes, note))


def without_labels(data: VideoSet) -> VideoSet:
    """The set with its frames alone.

    >>> without_labels(open_data("shapes:videos=1")).videos[0].labelled
    ()
    """
    videos = tuple(dataclasses.replace(video, masks=None) for video in data.videos)
    return dataclasses.replace(data, videos=videos, multi_label=False)


def notes_of_missing(data: VideoSet) -> tuple[str, ...]:
    """A sentence on the classes that no labelled frame shows; masks are read until all classes are seen.

    Raises:
        DataError: the labels show nothing, or one class of several.
    """
    places = [Place(number, index) for number, video in enumerate(data.videos) for index in video.labelled]
    seen = np.zeros(len(data.classes), bool)
    for _, shown in _shown(data, places):
        seen |= shown
        if seen.all():
            return ()
    if not seen.any():
        raise DataError(
            f"no pixel of {data.name} is labelled in its {data.split} split; label some frames, or keep more"
        )
    names = [name for name, there in zip(data.classes, seen, strict=True) if there]
    if len(names) == 1 and len(data.classes) > 1 and not data.multi_label:
        raise DataError(
            f"the labels of {data.name} ({data.split}) show {names[0]} alone, which is not enough to learn from; "
            "label frames with other classes, or keep more"
        )
    missing = [name for name, there in zip(data.classes, seen, strict=True) if not there]
    return (f"no labelled frame of {data.name} shows {', '.join(missing)}, which cannot be learned",)


def _fraction(wanted: str, percent: float) -> float:
    if not 0 < percent <= 100:
        raise ConfigError(f"data.labelled must be more than 0% and at most 100%, got {wanted}")
    return percent / 100


def _drawn(data: VideoSet, places: Sequence[Place], fraction: float, seed: int) -> list[Place]:
    """One place from each of equal stretches, exchanged so that every class is shown if possible."""
    count = min(len(places), max(1, round(fraction * len(places))))
    rng = np.random.default_rng([seed, 10])
    ends = np.linspace(0, len(places), count + 1).round().astype(int)
    kept = [places[int(rng.integers(start, stop))] for start, stop in zip(ends[:-1], ends[1:], strict=True)]
    shown = dict(_shown(data, kept))
    if np.any(list(shown.values()), axis=0).all():
        return kept
    shown |= dict(_shown(data, [place for place in places if place not in shown]))
    return _exchanged(kept, [places[number] for number in rng.permutation(len(places))], shown)


def _exchanged(kept: Sequence[Place], others: Sequence[Place], shown: dict[Place, np.ndarray]) -> list[Place]:
    """Rare classes first: a frame that shows one replaces the nearest frame that no other class needs."""
    kept = list(kept)
    counts = np.sum(list(shown.values()), axis=0)
    for number in np.argsort(counts, kind="stable"):
        if not counts[number] or any(shown[place][number] for place in kept):
            continue
        new = next(place for place in others if shown[place][number])
        covered = np.sum([shown[place] for place in kept], axis=0)
        spare = [place for place in kept if not (shown[place] & (covered == 1) & ~shown[new]).any()]
        if spare:
            nearest = min(spare, key=lambda place: (place.video != new.video, abs(place.index - new.index), place))
            kept[kept.index(nearest)] = new
    return kept


def _shown(data: VideoSet, places: Sequence[Place]) -> Iterable[tuple[Place, np.ndarray]]:
    """For every place the classes that its mask shows: booleans (classes,)."""
    with naming_way_out():
        yield from every_frame(data.videos, lambda video, index: _classes_in(data, video, index), places=places)


def _classes_in(data: VideoSet, video: Video, index: int) -> np.ndarray:
    return class_counts(data, None if video.masks is None else video.masks[index]) > 0


def _listed(data: VideoSet, places: Sequence[Place], wanted: str) -> list[Place]:
    file = Path(wanted).expanduser()
    if not file.is_file():
        raise ConfigError(
            'data.labelled must be a share of the labelled frames such as "10%", or a file that lists them; '
            f"got {wanted}"
        )
    numbers = {video.name: number for number, video in enumerate(data.videos)}
    files = _by_file_name(data)
    labelled = set(places)
    kept: dict[Place, None] = {}
    for line, name in _lines(file):
        where = f"{file}, line {line}"
        place = _find(name, where, numbers, files, data)
        if place not in labelled:
            raise DataError(f"{where}: {name} has no label in {data.name}; remove the line")
        kept[place] = None
    return list(kept)


def _lines(file: Path) -> list[tuple[int, str]]:
    """(number, text) of every line that is not empty."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the list {file}: {error}; it must be UTF-8 text, a line a frame") from None
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        raise DataError(f"{file} names no frame; write a line a frame, `video/index` or its file name")
    return lines


def _find(
    name: str, where: str, numbers: dict[str, int], files: dict[str, list[tuple[str, Place]]], data: VideoSet
) -> Place:
    video, _, index = name.rpartition("/")
    if video in numbers and index.isdecimal() and is_whole(index):
        number = numbers[video]
        if int(index) < len(data.videos[number]):
            return Place(number, int(index))
        raise DataError(
            f"{where}: video {video} has {len(data.videos[number])} frames, counted from 0, and none {index}"
        )
    if Path(name).name not in files:
        name = name.replace("\\", "/")  # written on Windows
    wanted = Path(name).as_posix()
    found = [place for path, place in files.get(Path(name).name, ()) if f"/{path}".endswith(f"/{wanted.lstrip('/')}")]
    if not found:
        close = suggestion(name, [*files, *(f"{video}/0" for video in numbers)])
        raise DataError(
            f"{where}: {data.name} has no frame {name} in its {data.split} split{close}; "
            f"write `video/index` or a file's name"
        )
    if len(found) > 1:
        raise DataError(f"{where}: {len(found)} frames of {data.name} are called {name}; add folders to the name")
    return found[0]


def _by_file_name(data: VideoSet) -> dict[str, list[tuple[str, Place]]]:
    """File name -> (path, place) of every frame that is a file of its own."""
    files: dict[str, list[tuple[str, Place]]] = {}
    for number, video in enumerate(data.videos):
        for index in range(len(video)):
            if where := video.frames.describe(index):
                path = Path(where).as_posix()
                files.setdefault(path.rpartition("/")[2], []).append((path, Place(number, index)))
    return files


def _of(kept: Iterable[Place], number: int) -> frozenset[int]:
    return frozenset(place.index for place in kept if place.video == number)


class _Kept(MaskSequence):
    """The masks of a video of which only some are kept."""

    def __init__(self, masks: MaskSequence, kept: frozenset[int]):
        self._masks, self._kept = masks, kept

    def __len__(self) -> int:
        return len(self._masks)

    def __getitem__(self, index: int) -> np.ndarray | None:
        return self._masks[index] if range(len(self))[index] in self._kept else None

    @property
    def present(self) -> tuple[bool, ...]:
        return tuple(index in self._kept for index in range(len(self)))

    def describe(self, index: int) -> Path | str | None:
        return self._masks.describe(index) if index in self._kept else None
