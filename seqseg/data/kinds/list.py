"""A list of images and masks in a CSV file, with further numbers for each image.

    image,mask,video,frame,split,temperature
    a/0001.png,a/0001_mask.png,monday,1,train,-3.5
    a/0002.png,,monday,2,train,-3.4

Columns: `image`; `mask` (empty: no label); `video` (without it every image is a video of its own, or with `frame` or
`time` all are one); `frame`, a whole number for the order; `time` in seconds, which also orders; `split` (train, val or
test; without it `selection/splitting.py` makes them). Every further column of numbers is an entry of the frame's
vector, for models with a condition; columns of words are ignored with a note. Columns are separated by commas,
semicolons or tabs.

Paths are relative to the file and stay below its folder; others must be absolute. classes.txt beside the file names
classes as for folders (class_list.py); `list:FILE.csv,foreground=255`, `foreground=any` and `instances=1000` likewise.
"""

import csv
import dataclasses
import math
import os
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from seqseg.data.files.decoding import ImageFiles, LabelFiles
from seqseg.data.labels.file_classes import LABEL_OPTIONS, classes_of_files
from seqseg.data.labels.meaning import Meaning
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.limits import is_decimal, is_whole
from seqseg.data.selection.splitting import assemble
from seqseg.data.spec import split_options
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError
from seqseg.registry import suggestion

COLUMNS = ("image", "mask", "video", "frame", "time", "split")
_SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class _Row:
    """One line and its number."""

    line: int
    image: Path
    mask: Path | None
    video: str
    frame: int | None
    time: Fraction | None
    split: str
    vector: tuple[float, ...]


