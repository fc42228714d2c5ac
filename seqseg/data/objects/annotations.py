"""COCO's instances json (Lin et al. 2014), read once, checked, and kept small.

While the file is parsed, coordinates become arrays of doubles and unneeded entries are dropped: 100,000 annotations
take 90 MB instead of 260.
"""

import json
import math
import weakref
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from seqseg.data.labels.meaning import LabelError
from seqseg.data.left_out import LeftOut
from seqseg.data.limits import is_whole, largest_image
from seqseg.data.objects.run_lengths import run_lengths
from seqseg.errors import DataError

_OUTSIDE = 1.0  # how far a polygon may reach beyond the image, in longer sides; converters round
_SHOWN = 40


class CocoImage(NamedTuple):
    """One entry of `images`."""

    identity: int
    file_name: str
    height: int
    width: int


class Annotation(NamedTuple):
    """One entry of `annotations`: `shape` is a list of polygons (x, y, x, y, …) or a run-length object."""

    identity: int
    image: int
    category: int
    crowd: bool
    shape: Any


@dataclass(frozen=True, eq=False)
class CocoIndex:
    """The content of a json: categories by id, images by id, the annotations of each image in the file's order.

    `labelled` says whether it has annotations at all. `problems` are sentences on what was left out; the images in
    `uncertain` lost annotations, so that their background is unknown. `degenerate` counts polygons without an area,
    which are left out of their annotations.
    """

    file: Path
    categories: Mapping[int, str]
    images: Mapping[int, CocoImage]
    annotations: Mapping[int, Sequence[Annotation]]
    labelled: bool
    problems: Sequence[str] = field(default=())
    uncertain: frozenset[int] = frozenset()
    degenerate: int = 0

    def describe(self, image: int) -> str:
        """An image of the file, for messages."""
        return f"{self.file}, image {self.images[image].file_name}"


_OPEN: weakref.WeakValueDictionary[tuple[Path, int, int], CocoIndex] = weakref.WeakValueDictionary()


def read_coco(file: Path, left_out: LeftOut) -> CocoIndex:
    """The index of a json file, shared while a set made of it exists and the file is unchanged.

    Raises:
        DataError: no such file, invalid json, not COCO's instances, or an annotation or image that cannot be used.
    """
    try:
        state = file.stat()
    except OSError as error:
        raise DataError(f"cannot read {file}: {error.strerror or error}; check the path") from None
    key = (file.resolve(), state.st_mtime_ns, state.st_size)
    index = _OPEN.get(key)
    if index is None:
        index = _OPEN[key] = _index(file, _parse(file))
    for problem in index.problems:
        left_out.add(DataError(problem))
    return index


def _parse(file: Path) -> dict[str, Any]:
    try:
        with file.open(encoding="utf-8-sig") as text:
            held = json.load(text, object_hook=_made_small)
    except (ValueError, RecursionError) as error:  # invalid json and UTF-8 are ValueErrors
        raise DataError(f"{file} is no json: {error}; copy it again") from None
    except OSError as error:
        raise DataError(f"cannot read {file}: {error.strerror or error}; check its permissions") from None
    if not isinstance(held, dict) or not isinstance(held.get("images"), list):
        raise DataError(f"{file} is not COCO's json: it has no list of images; give instances_train2017.json or alike")
    return held


def _made_small(item: dict[str, Any]) -> Annotation | dict[str, Any]:
    """An annotation as an `Annotation` with doubles as coordinates; other objects without links and dates."""
    if "segmentation" in item and "image_id" in item and "keypoints" not in item:
        shape = item["segmentation"]
        if isinstance(shape, list):
            try:
                shape = [array("d", polygon) for polygon in shape]
            except (TypeError, ValueError, OverflowError):
                shape = item["segmentation"]  # its check reports what is wrong
        numbers: list[Any] = [as_number(item.get(name)) for name in ("image_id", "category_id")]
        identity: Any = item.get("id")
        return Annotation(identity, numbers[0], numbers[1], as_number(item.get("iscrowd")) == 1, shape)
    for name in ("flickr_url", "coco_url", "date_captured", "license", "bbox"):
        item.pop(name, None)
    return item


