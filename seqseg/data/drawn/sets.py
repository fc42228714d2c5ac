"""Drawn shapes -> a set of videos: which labels are classes, which shapes are unusable, masks painted when indexed."""

import collections
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.data.drawn.shapes import AREAS, THIN, Rasteriser, Shape
from seqseg.data.files.decoding import ImageFiles
from seqseg.data.files.listing import Files
from seqseg.data.labels.class_list import ClassList, read_class_list
from seqseg.data.labels.meaning import IndexLabels
from seqseg.data.labels.palette import voc_palette
from seqseg.data.left_out import LeftOut
from seqseg.data.selection.splitting import assemble
from seqseg.data.sequences import FrameSequence, MaskSequence
from seqseg.data.video import Video, VideoSet
from seqseg.data.void import VOID
from seqseg.errors import DataError
from seqseg.registry import suggestion

BACKGROUND = ("background", "_background_", "__background__")
IGNORED = ("__ignore__", "void", "ignore", "_ignore_")
LEAST_POINTS = {"polygon": 3, "rectangle": 2, "circle": 2, "ellipse": 2, "line": 2, "linestrip": 2, "point": 1,
                "points": 1, "mask": 1}  # fmt: skip
MOST_CLASSES = 254
FARTHEST = 1e6  # a coordinate beyond this is none


def class_words(value: str) -> str:
    """Reads `classes=a+b`."""
    if not all(word.strip() for word in value.split("+")):
        raise ValueError("names joined by +, such as person+car")
    return value


@dataclasses.dataclass(frozen=True, eq=False)
class DrawnFrame:
    """One frame: its size (height, width) and what was drawn on it; None where nothing says that it is done."""

    size: tuple[int, int]
    shapes: tuple[Shape, ...] | None


@dataclasses.dataclass(frozen=True, eq=False)
class DrawnVideo:
    """Frames and what was drawn on each; `where` names a frame's annotations in messages."""

    name: str
    frames: FrameSequence
    drawn: tuple[DrawnFrame, ...]
    where: Callable[[int], str]


def drawn_image(name: str, path: Path, frame: DrawnFrame, where: str) -> DrawnVideo:
    """A single image."""
    return DrawnVideo(name, ImageFiles(Files(path.parent, [path.name])), (frame,), lambda _: where)


def drawn_set(
    name: str, split: str, by_split: Mapping[str, Sequence[DrawnVideo]], *, rasterise: Rasteriser, left_out: LeftOut,
    folder: Path, known: Sequence[str] = (), classes: str | None = None,
) -> VideoSet:  # fmt: skip
    """The set of one split.

    Args:
        name: as messages have it, such as "labelme:cells".
        split: train, val, test or all.
        by_split: the videos by split, "" where there are none.
        rasterise: what the tool does.
        left_out: where shapes that cannot be used are reported.
        folder: where classes.txt is looked for.
        known: the labels that the tool lists, in its order; without any they are those of the shapes, sorted.
        classes: "a+b" takes these alone, the rest is background.

    Raises:
        DataError: no usable shape, unknown classes, or more than a pixel's label has room for.
    """
    checked = {part: [_checked(video, name, left_out) for video in videos] for part, videos in by_split.items()}
    everything = [video for videos in checked.values() for video in videos]
    used = {shape.label for video in everything for frame in video.drawn for shape in frame.shapes or ()}
    names = _names(name, used, known, classes, folder)
    class_of = {label: number for number, label in enumerate(names)}
    class_of |= dict.fromkeys(BACKGROUND, 0) | dict.fromkeys(IGNORED, VOID)
    note = f"classes: {', '.join(names)}; {_counted(everything)}"
    palette = voc_palette(len(names))
    list_of_classes = ClassList(names, palette, IndexLabels(len(names)), note)
    painted = {
        part: [Video(video.name, video.frames, DrawnMasks(video, class_of, rasterise)) for video in videos]
        for part, videos in checked.items()
    }
    return assemble(name, split, painted, list_of_classes)


