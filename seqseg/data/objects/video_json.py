"""Objects of a video in json: YouTube-VIS' format (Yang et al. 2019), or COCO's for the video's frames.

    {"videos": [{"id": 1, "height": 720, "width": 1280, "length": 20, "file_names": ["0043f/00000.jpg", …]}],
     "annotations": [{"video_id": 1, "category_id": 4, "iscrowd": 0, "segmentations": [null, RLE or polygons, …]}],
     "categories": [{"id": 4, "name": "bear"}]}

Every listed frame is labelled, with background outside the objects. As in `coco:`, a crowd is void where no single
object is seen, and of overlapping objects the smaller is on top.
"""

import json
import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.data.labels.class_list import ClassList
from seqseg.data.labels.meaning import IndexLabels
from seqseg.data.labels.palette import voc_palette
from seqseg.data.left_out import LeftOut
from seqseg.data.limits import refuse_classes
from seqseg.data.objects.annotations import (
    Annotation,
    CocoImage,
    CocoIndex,
    as_number,
    image_problem,
    read_categories,
    read_coco,
    shape_problem,
    with_area,
)
from seqseg.data.objects.painting import Painter
from seqseg.data.sequences import MaskSequence
from seqseg.errors import DataError


@dataclass(frozen=True)
class VideoObjects:
    """The objects of one video: frame i of those listed is image i of `index`, in a file called `file_names[i]`."""

    name: str
    file_names: tuple[str, ...]
    index: CocoIndex


class PaintedFrames(MaskSequence):
    """Masks uint8 (h, w) of a video, painted when indexed; `images[i]` is the image of frame i, None: unlabelled.

    An image that lost annotations is unlabelled too, as its background is unknown.
    """

    def __init__(self, painter: Painter, images: Sequence[int | None]):
        self._painter = painter
        self._images = tuple(None if image in painter.index.uncertain else image for image in images)

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> np.ndarray | None:
        image = self._images[index]
        return None if image is None else self._painter.paint(image)

    @property
    def present(self) -> tuple[bool, ...]:
        return tuple(image is not None for image in self._images)

    def describe(self, index: int) -> str:
        """The json and the frame."""
        image = self._images[index]
        return f"{self._painter.index.file}, frame {index}" if image is None else self._painter.index.describe(image)


def read_video_json(file: Path, left_out: LeftOut) -> list[VideoObjects]:
    """The videos of a json; the images of COCO's format are one video, in the order of the numbers in their names.

    Raises:
        DataError: neither of the two formats, or a video or annotation that cannot be used.
    """
    try:
        held = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file} is no json: {error}; copy it again") from None
    except OSError as error:
        raise DataError(f"cannot read {file}: {error.strerror or error}; check the path") from None
    if isinstance(held, dict) and isinstance(held.get("images"), list) and "videos" not in held:
        return [_of_images(read_coco(file, left_out))]
    if not isinstance(held, dict) or not isinstance(held.get("videos"), list) or not held["videos"]:
        raise DataError(f"{file} has neither videos nor images; write it as YouTube-VIS or COCO do")
    categories = read_categories(file, held.get("categories"))
    videos: dict[int, dict[str, Any]] = {}
    for entry in held["videos"]:
        if isinstance(entry, dict):
            entry |= {name: as_number(entry[name]) for name in ("id", "length") if name in entry}
        problem = _video_problem(entry, videos)
        if problem:
            left_out.add(DataError(f"{file}: a video {problem}"))
        else:
            videos[entry["id"]] = entry
    annotations: dict[int, dict[int, list[Annotation]]] = {identity: {} for identity in videos}
    uncertain: dict[int, set[int]] = {identity: set() for identity in videos}
    given = held.get("annotations")
    for number, one in enumerate(given if isinstance(given, list) else ()):
        problem = _add(one, videos, categories, annotations, uncertain)
        if problem:
            identity = one.get("id", number) if isinstance(one, dict) else number
            left_out.add(DataError(f"{file}: annotation {identity} {problem}"))
    labelled = given is not None
    return [
        _objects(file, entry, categories, annotations[key], labelled, frozenset(uncertain[key]))
        for key, entry in videos.items()
    ]


def classes_of_json(videos: Sequence[VideoObjects]) -> tuple[ClassList, Mapping[str, int]]:
    """Background and the categories of all files in the order of their ids, and the class of each name.

    Raises:
        DataError: more categories than a mask has values for.
    """
    found = sorted({(identity, name) for video in videos for identity, name in video.index.categories.items()})
    names = ("background", *dict.fromkeys(name for _, name in found if name != "background"))
    refuse_classes(len(names), str(videos[0].index.file))
    note = f"classes are the categories of {videos[0].index.file}"
    classes = ClassList(names, voc_palette(len(names)), IndexLabels(len(names)), note)
    return classes, {name: number for number, name in enumerate(names)}


def painted(video: VideoObjects, class_of_name: Mapping[str, int], frames: int) -> PaintedFrames:
    """The masks of a video of `frames` frames; if fewer are listed, the numbers in their names are the frames.

    Raises:
        DataError: a listed frame that the video does not have.
    """
    class_of = {identity: class_of_name[name] for identity, name in video.index.categories.items()}
    painter = Painter(video.index, class_of, len(class_of_name))
    count = len(video.file_names) if video.index.labelled else 0
    if count in (0, frames):
        return PaintedFrames(painter, range(frames) if count else [None] * frames)
    numbers = [re.findall(r"\d+", Path(name).stem) for name in video.file_names]
    by_number = {int(digits[-1]): image for image, digits in enumerate(numbers) if digits}
    if len(by_number) < count or max(by_number) >= frames:
        raise DataError(
            f"{video.index.file} lists {count} frames of {video.name}, which has {frames}; "
            "list all, or number them from 0"
        )
    return PaintedFrames(painter, [by_number.get(frame) for frame in range(frames)])