def open_list(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`list:FILE.csv` -> the videos of its lines; further columns are `Video.vectors`.

    Raises:
        DataError: no such file, an invalid line, or a path that leaves the file's folder.
    """
    path, options = split_options(where, "list", LABEL_OPTIONS)
    file = Path(path).expanduser()
    rows, vector_names, notes = _read(file, left_out)
    masks = [row.mask for row in rows if row.mask]
    if not masks:
        raise DataError(f"list:{file} names no masks; fill the column `mask` of some lines")
    classes = classes_of_files(masks, file.parent, f"list:{file}", options, left_out)
    grouped: dict[tuple[str, str], list[_Row]] = defaultdict(list)
    for row in rows:
        grouped[row.split, row.video].append(row)
    videos: dict[str, list[Video]] = defaultdict(list)
    for (part, name), members in grouped.items():
        try:
            videos[part].append(_video(file, name, members, classes.meaning, bool(vector_names)))
        except DataError as error:
            left_out.add(error)
    data = assemble(f"list:{file}", split, dict(videos), classes)
    return dataclasses.replace(data, vector_names=vector_names, notes=(*data.notes, *notes))


def _video(file: Path, name: str, rows: list[_Row], meaning: Meaning, with_vectors: bool) -> Video:
    frames = [row.frame for row in rows if row.frame is not None]
    seconds = [row.time for row in rows if row.time is not None]
    if len(frames) == len(rows):
        rows = [rows[place] for place in np.argsort(np.array(frames, object), kind="stable")]
        twice = [b for a, b in zip(rows, rows[1:], strict=False) if a.frame == b.frame]
        if twice:
            raise DataError(
                f"line {twice[0].line} of {file}: video {name} has frame {twice[0].frame} twice; number each once"
            )
    elif len(seconds) == len(rows):
        rows = [rows[place] for place in np.argsort(np.array(seconds, object), kind="stable")]
    times = None
    if len(seconds) == len(rows):
        seconds = [row.time for row in rows if row.time is not None]
        times = tuple(time - seconds[0] for time in seconds)
        if any(b <= a for a, b in zip(times, times[1:], strict=False)):
            raise DataError(
                f"video {name} of {file} has times that do not grow from frame to frame; correct the column `time`"
            )
    vectors = np.array([row.vector for row in rows], np.float32) if with_vectors else None
    masks = LabelFiles([row.mask for row in rows], meaning)
    return Video(name, ImageFiles([row.image for row in rows]), masks, times, vectors)


def _read(file: Path, left_out: LeftOut) -> tuple[list[_Row], tuple[str, ...], list[str]]:
    lines = _lines(file)
    header = [name.strip().lower() for name in lines[0][1]]
    if "image" not in header:
        hint = suggestion("image", header)
        raise DataError(f"{file} has no column `image`{hint}; its first line must name the columns, image among them")
    if len(set(header)) < len(header):
        raise DataError(f"{file} names a column twice: {', '.join(header)}; name each once")
    vector_names, words = _vector_columns(header, lines)
    rows = []
    reader = _RowReader(file, header, vector_names)
    for number, cells in lines[1:]:
        try:
            rows.append(reader.read(number, cells))
        except DataError as error:
            left_out.add(error)
    if not rows:
        raise DataError(f"{file} lists no images; write one a line below the names of the columns")
    notes = [f"column {name} of {file.name} holds words and is ignored" for name in words]
    return rows, vector_names, notes


def _lines(file: Path) -> list[tuple[int, list[str]]]:
    """(number, cells) of the lines that are not empty; the first names the columns."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"cannot read the list {file}: {error.strerror or error}; check the path") from None
    except UnicodeDecodeError:
        raise DataError(f"the list {file} is not UTF-8 text; save it as CSV in UTF-8") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        parsed = csv.reader(text.splitlines(), delimiter=delimiter)
        lines = [(parsed.line_num, cells) for cells in parsed if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise DataError(f"the list {file} is no CSV: {error}; save it again") from None
    if not lines:
        raise DataError(f"the list {file} is empty; name the columns in its first line: {', '.join(COLUMNS)}")
    return lines


def _vector_columns(header: list[str], lines: list[tuple[int, list[str]]]) -> tuple[tuple[str, ...], list[str]]:
    """Further columns that begin with a number, and the others."""
    first = dict(zip(header, lines[1][1] if len(lines) > 1 else [], strict=False))
    further = [name for name in header if name and name not in COLUMNS]
    numeric = tuple(name for name in further if _number(first.get(name, "")) is not None)
    return numeric, [name for name in further if name not in numeric]


class _RowReader:
    """Reads lines, and lists each folder once for the files they name."""

    def __init__(self, file: Path, header: list[str], vector_names: tuple[str, ...]):
        self.file, self.header, self.vector_names = file, header, vector_names
        self._folder = os.path.abspath(file.parent)
        self._there: dict[str, set[str]] = {}
        self._named: set[str] = set()
        self._one_video = "video" not in header and bool({"frame", "time"} & set(header))

    def read(self, line: int, cells: list[str]) -> _Row:
        if len(cells) != len(self.header):
            raise self._wrong(line, f"has {len(cells)} columns, the first line names {len(self.header)}")
        values = {name: cell.strip() for name, cell in zip(self.header, cells, strict=True)}
        image, mask = self._path(line, values["image"]), values.get("mask", "")
        split = values.get("split", "").lower()
        if split not in ("", *_SPLITS) or ("split" in self.header and not split):
            raise self._wrong(line, f"has the split {split!r}, which must be one of {', '.join(_SPLITS)}")
        video = values.get("video") or (self.file.stem if self._one_video else "")
        frame, time = values.get("frame", ""), values.get("time", "")
        if frame and not is_whole(frame):
            raise self._wrong(line, f"has the frame {frame[:40]!r}, which must be a whole number of at most 18 digits")
        if time and not is_decimal(time):
            raise self._wrong(line, f"has the time {time[:40]!r}, which must be seconds, such as 0.04")
        return _Row(
            line, image, self._path(line, mask) if mask else None, video or self._name(values["image"], line),
            int(frame) if frame else None, Fraction(time) if time else None, split,
            tuple(self._entry(line, name, values[name]) for name in self.vector_names),
        )  # fmt: skip

    def _name(self, image: str, line: int) -> str:
        """An image that is a video of its own is named by its path, and if it is listed again by its line too."""
        name = f"{image} (line {line})" if image in self._named else image
        self._named.add(image)
        return name

    def _entry(self, line: int, name: str, text: str) -> float:
        number = _number(text)
        if number is None:
            raise self._wrong(line, f"has {text[:40]!r} in column {name}, which holds numbers")
        return number

    def _path(self, line: int, text: str) -> Path:
        if not text:
            raise self._wrong(line, "names no image")
        path = os.path.normpath(os.path.join(self._folder, text))
        if "\\" in text and not os.path.exists(path):  # written on Windows
            path = os.path.normpath(os.path.join(self._folder, text.replace("\\", "/")))
        if not os.path.isabs(text) and os.path.commonpath([self._folder, path]) != self._folder:
            raise self._wrong(
                line, f"names {text}, which leaves the folder of the list; write an absolute path if this is intended"
            )
        folder, name = os.path.split(path)
        if folder not in self._there:
            self._there[folder] = set(os.listdir(folder)) if os.path.isdir(folder) else set()
        if name not in self._there[folder]:
            raise self._wrong(line, f"names {text}, which does not exist")
        return Path(path)

    def _wrong(self, line: int, what: str) -> DataError:
        return DataError(f"line {line} of {self.file} {what}; correct or remove the line")


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