class DrawnMasks(MaskSequence):
    """The masks of a video, painted when indexed; labels that are no class are background."""

    def __init__(self, video: DrawnVideo, class_of: Mapping[str, int], rasterise: Rasteriser):
        self._video, self._class_of, self._rasterise = video, class_of, rasterise

    def __len__(self) -> int:
        return len(self._video.drawn)

    @property
    def present(self) -> Sequence[bool]:
        return [frame.shapes is not None for frame in self._video.drawn]

    def __getitem__(self, index: int) -> np.ndarray | None:
        frame = self._video.drawn[index]
        if frame.shapes is None:
            return None
        labels = np.zeros(frame.size, np.uint8)
        for shape in sorted(frame.shapes, key=lambda one: one.order):  # sorted is stable
            if shape.label in self._class_of:
                labels[self._rasterise(shape, *frame.size)] = self._class_of[shape.label]
        return labels

    def describe(self, index: int) -> str:
        return self._video.where(index)


def checked_points(points: Any) -> np.ndarray:
    """Points (k, 2) as numbers; ValueError otherwise."""
    try:
        array = np.array(points, float)
    except OverflowError:
        raise ValueError("its points are too large") from None
    if array.ndim != 2 or array.shape[1:] != (2,) or not np.isfinite(array).all() or np.abs(array).max() > FARTHEST:
        raise ValueError("its points are not pairs of finite numbers")
    return array


def _checked(video: DrawnVideo, name: str, left_out: LeftOut) -> DrawnVideo:
    """Without the shapes that cannot be painted, each of which is reported.

    A frame keeps its label: what one degenerate polygon would have covered is a few pixels at most.
    """
    frames = []
    for index, frame in enumerate(video.drawn):
        kept = []
        for shape in frame.shapes or ():
            problem = _problem(shape, frame.size)
            if problem is None:
                kept.append(shape)
            else:
                left_out.add(DataError(f"{video.where(index)}: a {shape.kind} of {shape.label!r} {problem}"))
        frames.append(dataclasses.replace(frame, shapes=None if frame.shapes is None else tuple(kept)))
    return dataclasses.replace(video, drawn=tuple(frames))


def _problem(shape: Shape, size: tuple[int, int]) -> str | None:
    if shape.kind not in (*AREAS, *THIN):
        return "is of a kind that covers no area here; draw a polygon, or remove it"
    if len(shape.points) < LEAST_POINTS[shape.kind]:
        return f"has {len(shape.points)} points, at least {LEAST_POINTS[shape.kind]} are needed; remove it"
    if shape.kind in ("circle", "ellipse") and len(shape.points) > 2:
        return f"has {len(shape.points)} points, 2 are needed; draw it again"
    if shape.kind == "ellipse" or shape.kind == "mask":
        return None
    (left, top), (right, bottom) = shape.points.min(axis=0), shape.points.max(axis=0)
    if shape.kind != "circle" and (right < 0 or bottom < 0 or left > size[1] or top > size[0]):
        return f"is outside the picture of {size[1]}x{size[0]}; remove it"
    return None


def _names(name: str, used: set[str], known: Sequence[str], classes: str | None, folder: Path) -> tuple[str, ...]:
    listed = read_class_list(folder)
    if classes is not None:
        wanted = [word.strip() for word in classes.split("+")]
        for word in wanted:
            if word not in {*used, *known}:
                there = ", ".join(sorted({*used, *known}))
                raise DataError(
                    f"{name}: class {word!r} is none of its labels{suggestion(word, used)}; it has: {there}"
                )
        return ("background", *wanted)
    if listed is not None:
        _require_known(name, used, listed.names, "classes.txt")
        return listed.names
    plain = [label for label in (known or sorted(used)) if label not in (*BACKGROUND, *IGNORED)]
    if known:
        _require_known(name, used, known, "its list of labels")
    if not plain:
        raise DataError(f"{name} has no shape with a label; draw some, or name the classes in classes.txt")
    if len(plain) + 1 > MOST_CLASSES:
        raise DataError(
            f"{name} has {len(plain)} labels, and a pixel has room for {MOST_CLASSES}; choose some with classes=a+b"
        )
    return ("background", *dict.fromkeys(plain))


def _require_known(name: str, used: set[str], known: Sequence[str], where: str) -> None:
    strange = sorted(used - {*known, *BACKGROUND, *IGNORED})
    if strange:
        raise DataError(
            f"{name}: the label {strange[0]!r} is not in {where}{suggestion(strange[0], known)}; add it there, or "
            "choose labels with classes=a+b"
        )


def _counted(videos: Sequence[DrawnVideo]) -> str:
    """How many shapes of which kinds, and which of them cover no area."""
    kinds = collections.Counter(shape.kind for video in videos for frame in video.drawn for shape in frame.shapes or ())
    return ", ".join(f"{count:,} {kind}{'s' * (count > 1)}" for kind, count in sorted(kinds.items())) or "no shapes"