def _index(file: Path, held: dict[str, Any]) -> CocoIndex:
    _refuse_other_kinds(file, held)
    problems: list[str] = []
    categories = read_categories(file, held.get("categories"))
    images = _images(file, held["images"], problems)
    given = held.get("annotations")
    if given is not None and not isinstance(given, list):
        raise DataError(f"{file} is not COCO's json: its annotations are no list; give instances_train2017.json")
    by_image: dict[int, list[Annotation]] = {}
    seen: set[int | str] = set()
    uncertain: set[int | None] = set()
    degenerate = 0
    for one in given or ():
        if isinstance(one, Annotation) and isinstance(one.shape, list):
            shape = with_area(one.shape)
            degenerate += len(one.shape) - len(shape)
            one = one._replace(shape=shape)
        problem = _problem(one, images, categories, seen)
        if problem is None:
            by_image.setdefault(one.image, []).append(one)
        else:
            problems.append(f"{file}: annotation {_identity(one)} {problem}")
            uncertain.add(_image_of(one))
    for root in _unused_roots(held["categories"]) - {one.category for ones in by_image.values() for one in ones}:
        del categories[root]
    lost = frozenset(image for image in uncertain if image in images)
    return CocoIndex(file, categories, images, by_image, given is not None, tuple(problems), lost, degenerate)


def _refuse_other_kinds(file: Path, held: dict[str, Any]) -> None:
    kind = _other_kind(held)
    if kind is not None:
        raise DataError(f"{file} holds {kind}; give COCO's instances, as annotations/instances_train2017.json")


def _other_kind(held: dict[str, Any]) -> str | None:
    lists = (held[key] if isinstance(held.get(key), list) else [] for key in ("annotations", "categories"))
    annotations, categories = lists
    keys = annotations[0] if annotations and isinstance(annotations[0], dict) else {}
    if "videos" in held:
        return "videos, not images"
    if "caption" in keys:
        return "captions, which are not masks"
    if "keypoints" in keys or any(isinstance(one, dict) and "keypoints" in one for one in categories):
        return "keypoints, which are not masks of all classes"
    return "panoptic segments, whose masks are in PNGs" if "segments_info" in keys else None


def read_categories(file: Path, given: Any) -> dict[int, str]:
    """The categories of a json by id.

    Raises:
        DataError: none, one without id or name, or one twice.
    """
    if not isinstance(given, list) or not given:
        raise DataError(f"{file} has no categories; give COCO's instances, as annotations/instances_train2017.json")
    categories: dict[int, str] = {}
    for one in given:
        identity, name = (as_number(one.get("id")), one.get("name")) if isinstance(one, dict) else (None, None)
        if type(identity) is not int or not isinstance(name, str) or not name:
            raise DataError(f"{file} has the category {str(one)[:_SHOWN]}, which needs an id and a name; correct it")
        if identity in categories or name in categories.values():
            raise DataError(f"{file} has category {identity} {name!r} twice, by id or by name; correct it")
        categories[identity] = name
    return categories


def _unused_roots(given: list[Any]) -> set[int]:
    """Category 0 of Roboflow's exports: the name of the project, above all others, which nothing is labelled with."""
    above = {one.get("supercategory") for one in given}
    return {0 for one in given if one["id"] == 0 and one.get("supercategory") == "none" and one["name"] in above}


def _images(file: Path, given: list[Any], problems: list[str]) -> dict[int, CocoImage]:
    images: dict[int, CocoImage] = {}
    names: set[str] = set()
    for one in given:
        entry = one if isinstance(one, dict) else {}
        get: Any = entry.get  # of any type until they are checked
        identity: Any = as_number(get("id"))
        image = CocoImage(identity, get("file_name"), get("height"), get("width"))
        problem = image_problem(image) or _twice(image, images, names)
        if problem:
            problems.append(f"{file}: image {str(image.identity)[:_SHOWN]} {problem}")
        else:
            images[image.identity] = image
            names.add(image.file_name)
    return images


def as_number(value: object) -> object:
    """Whole numbers that are written as text or as floats ("12", 12.0; VIA) as int; any other value as it is."""
    if isinstance(value, str) and is_whole(value):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def with_area(polygons: list[Any]) -> list[Any]:
    """The polygons but for those of one or two points, which have no area; all of them if no others are left."""
    return [one for one in polygons if not isinstance(one, array) or len(one) >= 6 or len(one) % 2] or polygons