def _video_problem(entry: Any, videos: Mapping[int, dict[str, Any]]) -> str | None:
    if not isinstance(entry, dict) or type(entry.get("id")) is not int:
        return "has no id; add one or remove it"
    if entry["id"] in videos:
        return f"{entry['id']} is there twice; remove one"
    names, length = entry.get("file_names"), entry.get("length")
    if names is None and type(length) is int and 0 < length < 10**7:
        entry["file_names"] = names = [f"{frame:06d}" for frame in range(length)]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        return f"{entry['id']} has no file_names and no length; name its frames"
    if length is not None and length != len(names):
        return f"{entry['id']} says that it is {str(length)[:20]} frames long but names {len(names)}; correct it"
    get: Any = entry.get  # of any type until they are checked
    problems = (image_problem(CocoImage(0, name, get("height"), get("width"))) for name in names)
    problem = min((one for one in problems if one is not None), default=None)
    return None if problem is None else f"{entry['id']} {problem}"


def _add(
    one: Any, videos: Mapping[int, dict[str, Any]], categories: Mapping[int, str],
    annotations: dict[int, dict[int, list[Annotation]]], uncertain: dict[int, set[int]],
) -> str | None:  # fmt: skip
    """Add an annotation to its video and frames; what is wrong with it, as the end of a sentence.

    Frames in which it cannot be painted are added to `uncertain`.
    """
    if isinstance(one, dict):
        one |= {name: as_number(one[name]) for name in ("video_id", "category_id") if name in one}
    video = videos.get(one["video_id"]) if isinstance(one, dict) and isinstance(one.get("video_id"), int) else None
    problem = _annotation_problem(one, video, categories)
    if video is None:
        return problem
    if problem:
        uncertain[video["id"]].update(range(len(video["file_names"])))
        return problem
    first = None
    shapes = {}
    for frame, shape in enumerate(one["segmentations"]):
        if not shape:
            continue  # the object is not visible
        if isinstance(shape, list):
            try:
                shape = [array("d", polygon) for polygon in shape]
            except (TypeError, ValueError, OverflowError):
                pass  # the check reports what is wrong
            shape = with_area(shape)
        problem = shape_problem(shape, CocoImage(frame, video["file_names"][frame], video["height"], video["width"]))
        if problem:
            first = first or f"in frame {frame} {problem}"
            uncertain[video["id"]].add(frame)
        else:
            shapes[frame] = shape
    for frame, shape in shapes.items():
        held = Annotation(one.get("id"), frame, one["category_id"], one.get("iscrowd") == 1, shape)
        annotations[video["id"]].setdefault(frame, []).append(held)
    return first


def _annotation_problem(one: Any, video: Mapping[str, Any] | None, categories: Mapping[int, str]) -> str | None:
    if not isinstance(one, dict) or not isinstance(one.get("segmentations"), list):
        return "has no segmentations; boxes alone cannot be painted"
    if video is None:
        return f"is of video {str(one.get('video_id'))[:20]}, which the file does not list (or not well); correct it"
    if not isinstance(one.get("category_id"), int) or one["category_id"] not in categories:
        return f"has category_id {str(one.get('category_id'))[:20]}, which is none of the {len(categories)} categories"
    if len(one["segmentations"]) != len(video["file_names"]):
        there, frames = len(one["segmentations"]), len(video["file_names"])
        return f"has {there} segmentations, but its video {frames} frames; correct it"
    return None


def _objects(
    file: Path, entry: dict[str, Any], categories: Mapping[int, str], annotations: Mapping[int, list[Annotation]],
    labelled: bool, uncertain: frozenset[int],
) -> VideoObjects:  # fmt: skip
    names = tuple(entry["file_names"])
    images = {frame: CocoImage(frame, name, entry["height"], entry["width"]) for frame, name in enumerate(names)}
    given = entry.get("name")
    name = given if isinstance(given, str) and given else Path(names[0]).parent.name or str(entry["id"])
    return VideoObjects(name, names, CocoIndex(file, categories, images, annotations, labelled, (), uncertain))


def _of_images(index: CocoIndex) -> VideoObjects:
    """COCO's images as the frames of one video, in order."""

    def number(image: CocoImage) -> tuple[int, str]:
        digits = re.findall(r"\d+", Path(image.file_name).stem)
        return (int(digits[-1]) if digits else -1, image.file_name)

    ordered = sorted(index.images.values(), key=number)
    images = {frame: image._replace(identity=frame) for frame, image in enumerate(ordered)}
    annotations = {
        frame: index.annotations[image.identity]
        for frame, image in enumerate(ordered)
        if image.identity in index.annotations
    }
    uncertain = frozenset(frame for frame, image in enumerate(ordered) if image.identity in index.uncertain)
    names = tuple(image.file_name for image in ordered)
    mine = replace(index, images=images, annotations=annotations, uncertain=uncertain)
    return VideoObjects(index.file.stem, names, mine)
