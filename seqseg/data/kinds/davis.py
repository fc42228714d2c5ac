"""DAVIS 2016 (Perazzi et al.) and 2017 (Pont-Tuset et al.), laid out as they are downloaded.

    PATH/JPEGImages/480p/bear/00000.jpg …     PATH/Annotations/480p/bear/00000.png …
    PATH/ImageSets/2017/train.txt, val.txt    a name a line (2017's package has ImageSets/2016 likewise)
    PATH/ImageSets/480p/train.txt, val.txt    2016's own: /JPEGImages/480p/bear/00000.jpg /Annotations/480p/…

Options: `year=2016|2017` (else the lists that are there, 2017 first), `resolution=480p` or another folder's name, and
`labels=foreground|objects`. Without lists, all sequences are split by `selection/splitting.py`.

In 2016 a mask is 0 and 255. In 2017 its indices number the objects of that sequence in the order of annotation: object
1 may be a dog in one sequence and a car in another. A segmenter cannot know these numbers in advance, so
`labels=foreground`, one class for all objects, is the default. `labels=objects` gives the numbers as classes, for a net
that is trained on single sequences.
"""

from fractions import Fraction
from pathlib import Path

import numpy as np

from seqseg.data.files.decoding import IMAGE_SUFFIXES, ImageFiles, LabelFiles, read_label_values
from seqseg.data.files.listing import files_in, folders_in
from seqseg.data.labels.class_list import ClassList
from seqseg.data.labels.meaning import IndexLabels, LabelError, Meaning
from seqseg.data.labels.palette import voc_palette
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.selection.splitting import assemble
from seqseg.data.spec import one_of, split_options
from seqseg.data.video import Video, VideoSet
from seqseg.data.void import VOID
from seqseg.errors import DataError

FRAMES_PER_SECOND = 24
MOST_OBJECTS = 10  # in one sequence of 2017
_LAYOUT = "JPEGImages/ and Annotations/"


def open_davis(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`davis:PATH,year=2017,labels=foreground` -> one video a sequence.

    Raises:
        DataError: a folder, a list or a named sequence is not there.
    """
    path, options = split_options(
        where, "davis",
        {"year": one_of("2016", "2017"), "labels": one_of("foreground", "objects"), "resolution": str},
    )  # fmt: skip
    root = Path(path).expanduser()
    if not (root / "JPEGImages").is_dir():
        raise DataError(f"no DAVIS at {root}: there is no JPEGImages/ in it; give the folder that holds {_LAYOUT}")
    resolution = options.get("resolution", "480p")
    images, masks = _folder(root, "JPEGImages", resolution), _folder(root, "Annotations", resolution)
    year, named = _lists(root, options.get("year"), resolution)
    named = named or {"": [folder.name for folder in folders_in(images)]}
    year = year or _year_of_masks(masks, left_out)
    classes = _objects(year) if options.get("labels") == "objects" else _foreground(year)
    videos = {
        part: [video for name in names if (video := _video(name, images, masks, classes.meaning, left_out))]
        for part, names in named.items()
    }
    return assemble(f"davis:{root}", split, videos, classes)


def _folder(root: Path, kind: str, resolution: str) -> Path:
    folder = root / kind / resolution
    if folder.is_dir():
        return folder
    if not (root / kind).is_dir() and (root / f"{kind}_unsupervised" / resolution).is_dir():
        return root / f"{kind}_unsupervised" / resolution
    there = [child.name for child in folders_in(root / kind)]
    if there and any(files_in(root / kind / there[0], (*IMAGE_SUFFIXES,))):
        return root / kind  # sequences without a folder for the resolution
    raise DataError(f"davis:{root} has no {kind}/{resolution}; in {kind}/ there are: {', '.join(there[:5]) or 'none'}")


def _lists(root: Path, year: str | None, resolution: str) -> tuple[str | None, dict[str, list[str]]]:
    """The year and the names of sequences by split; (None, {}) if there are no lists and no year is given."""
    sets = root / "ImageSets"
    places = [("2017", sets / "2017"), ("2016", sets / "2016"), ("2016", sets / resolution)]
    for this, folder in places:
        if year in (None, this) and folder.is_dir():
            lists = {file.stem: _names(file) for file in files_in(folder, (".txt",))}
            tests = [name for name in ("test", "test-dev") if name in lists]
            chosen = {part: lists[part] for part in ("train", "val") if part in lists}
            if chosen or tests:
                return this, chosen | ({"test": lists[tests[0]]} if tests else {})
    if year and sets.is_dir():
        raise DataError(f"davis:{root} has no lists of {year} in ImageSets/; use the other year, or copy them there")
    return year, {}


def _names(file: Path) -> list[str]:
    """Sequences, each once: a line is a name, or starts with the path of a frame."""
    lines = [
        line.split() for line in file.read_text(encoding="utf-8-sig", errors="replace").replace("\\", "/").splitlines()
    ]
    firsts = [words[0] for words in lines if words]
    return list(dict.fromkeys(first if "/" not in first else first.rstrip("/").split("/")[-2] for first in firsts))


def _video(name: str, images: Path, masks: Path, meaning: Meaning, left_out: LeftOut) -> Video | None:
    frames = files_in(images / name, IMAGE_SUFFIXES)
    if not frames:
        left_out.add(
            DataError(f"{images / name} has no images but a list names it; copy it or remove it from the list")
        )
        return None
    there = {file.stem: file for file in files_in(masks / name, (".png",))}
    labels = [there.get(frame.stem) for frame in frames]
    times = tuple(Fraction(index, FRAMES_PER_SECOND) for index in range(len(frames)))
    return Video(name, ImageFiles(frames), LabelFiles(labels, meaning), times)


def _year_of_masks(masks: Path, left_out: LeftOut) -> str:
    """2016's masks are 0 and 255, 2017's number objects from 1 on; one mask decides."""
    for folder in folders_in(masks):
        for file in files_in(folder, (".png",)):
            try:
                values = read_label_values(file)
            except DataError as error:
                left_out.add(error)
                continue
            return "2017" if ((values > 0) & (values < VOID)).any() else "2016"
    return "2016"


def _foreground(year: str) -> ClassList:
    """In 2016's masks 255 is the object, in 2017's it is void."""

    def meaning(values: np.ndarray) -> np.ndarray:
        if values.ndim != 2 or values.dtype != np.uint8:
            raise LabelError("holds no DAVIS labels, which are a palette's indices")
        labels = (values > 0).astype(np.uint8)
        if year == "2017":
            labels[values == VOID] = VOID
        return labels

    return ClassList(("background", "object"), voc_palette(2), meaning, f"every object of {year} is one class")


def _objects(year: str) -> ClassList:
    if year == "2016":
        raise DataError("davis: labels=objects needs the masks of 2017; those of 2016 are one object each")
    names = ("background", *(f"object {number}" for number in range(1, MOST_OBJECTS + 1)))
    note = "classes number the objects of a sequence, which differ from sequence to sequence"
    return ClassList(names, voc_palette(len(names)), IndexLabels(len(names)), note)