def image_problem(image: CocoImage) -> str | None:
    """What is wrong with an entry of `images`, as the end of a sentence."""
    if type(image.identity) is not int or not isinstance(image.file_name, str) or not image.file_name:
        return "has no id or no file_name; give it a number and a name, or remove it"
    if any(type(side) is not int or side < 1 for side in image[2:]):
        return f"has the size {image.height!r} x {image.width!r} (height x width), which is no size; correct it"
    if image.height * image.width > largest_image():
        return f"says that it is {image.height}x{image.width}, more pixels than an image may have; correct it"
    parts = image.file_name.replace("\\", "/").split("/")
    drive = parts[0][1:2] == ":" and parts[0][:1].isalpha()  # of Windows; 2024-11-30T12:30.png is a file
    if ".." in parts or parts[0] == "" or drive or "\0" in image.file_name:
        return f"has the file_name {image.file_name!r}, which leads out of the folder; correct it"
    return None


def _twice(image: CocoImage, images: Mapping[int, CocoImage], names: set[str]) -> str | None:
    if image.identity in images:
        return f"is there twice, as {images[image.identity].file_name} and {image.file_name}; remove one"
    return f"has the file_name {image.file_name} of another; remove one" if image.file_name in names else None


def _problem(
    one: Any, images: Mapping[int, CocoImage], categories: Mapping[int, str], seen: set[int | str]
) -> str | None:
    """What is wrong with an annotation, as the end of a sentence; None when it can be painted."""
    if not isinstance(one, Annotation):
        return "has no segmentation or no image_id; boxes alone cannot be painted"
    if not isinstance(one.image, int) or one.image not in images:
        return f"is of image {str(one.image)[:_SHOWN]}, which the file does not list (or not well); correct it"
    if not isinstance(one.category, int) or one.category not in categories:
        return f"has category_id {str(one.category)[:_SHOWN]}, which is none of the {len(categories)} categories"
    if one.identity is not None:
        if not isinstance(one.identity, int | str):
            return "has no plain id; give a number"
        if one.identity in seen:
            return "has the id of another; give each its own"
        seen.add(one.identity)
    return shape_problem(one.shape, images[one.image])


def shape_problem(shape: Any, image: CocoImage) -> str | None:
    """What is wrong with polygons or run lengths of an image, as the end of a sentence; None when nothing is."""
    if isinstance(shape, Mapping):
        size = [image.height, image.width]
        if shape.get("size") != size:
            given = str(shape.get("size"))[:_SHOWN]
            return f"has run lengths of size {given}, but its image {image.file_name} is {size}; write it again"
        try:
            run_lengths(shape)
        except LabelError as error:
            return str(error)
        return None
    if not isinstance(shape, list) or not shape:
        return "has no polygon and no run lengths; boxes alone cannot be painted"
    problems = (_polygon_problem(polygon, max(image.height, image.width)) for polygon in shape)
    return next((problem for problem in problems if problem), None)


def _polygon_problem(polygon: Any, longer: int) -> str | None:
    if not isinstance(polygon, array):
        return "has polygons that are not lists of numbers x, y, x, y, …; correct or remove it"
    if len(polygon) < 6 or len(polygon) % 2:
        return f"has a polygon of {len(polygon)} numbers; three points take six: x, y, x, y, x, y"
    reach = _OUTSIDE * longer
    if not math.isfinite(sum(polygon)) or min(polygon) < -reach or max(polygon) > longer + reach:
        return (
            f"has a polygon that reaches from {min(polygon):g} to {max(polygon):g}, far outside its image; correct it"
        )
    return None


def _image_of(one: Any) -> int | None:
    image = one.image if isinstance(one, Annotation) else one.get("image_id") if isinstance(one, dict) else None
    return image if isinstance(image, int) else None


def _identity(one: Any) -> str:
    identity = one.identity if isinstance(one, Annotation) else one.get("id") if isinstance(one, dict) else one
    return str(identity)[:_SHOWN]
