"""VGG Image Annotator (Dutta and Zisserman 2019), exports of 1.x and projects and exports of 2.x.

    PATH/*.json beside the images           via:FILE.json[,images=DIR][,attribute=NAME][,classes=a+b]

Regions are painted by pycocotools. The class is a region's attribute: the only one that all regions have, else name it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqseg.data.drawn.finding import find_image, read_size, splits_below
from seqseg.data.drawn.sets import DrawnFrame, DrawnVideo, checked_points, class_words, drawn_image, drawn_set
from seqseg.data.drawn.shapes import Shape, as_coco
from seqseg.data.files.listing import files_in
from seqseg.data.files.whole_file import read_whole
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.spec import existing_folder, split_options
from seqseg.data.video import VideoSet
from seqseg.errors import DataError

Entries = Mapping[str, Any]


def open_via(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`via:PATH` or `via:FILE.json` -> a video an image.

    Raises:
        DataError: no json of VIA, an image that is not there, or a class attribute that is not clear.
    """
    words: dict[str, Callable[[str], Any]] = {"classes": class_words, "images": existing_folder, "attribute": str}
    path, options = split_options(where, "via", words)
    root = Path(path).expanduser()
    places = {"": root} if root.is_file() else splits_below(root, "VIA")
    by_split = {}
    for part, place in places.items():
        files = [place] if place.is_file() else files_in(place, (".json",))
        read = [(file, list(found)) for file in files if (found := _images(file)) is not None]
        if not read:
            continue
        attribute = options.get("attribute") or _attribute(root, [one for _, images in read for one in images])
        by_split[part] = [
            video
            for file, images in read
            for one in images
            if (video := _video(one, file, options.get("images") or file.parent, attribute, left_out)) is not None
        ]
    if not any(by_split.values()):
        raise DataError(f"via:{root} has no json of VIA with images; export annotations as json and put it beside them")
    return drawn_set(
        f"via:{root}",
        split,
        by_split,
        rasterise=as_coco,
        left_out=left_out,
        folder=root.parent if root.is_file() else root,
        classes=options.get("classes"),
    )


def _images(file: Path) -> Iterator[Entries] | None:
    """The images of a json; None when it is not VIA's."""
    try:
        entries = json.loads(read_whole(file).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file} is no json ({error}); export it from VIA again") from None
    if isinstance(entries, Mapping) and isinstance(entries.get("_via_img_metadata"), Mapping):
        entries = entries["_via_img_metadata"]
    if not isinstance(entries, Mapping) or not entries:
        return None
    images = list(entries.values())
    if not all(isinstance(one, Mapping) and "filename" in one and "regions" in one for one in images):
        return None
    return iter(images)


def _regions(image: Entries) -> Sequence[Any]:
    """A list in 2.x, an object of numbers in 1.x."""
    regions = image["regions"]
    if isinstance(regions, Mapping):
        return list(regions.values())
    return regions if isinstance(regions, list) else ()


def _attributes_of(region: Any) -> set[str]:
    attributes = region.get("region_attributes") if isinstance(region, Mapping) else None
    return set(attributes) if isinstance(attributes, Mapping) else set()


def _attribute(root: Path, images: Sequence[Entries]) -> str:
    names = [_attributes_of(region) for image in images for region in _regions(image)]
    shared = set.intersection(*names) if names else set()
    if len(shared) == 1:
        return str(next(iter(shared)))
    every = sorted(set().union(*names))
    raise DataError(
        f"via:{root}: which attribute is the class is not clear; name it with attribute=NAME, one of: "
        f"{', '.join(map(str, every)) or 'none (regions have no attributes)'}"
    )


def _video(image: Entries, file: Path, folder: Path, attribute: str, left_out: LeftOut) -> DrawnVideo | None:
    name = str(image["filename"])
    found = find_image(folder, [name, Path(name).name])
    if found is None:
        left_out.add(DataError(f"{file} labels {name}, which is not in {folder}; copy it there, or give images=DIR"))
        return None
    shapes = []
    for number, region in enumerate(_regions(image)):
        try:
            shapes.append(_shape(region, attribute))
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError) as error:
            left_out.add(DataError(f"{file}, {name}: region {number} cannot be read ({error}); draw it again"))
    return drawn_image(Path(name).stem, found, DrawnFrame(read_size(found), tuple(shapes)), f"{file}, {name}")


def _shape(region: Entries, attribute: str) -> Shape:
    drawn = region["shape_attributes"]
    label = region["region_attributes"][attribute]
    if isinstance(label, Mapping):  # a checkbox: the words that are true
        chosen = [word for word, on in label.items() if on]
        if len(chosen) != 1:
            raise ValueError(f"{attribute} has {len(chosen)} values, one is needed")
        label = chosen[0]
    kind, points = _KINDS.get(str(drawn["name"]), _unknown)(drawn)
    return Shape(str(label).strip(), kind, checked_points(points))


def _polygon(drawn: Entries) -> tuple[str, Any]:
    return "polygon", list(zip(drawn["all_points_x"], drawn["all_points_y"], strict=True))


def _polyline(drawn: Entries) -> tuple[str, Any]:
    return "linestrip", _polygon(drawn)[1]


def _rect(drawn: Entries) -> tuple[str, Any]:
    left, top = float(drawn["x"]), float(drawn["y"])
    return "rectangle", [[left, top], [left + float(drawn["width"]), top + float(drawn["height"])]]


def _circle(drawn: Entries) -> tuple[str, Any]:
    x, y = float(drawn["cx"]), float(drawn["cy"])
    return "circle", [[x, y], [x + float(drawn["r"]), y]]


def _ellipse(drawn: Entries) -> tuple[str, Any]:
    return "ellipse", [[drawn["cx"], drawn["cy"]], [drawn["rx"], drawn["ry"]]]


def _point(drawn: Entries) -> tuple[str, Any]:
    return "point", [[drawn["cx"], drawn["cy"]]]


def _unknown(drawn: Entries) -> tuple[str, Any]:
    return str(drawn["name"]), [[0.0, 0.0]]


_KINDS = {
    "polygon": _polygon,
    "polyline": _polyline,
    "rect": _rect,
    "circle": _circle,
    "ellipse": _ellipse,
    "point": _point,
}
