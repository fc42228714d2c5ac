"""One drawn shape and the pixels that it covers.

Two rules are in use. LabelMe draws with Pillow, outline included. COCO's tools, which CVAT, Label Studio, YOLO and VIA
exports go through, take the pixels of pycocotools. Ellipses become polygons of 72 points for the second.
"""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

LINE_WIDTH, POINT_SIZE = 10, 5  # LabelMe's own, in pixels
AREAS = ("polygon", "rectangle", "circle", "ellipse", "mask")
THIN = ("line", "linestrip", "point", "points")


@dataclasses.dataclass(frozen=True, eq=False)
class Shape:
    """One shape as it was drawn.

    Attributes:
        label: the class's name.
        kind: "polygon", "rectangle" (two corners, or four), "circle" (centre and a point on it), "ellipse" (centre and
            the two radii), "line", "linestrip", "point" or "mask".
        points: (k, 2) of x, y in pixels; of a mask, its upper left pixel.
        mask: bool (h, w), of kind "mask".
        order: shapes of a higher order are on top; equal ones in the order of the file.
        holes: polygons that are cut out.
    """

    label: str
    kind: str
    points: np.ndarray
    mask: np.ndarray | None = None
    order: int = 0
    holes: tuple[np.ndarray, ...] = ()


Rasteriser = Callable[[Shape, int, int], np.ndarray]
"""A shape, a height and a width -> the pixels it covers, bool (h, w)."""


def as_labelme(shape: Shape, height: int, width: int) -> np.ndarray:
    """As LabelMe's `shape_to_mask` draws it: Pillow, outlines included, lines 10 and points 5 pixels wide."""
    if shape.kind == "mask":
        return _placed(shape, height, width)
    from PIL import Image, ImageDraw

    image = Image.new("L", (width, height))
    draw = ImageDraw.Draw(image)
    points = [(float(x), float(y)) for x, y in shape.points]
    if shape.kind == "circle":
        (x, y), (edge_x, edge_y) = points
        radius = math.hypot(x - edge_x, y - edge_y)
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], outline=1, fill=1)
    elif shape.kind == "rectangle" and len(points) == 2:
        (x0, y0), (x1, y1) = points
        draw.rectangle([min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)], outline=1, fill=1)
    elif shape.kind in ("line", "linestrip"):
        draw.line(points, fill=1, width=LINE_WIDTH)
    elif shape.kind in ("point", "points"):
        for x, y in points:
            draw.ellipse([x - POINT_SIZE, y - POINT_SIZE, x + POINT_SIZE, y + POINT_SIZE], outline=1, fill=1)
    else:
        draw.polygon(points, outline=1, fill=1)
    return np.array(image, bool)


def as_coco(shape: Shape, height: int, width: int) -> np.ndarray:
    """As pycocotools paints the polygon of the shape; thin shapes cover nothing."""
    if shape.kind == "mask":
        return _placed(shape, height, width)
    if shape.kind in THIN:
        return np.zeros((height, width), bool)
    covered = _polygon(outline_of(shape), height, width)
    for hole in shape.holes:
        covered &= ~_polygon(hole, height, width)
    return covered


def outline_of(shape: Shape) -> np.ndarray:
    """The polygon (k, 2) of an area."""
    points = np.asarray(shape.points, float)
    if shape.kind == "rectangle" and len(points) == 2:
        (x0, y0), (x1, y1) = points
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    if shape.kind == "circle":
        radius = float(np.hypot(*(points[1] - points[0])))
        return ellipse_outline(points[0], (radius, radius))
    if shape.kind == "ellipse":
        return ellipse_outline(points[0], (float(points[1][0]), float(points[1][1])))
    return points


def ellipse_outline(centre: np.ndarray, radii: tuple[float, float], degrees: float = 0.0) -> np.ndarray:
    """72 points of an ellipse, turned clockwise as it is seen."""
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    points = np.stack([radii[0] * np.cos(angles), radii[1] * np.sin(angles)], axis=1)
    moved: np.ndarray = turned(points, degrees) + np.asarray(centre, float)
    return moved


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    """Points (k, 2) turned about the origin, clockwise as it is seen (y points down)."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y = points[:, 0], points[:, 1]
    return np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=1)


def _polygon(points: np.ndarray, height: int, width: int) -> np.ndarray:
    from pycocotools import mask  # slow to import, and few sets need it

    flat = np.asarray(points, float).ravel().tolist()
    return np.asarray(mask.decode(mask.frPyObjects([flat], height, width))[..., 0], bool)


def _placed(shape: Shape, height: int, width: int) -> np.ndarray:
    """A mask at its place, cropped to the picture."""
    whole = np.zeros((height, width), bool)
    mask = np.zeros((0, 0), bool) if shape.mask is None else shape.mask
    left, top = (round(float(side)) for side in shape.points[0])
    rows = slice(max(0, top), min(height, top + mask.shape[0]))
    columns = slice(max(0, left), min(width, left + mask.shape[1]))
    if rows.start < rows.stop and columns.start < columns.stop:
        whole[rows, columns] = mask[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return whole
