"""COCO's instances (Lin et al. 2014) as labels of classes; every image is a video of one frame.

    coco:PATH                           annotations/instances_{train,val}2017.json, train2017/, val2017/
    coco:FILE.json,images=DIR           a json alone
    …,classes=person+car                these alone, in this order, the rest is background; or voc (the 20 of VOC by
                                        VOC's names), things, stuff (of stuff_train2017.json), all
    …,overlap=order                     later objects over earlier ones; area (the default) puts small ones on top
    …,labels=multi                      several classes a pixel: bit planes, no background class

A crowd is void where no single object is seen; with labels=multi only for its own class. An image without annotations
is background. Reading a json of 100,000 annotations takes about two seconds and 90 MB; masks are painted when indexed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqseg.data.files.decoding import ImageFiles
from seqseg.data.kinds.coco.layout import CocoFiles, ImageFolders, find_coco
from seqseg.data.kinds.coco_stuff.classes import NAMES, THINGS
from seqseg.data.labels.class_map import BACKGROUND, COCO_TO_VOC
from seqseg.data.labels.palette import voc_palette
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.limits import MOST_CLASSES
from seqseg.data.objects.annotations import CocoIndex, read_coco
from seqseg.data.objects.painting import PaintedMask, Painter
from seqseg.data.selection.splitting import split_videos
from seqseg.data.spec import existing_folder, one_of, split_options
from seqseg.data.video import Video, VideoSet, require_videos
from seqseg.errors import DataError
from seqseg.registry import suggestion

_STUFF = frozenset({*NAMES[THINGS:], "other"})  # stuff_train2017.json calls all things together "other"


@dataclass(frozen=True)
class _Choice:
    """The chosen classes: their names and the class of each category, 0 for background unless `multi`."""

    names: tuple[str, ...]
    class_of: Mapping[int, int]
    multi: bool

    @property
    def classes(self) -> tuple[str, ...]:
        return self.names if self.multi else (BACKGROUND, *self.names)

    @property
    def palette(self) -> np.ndarray:
        return voc_palette(len(self.names) + 1)[1 if self.multi else 0 :]


def open_coco(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`coco:PATH[,classes=…][,overlap=…][,labels=…][,images=DIR]` -> a video of one frame for every image.

    Raises:
        DataError: no such json, one that is not of instances, annotations that cannot be painted, unknown classes, or
            an image that is not on disk.
    """
    path, options = split_options(where, "coco", _OPTIONS)
    wanted, multi = options.get("classes", "all"), options.get("labels") == "multi"
    prefer = "stuff" if wanted == "stuff" else "instances"
    found = find_coco(Path(path).expanduser(), split, images=options.get("images"), prefer=prefer)
    choices: list[_Choice] = []
    videos: list[Video] = []
    notes: list[str] = []
    for files in found:
        index = read_coco(files.json, left_out)
        mine = _choose(index, wanted, multi)
        if choices and mine.names != choices[0].names:
            raise DataError(f"{files.json} has other categories than {found[0].json}; open train and val separately")
        choices.append(mine)
        part = _videos(
            files, Painter(index, mine.class_of, len(mine.classes), options.get("overlap", "area"), multi), left_out
        )
        if files.whole and split != "all":
            part, note = split_videos(part, split, str(files.json))
            notes.append(note)
        videos += part
        notes.append(_note(index, mine, options.get("overlap", "area")))
    name = f"coco ({' + '.join(files.json.stem for files in found)})"
    kept = require_videos(f"coco:{path}", split, videos, "put the images beside the json, or give images=DIR")
    classes, palette = choices[-1].classes, choices[-1].palette
    return VideoSet(name, split, kept, classes, palette, notes=tuple(notes), multi_label=multi)


def _class_words(value: str) -> str:
    if not all(word.strip() for word in value.split("+")):
        raise ValueError("all, things, stuff, voc, or names joined by +, such as person+dining table")
    return value


_OPTIONS = {
    "classes": _class_words,
    "overlap": one_of("area", "order"),
    "labels": one_of("exclusive", "multi"),
    "images": existing_folder,
}


def _choose(index: CocoIndex, wanted: str, multi: bool) -> _Choice:
    by_name = {name: identity for identity, name in index.categories.items() if name != BACKGROUND}
    first = 0 if multi else 1
    if wanted == "voc":
        return _voc_choice(index, by_name, multi)
    if wanted in ("all", "things", "stuff"):
        kept = {name for name in by_name if wanted == "all" or (name in _STUFF) == (wanted == "stuff")}
        names = sorted(kept, key=by_name.__getitem__)
    else:
        names = [word.strip() for word in wanted.split("+")]
    for name in names:
        if name not in by_name or names.count(name) > 1:
            problem = "is given twice" if name in by_name else f"is none of its categories{suggestion(name, by_name)}"
            raise DataError(f"{index.file}: class {name!r} {problem}; it has: {', '.join(by_name)}")
    if not names:
        raise DataError(f"{index.file} has no {wanted} among its categories, which are: {', '.join(by_name)}")
    if len(names) + first > MOST_CLASSES and not multi:
        raise DataError(
            f"{index.file} has {len(names)} classes, and a pixel's label has room for {MOST_CLASSES}; choose some with "
            "classes=…, or labels=multi"
        )
    return _Choice(tuple(names), {by_name[name]: number for number, name in enumerate(names, start=first)}, multi)


def _voc_choice(index: CocoIndex, by_name: Mapping[str, int], multi: bool) -> _Choice:
    coco_name = {name: old for name, old in COCO_TO_VOC.items() if isinstance(old, str)}
    names = tuple(coco_name)
    class_of = {
        by_name[coco_name[name]]: number
        for number, name in enumerate(names, start=0 if multi else 1)
        if coco_name[name] in by_name
    }
    if not class_of:
        raise DataError(f"{index.file} has none of VOC's classes; its categories are: {', '.join(by_name)}")
    return _Choice(names, class_of, multi)


def _videos(files: CocoFiles, painter: Painter, left_out: LeftOut) -> list[Video]:
    folders, index = ImageFolders(painter.index, files.folders), painter.index
    videos = []
    for image in index.images.values():
        if image.identity in index.uncertain:
            continue  # annotations are lost, so its background is unknown
        path = folders.find(image.file_name)
        if path is None:
            left_out.add(
                DataError(
                    f"{folders.expected(image.file_name)} is listed in {index.file.name} but is not on disk; copy it, "
                    "or give the folder of the images: images=DIR"
                )
            )
            continue
        masks = PaintedMask(painter, image.identity) if index.labelled else None
        videos.append(Video(str(Path(image.file_name).with_suffix("")), ImageFiles([path]), masks))
    return videos


def _note(index: CocoIndex, choice: _Choice, overlap: str) -> str:
    held = [one for annotations in index.annotations.values() for one in annotations if one.category in choice.class_of]
    crowds = sum(one.crowd for one in held)
    bare = len(index.images) - len({one.image for one in held})
    left = f"; {index.degenerate:,} polygons without an area are left out" if index.degenerate else ""
    way = "all classes of a pixel are kept" if choice.multi else _WAYS[overlap]
    return (
        f"{index.file.name}: {len(held):,} annotations of {len(choice.class_of)} classes, {crowds:,} of them crowds "
        f"(void); {bare:,} of {len(index.images):,} images have none; {way}{left}"
    )


_WAYS = {"area": "where objects overlap the smaller is on top", "order": "where objects overlap the later is on top"}
