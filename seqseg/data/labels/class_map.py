"""Merge, drop, rename and reorder the classes of a set: new class -> the classes it is made of.

    [data.map]
    background = "*"                       # all that nothing else names
    person = "person"
    vehicle = ["car", "bus", "train"]
    void = "bicycle"                       # dropped: these pixels do not count

The table's order is the order of the classes. Every class of the set must be named or fall under "*"; `"*" = "*"` keeps
the rest as they are. A name in `CLASS_MAPS` or the path of a TOML file may replace the table.
"""

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from seqseg.data.labels.palette import voc_palette
from seqseg.data.labels.planes import pack_planes, unpack_planes
from seqseg.data.limits import refuse_classes
from seqseg.data.sequences import MaskSequence
from seqseg.data.video import VideoSet
from seqseg.data.void import VOID
from seqseg.errors import ConfigError, DataError
from seqseg.registry import suggestion

REST = "*"
DROPPED = "void"
BACKGROUND = "background"
_SHAPE = 'write new = "old", new = ["old", "other"], void = "dropped" or background = "*"'

COCO_TO_VOC: dict[str, str | tuple[str, ...]] = {
    "background": (BACKGROUND, REST), "aeroplane": "airplane", "bicycle": "bicycle", "bird": "bird", "boat": "boat",
    "bottle": "bottle", "bus": "bus", "car": "car", "cat": "cat", "chair": "chair", "cow": "cow",
    "diningtable": "dining table", "dog": "dog", "horse": "horse", "motorbike": "motorcycle", "person": "person",
    "pottedplant": "potted plant", "sheep": "sheep", "sofa": "couch", "train": "train", "tvmonitor": "tv",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class ClassMap:
    """New classes in order, each with the names it is made of; with `strict` every name must exist in some set.

    `palette` are the new classes' colours (classes, 3); None keeps the colour of the first class in each.
    """

    classes: Mapping[str, tuple[str, ...]]
    strict: bool = True
    palette: np.ndarray | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All old names in the map."""
        return tuple(name for names in self.classes.values() for name in names if name != REST)


# With VOC's names beside COCO's both sets take the same map and can be joined.
CLASS_MAPS = {
    "coco_to_voc": ClassMap(
        {
            new: tuple(dict.fromkeys((new, *((old,) if isinstance(old, str) else old))))
            for new, old in COCO_TO_VOC.items()
        },
        strict=False,
        palette=voc_palette(len(COCO_TO_VOC)),
    ),
}


def read_class_map(given: str | Mapping[str, Any] | ClassMap | None) -> ClassMap | None:
    """The map in a table, or by name, or from a TOML file ([data.map], [map], or its lines alone).

    Raises:
        ConfigError: an unknown name, or an invalid table.

    Example:
        >>> read_class_map({"vehicle": ["car", "bus"], "background": "*"}).classes["vehicle"]
        ('car', 'bus')
    """
    if given is None or isinstance(given, ClassMap):
        return given
    if isinstance(given, Mapping):
        return _from_table(given, "data.map")
    return _by_name(given)


def _by_name(given: str) -> ClassMap:
    if given in CLASS_MAPS:
        return CLASS_MAPS[given]
    if not given.endswith(".toml"):
        raise ConfigError(
            f"unknown class map {given!r}{suggestion(given, CLASS_MAPS)}; give {', '.join(CLASS_MAPS)}, a .toml file "
            "or a table [data.map]"
        )
    return _from_file(Path(given).expanduser())


def map_classes(sets: Sequence[VideoSet], class_map: ClassMap) -> list[VideoSet]:
    """The sets with the map's classes. Each name must be a class of at least one of them.

    A set that already has the new classes, and not all the old ones, stays as it is.

    Raises:
        DataError: a name that is no class, a class missing from the map, or fewer than two classes.
    """
    new = tuple(name for name in class_map.classes if name not in (DROPPED, REST))
    done = [one.classes == new and not set(class_map.names) <= set(one.classes) for one in sets]
    _check_names([one for one, as_it_is in zip(sets, done, strict=True) if not as_it_is], class_map)
    return [one if as_it_is else _mapped(one, class_map) for one, as_it_is in zip(sets, done, strict=True)]


def _check_names(sets: Sequence[VideoSet], class_map: ClassMap) -> None:
    known = list(dict.fromkeys(name for one in sets for name in one.classes))
    where = f"{', '.join(one.name for one in sets)}; its classes are: {', '.join(known)}"
    unknown = [name for name in class_map.names if name not in known]
    if sets and unknown and class_map.strict:
        raise DataError(f"data.map names {unknown[0]!r}{suggestion(unknown[0], known)}, which is no class of {where}")
    if sets and set(class_map.names) - {BACKGROUND} <= set(unknown):
        raise DataError(f"the class map names no class of {where}")


def _from_file(path: Path) -> ClassMap:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"cannot read the class map {path}: {error.strerror or error}; check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    data = tables.get("data")
    if isinstance(data, Mapping) and "map" in data:
        table = data["map"]
        if isinstance(table, Mapping):
            return _from_table(table, f"{path}: data.map")
        return _by_name(str(table))
    table = tables["map"] if isinstance(tables.get("map"), Mapping) else tables
    return _from_table(table, str(path))


def _from_table(table: Mapping[str, Any], where: str) -> ClassMap:
    classes: dict[str, tuple[str, ...]] = {}
    for new, old in table.items():
        names = (old,) if isinstance(old, str) else old
        if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) for name in names):
            raise ConfigError(f"{where}.{new} must be a class's name or a list of names, got {old!r}; {_SHAPE}")
        classes[new] = tuple(names)
    if REST in classes and classes[REST] != (REST,):
        raise ConfigError(f'{where}: "*" on the left keeps the rest as they are and takes "*" only; {_SHAPE}')
    given = [name for names in classes.values() for name in names]
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise ConfigError(f"{where} names {twice[0]!r} twice; a class goes to one place")
    if not classes:
        raise ConfigError(f"{where} is empty; {_SHAPE}")
    return ClassMap(classes)


@dataclasses.dataclass(frozen=True)
class _Target:
    """A class of the mapped set: its name and the numbers of the classes it is made of."""

    name: str
    members: tuple[int, ...]


def _mapped(data: VideoSet, class_map: ClassMap) -> VideoSet:
    targets = _targets(data, class_map)
    dropped = [index for target in targets if target.name == DROPPED for index in target.members]
    kept = [target for target in targets if target.name != DROPPED]
    if data.multi_label and BACKGROUND not in data.classes:
        kept = [target for target in kept if target.name != BACKGROUND]  # where no plane is set, nothing is there
    if len(kept) < 2 and not data.multi_label or not kept:
        raise DataError(
            f"data.map leaves {data.name} with {len(kept)} class ({', '.join(one.name for one in kept) or 'none'}); "
            'name two or more, one of which may be background = "*"'
        )
    if not data.multi_label:
        refuse_classes(len(kept), f"data.map of {data.name}")
    label = _PlaneMap(len(data.classes), kept, dropped) if data.multi_label else _LabelMap(kept)
    videos = tuple(
        video if video.masks is None else dataclasses.replace(video, masks=_MappedMasks(video.masks, label))
        for video in data.videos
    )
    return dataclasses.replace(
        data, videos=videos, classes=tuple(target.name for target in kept), palette=_palette(data, kept, class_map),
        notes=(*data.notes, _note(data, targets, kept)),
    )  # fmt: skip


def _targets(data: VideoSet, class_map: ClassMap) -> list[_Target]:
    numbers = {name: index for index, name in enumerate(data.classes)}
    rest = [name for name in data.classes if name not in class_map.names]
    takes_rest = any(REST in names for names in class_map.classes.values())
    if rest and not takes_rest:
        raise DataError(
            f"data.map does not name {', '.join(rest[:6])}{', …' if len(rest) > 6 else ''} of {data.name}; name "
            'them, drop them (void = …) or send the rest somewhere: background = "*"'
        )
    targets = []
    for new, members in class_map.classes.items():
        if new == REST:
            targets += [_Target(name, (numbers[name],)) for name in rest]
            continue
        olds = [old for name in members for old in (rest if name == REST else [name])]
        targets.append(_Target(new, tuple(numbers[old] for old in olds if old in numbers)))
    names = [target.name for target in targets]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f'data.map makes two classes called {name} of {data.name}: one by name, one kept by "*"')
    return targets


def _palette(data: VideoSet, targets: Sequence[_Target], class_map: ClassMap) -> np.ndarray:
    """Each class in the colour of the first it is made of; VOC's colours where that leaves two alike."""
    if class_map.palette is not None:
        places = list(class_map.classes)
        return class_map.palette[[places.index(target.name) for target in targets]]
    spare = voc_palette(len(targets))
    colours = np.array(
        [data.palette[one.members[0]] if one.members else spare[place] for place, one in enumerate(targets)], np.uint8
    )
    return colours if len(np.unique(colours, axis=0)) == len(colours) else spare


def _note(data: VideoSet, targets: Sequence[_Target], kept: Sequence[_Target]) -> str:
    parts = []
    for target in targets:
        names = [data.classes[index] for index in target.members]
        if names != [target.name]:
            new = target.name if target in kept or target.name == DROPPED else "left out"  # background has no plane
            parts.append(f"{new} = {', '.join(names[:8]) or 'none'}{', …' if len(names) > 8 else ''}")
    return f"classes of {data.name} are mapped: {'; '.join(parts) or 'in another order'}"


class _LabelMap:
    """Index masks (h, w) -> index masks of the new classes; dropped classes become void."""

    def __init__(self, targets: Sequence[_Target]):
        self._table = np.full(256, VOID, np.uint8)
        for place, target in enumerate(targets):
            self._table[list(target.members)] = place

    def __call__(self, mask: np.ndarray) -> np.ndarray:
        return cv2.LUT(mask, self._table)


class _PlaneMap:
    """Bit planes -> bit planes of the new classes; where a dropped class is, classes not seen there are void."""

    def __init__(self, classes: int, targets: Sequence[_Target], dropped: Sequence[int]):
        self._classes, self._targets, self._dropped = classes, targets, list(dropped)

    def __call__(self, bits: np.ndarray) -> np.ndarray:
        planes = unpack_planes(bits, self._classes)
        unknown = (planes[..., self._dropped] == 1).any(axis=-1)
        mapped = np.zeros((*planes.shape[:-1], len(self._targets)), np.uint8)
        for place, target in enumerate(self._targets):
            members = planes[..., list(target.members)]
            mapped[..., place][(members == VOID).any(axis=-1) | unknown] = VOID
            mapped[..., place][(members == 1).any(axis=-1)] = 1
        return pack_planes(mapped)


class _MappedMasks(MaskSequence):
    """Masks of a video with the new classes."""

    def __init__(self, masks: MaskSequence, label: "_LabelMap | _PlaneMap"):
        self._masks, self._label = masks, label

    def __len__(self) -> int:
        return len(self._masks)

    def __getitem__(self, index: int) -> np.ndarray | None:
        mask = self._masks[index]
        return None if mask is None else self._label(mask)

    @property
    def present(self) -> Sequence[bool]:
        return self._masks.present

    def describe(self, index: int) -> Path | str | None:
        return self._masks.describe(index)
