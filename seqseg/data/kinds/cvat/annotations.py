"""CVAT's XML 1.1, of images and of videos. Entities are refused, so that a small file cannot become a large one."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.data.drawn.sets import checked_points
from seqseg.data.drawn.shapes import Shape, ellipse_outline, turned
from seqseg.data.files.whole_file import read_whole
from seqseg.data.left_out import LeftOut
from seqseg.errors import DataError

Element = Any  # of xml.etree, which defusedxml parses into
OTHERS = ("skeleton", "cuboid", "tag")  # cover no area


@dataclasses.dataclass(frozen=True, eq=False)
class CvatImage:
    """An image's name, size (height, width) and shapes."""

    name: str
    size: tuple[int, int]
    shapes: tuple[Shape, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Track:
    """One object through a video: its shape at some frames; None from where it is outside."""

    keys: tuple[tuple[int, Shape | None], ...]

    def at(self, frame: int) -> Shape | None:
        """Its shape at a frame, between two keyframes on straight lines."""
        before = [(index, shape) for index, shape in self.keys if index <= frame]
        if not before:
            return None
        (here, shape), after = before[-1], [key for key in self.keys if key[0] > frame]
        if shape is None or here == frame or not after:
            return shape
        there, target = after[0]
        if target is None or not _alike(shape, target):
            return shape
        share = (frame - here) / (there - here)
        return dataclasses.replace(shape, points=(1 - share) * shape.points + share * target.points)


def _alike(here: Shape, there: Shape) -> bool:
    return here.kind == there.kind != "mask" and here.points.shape == there.points.shape


@dataclasses.dataclass(frozen=True, eq=False)
class CvatFile:
    """What one annotations.xml holds; `size` (height, width) is that of a video."""

    labels: tuple[str, ...]
    images: tuple[CvatImage, ...]
    tracks: tuple[Track, ...]
    size: tuple[int, int] | None
    name: str | None


def read_cvat(file: Path, left_out: LeftOut) -> CvatFile:
    """Read annotations.xml; shapes that cannot be read are reported one by one.

    Raises:
        DataError: no XML, XML with entities, or not CVAT's.
    """
    import defusedxml
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(read_whole(file))
    except (ParseError, ValueError) as error:
        if isinstance(error, defusedxml.DefusedXmlException):
            raise DataError(f"{file} declares entities, which no export of CVAT does; it is not read") from None
        raise DataError(f"{file} is no XML ({error}); export it from CVAT again") from None
    if root.tag != "annotations":
        raise DataError(f"{file} is XML of <{root.tag}>, not CVAT's <annotations>; export it as CVAT for images")
    labels = tuple(dict.fromkeys(name.text.strip() for name in root.findall("./meta//labels/label/name") if name.text))
    images = tuple(_image(one, file, left_out) for one in root.findall("image"))
    tracks = tuple(_track(one, file, left_out) for one in root.findall("track"))
    source = root.findtext("./meta//source") or root.findtext("./meta//name")
    return CvatFile(labels, images, tracks, _original_size(root), source)


def _original_size(root: Element) -> tuple[int, int] | None:
    place = root.find("./meta//original_size")
    if place is None:
        return None
    try:
        return int(place.findtext("height")), int(place.findtext("width"))
    except (TypeError, ValueError):
        return None


def _image(element: Element, file: Path, left_out: LeftOut) -> CvatImage:
    name = element.get("name", "")
    try:
        size = int(element.attrib["height"]), int(element.attrib["width"])
    except (KeyError, ValueError):
        raise DataError(f"{file}: image {name!r} has no width and height; export it again") from None
    shapes = [shape for one in element if (shape := _readable(one, one.get("label"), f"{file}, {name}", left_out))]
    return CvatImage(name, size, tuple(shapes))


def _track(element: Element, file: Path, left_out: LeftOut) -> Track:
    keys: list[tuple[int, Shape | None]] = []
    for one in element:
        where = f"{file}, track {element.get('id')}"
        try:
            index = int(one.attrib["frame"])
        except (KeyError, ValueError):
            left_out.add(DataError(f"{where}: a {one.tag} names no frame; export it again"))
            continue
        outside = one.get("outside") == "1"
        shape = None if outside else _readable(one, element.get("label"), f"{where}, frame {index}", left_out)
        if outside or shape is not None:
            keys.append((index, shape))
    return Track(tuple(sorted(keys, key=lambda key: key[0])))


def _readable(element: Element, label: str | None, where: str, left_out: LeftOut) -> Shape | None:
    if element.tag in ("attribute",):
        return None
    if element.tag in OTHERS or element.tag not in _READERS:
        if element.tag != "tag":  # a tag is of the whole image
            left_out.add(DataError(f"{where}: a {element.tag} of {label!r} covers no area; draw a polygon instead"))
        return None
    try:
        kind, points, mask = _READERS[element.tag](element)
        order = int(element.get("z_order", "0"))
    except (KeyError, ValueError, OverflowError) as error:
        left_out.add(DataError(f"{where}: a {element.tag} of {label!r} cannot be read ({error}); draw it again"))
        return None
    return Shape(str(label), kind, points, mask, order)


Read = tuple[str, np.ndarray, np.ndarray | None]


def _numbers(element: Element, *names: str) -> Iterator[float]:
    for name in names:
        yield float(element.attrib[name])


def _polygon(element: Element) -> Read:
    return "polygon", _points(element), None


def _polyline(element: Element) -> Read:
    return "linestrip", _points(element), None


def _dots(element: Element) -> Read:
    return "points", _points(element), None


def _points(element: Element) -> np.ndarray:
    return checked_points([pair.split(",") for pair in element.attrib["points"].split(";") if pair])


def _box(element: Element) -> Read:
    left, top, right, bottom = _numbers(element, "xtl", "ytl", "xbr", "ybr")
    corners = checked_points([[left, top], [right, top], [right, bottom], [left, bottom]])
    degrees = float(element.get("rotation", "0"))
    if degrees:
        centre = corners.mean(axis=0)
        corners = turned(corners - centre, degrees) + centre
    return "polygon", corners, None


def _ellipse(element: Element) -> Read:
    x, y, radius_x, radius_y = _numbers(element, "cx", "cy", "rx", "ry")
    outline = ellipse_outline(np.array([x, y]), (radius_x, radius_y), float(element.get("rotation", "0")))
    return "polygon", checked_points(outline), None


def _mask(element: Element) -> Read:
    """Run lengths row by row inside a box, the first of them off."""
    left, top, width, height = (int(float(element.attrib[name])) for name in ("left", "top", "width", "height"))
    lengths = [int(part) for part in element.attrib["rle"].split(",")]
    if not 0 < width * height <= 1 << 28 or min(lengths) < 0 or sum(lengths) != width * height:
        raise ValueError(f"its run lengths do not cover {width}x{height} pixels")
    on = np.arange(len(lengths)) % 2 == 1
    return "mask", checked_points([[left, top]]), np.repeat(on, lengths).reshape(height, width)


_READERS: dict[str, Callable[[Element], Read]] = {
    "polygon": _polygon,
    "polyline": _polyline,
    "points": _dots,
    "box": _box,
    "ellipse": _ellipse,
    "mask": _mask,
}
