"""Outlines of regions as polygons, simplified to a stated error."""

from typing import NamedTuple

import cv2
import numpy as np

RIGHT, DOWN, LEFT, UP = range(4)
STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))


class Outline(NamedTuple):
    """A polygon (k, 2) of x, y, and the polygons that are cut out of it."""

    outer: np.ndarray
    holes: tuple[np.ndarray, ...] = ()


class Layer(NamedTuple):
    """A polygon (k, 2) that is painted with its class, or with background where it is a hole."""

    ring: np.ndarray
    hole: bool


def along_edges(pixels: np.ndarray, error: float) -> list[Outline]:
    """Outlines along the pixels' edges, as pycocotools, CVAT and YOLO take them: pixel 3 reaches from 3 to 4.

    Args:
        pixels: (h, w) bool.
        error: no corner of the exact outline is further than this many pixels from the polygon. 0 is exact.

    Returns:
        one outline for each part that holds together by pixels' sides.

    >>> along_edges(np.ones((2, 3), bool), 0)[0].outer.tolist()
    [[0, 0], [3, 0], [3, 2], [0, 2]]
    """
    pixels = np.asarray(pixels, bool)
    parts = cv2.connectedComponents(pixels.astype(np.uint8), connectivity=4)[1]
    outers: dict[int, np.ndarray] = {}
    holes: dict[int, list[np.ndarray]] = {}
    for ring, (x, y) in _rings(pixels):
        part = int(parts[y, x])
        if _signed_area(ring) > 0:
            outers[part] = simplified(ring, error)
        else:
            holes.setdefault(part, []).append(simplified(ring, error))
    return [Outline(outer, tuple(holes.get(part, ()))) for part, outer in sorted(outers.items())]


def through_centres(pixels: np.ndarray, error: float) -> list[Layer]:
    """Polygons through the centres of the outermost pixels, as LabelMe paints them: its outline belongs to the shape.

    They are to be painted one over the other; error: as for `along_edges`.

    >>> [(layer.ring.tolist(), layer.hole) for layer in through_centres(np.ones((2, 3), bool), 0)]
    [([[0, 0], [0, 1], [2, 1], [2, 0]], False)]
    """
    return _layers(np.asarray(pixels, bool), error, hole=False)


def _layers(pixels: np.ndarray, error: float, *, hole: bool) -> list[Layer]:
    layers = []
    for outer in _contours(pixels, connectivity=8 if hole else 4):
        layers.append(Layer(simplified(outer, error), hole))
        covered = cv2.drawContours(np.zeros(pixels.shape, np.uint8), [outer[:, None]], -1, 1, cv2.FILLED) > 0
        missing = covered & ~pixels
        if missing.any():
            layers += _layers(missing, error, hole=not hole)
    return layers


def with_keyholes(outline: Outline) -> np.ndarray:
    """One polygon (k, 2) for an outline with holes: each is joined by a cut of no width.

    >>> square = np.array([[0, 0], [9, 0], [9, 9], [0, 9]])
    >>> with_keyholes(Outline(square, (np.array([[4, 4], [4, 5], [5, 5]]),))).tolist()[:3]
    [[0, 0], [4, 4], [4, 5]]
    """
    ring = np.asarray(outline.outer, float)
    for hole in outline.holes:
        distances = np.linalg.norm(ring[:, None] - hole[None], axis=2)
        here, there = np.unravel_index(int(np.argmin(distances)), distances.shape)
        around = np.roll(hole, -int(there), axis=0)
        ring = np.concatenate([ring[: here + 1], around, around[:1], ring[here:]])
    return ring


def simplified(ring: np.ndarray, error: float) -> np.ndarray:
    """A closed polygon (k, 2) with fewer points, none of the left out further than `error` from it (Douglas-Peucker).

    At least three points stay.
    """
    if error <= 0 or len(ring) <= 3:
        return ring
    far = int(np.argmax(np.linalg.norm(ring - ring[0], axis=1)))
    closed = np.concatenate([ring, ring[:1]])
    keep = np.zeros(len(closed), bool)
    keep[[0, far]] = True
    spans = [(0, far), (far, len(ring))]
    while spans:
        start, stop = spans.pop()
        if stop - start < 2:
            continue
        distances = _distances(closed[start + 1 : stop], closed[start], closed[stop])
        middle = start + 1 + int(np.argmax(distances))
        if distances[middle - start - 1] > error:
            keep[middle] = True
            spans += [(start, middle), (middle, stop)]
    kept = ring[keep[:-1]]
    return kept if len(kept) >= 3 else _three_points(ring, keep[:-1])


def _three_points(ring: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """With the point that is furthest from the line of the two that were kept."""
    one, other = np.flatnonzero(keep)[[0, -1]]
    keep[int(np.argmax(_distances(ring, ring[one], ring[other])))] = True
    return ring[keep] if keep.sum() >= 3 else ring


def _distances(points: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Of points (k, 2) from a line's part."""
    along = (stop - start).astype(float)
    length = float(along @ along)
    shares = np.zeros(len(points)) if length == 0 else np.clip((points - start) @ along / length, 0, 1)
    distances: np.ndarray = np.linalg.norm(points - (start + shares[:, None] * along), axis=1)
    return distances


def _rings(pixels: np.ndarray) -> list[tuple[np.ndarray, tuple[int, int]]]:
    """Closed walks along edges, the region on the right hand, and a pixel of the region beside each.

    Where two pixels meet at a corner the walk stays with its pixel.
    """
    there = np.pad(pixels, 1)
    inner = there[1:-1, 1:-1]
    bare = (there[:-2, 1:-1], there[1:-1, 2:], there[2:, 1:-1], there[1:-1, :-2])  # above, right, below, left
    corner = ((0, 0), (1, 0), (1, 1), (0, 1))  # of the pixel, where its edge begins
    edges: dict[tuple[int, int], dict[int, tuple[int, int]]] = {}
    for direction in (RIGHT, DOWN, LEFT, UP):
        rows, columns = np.nonzero(inner & ~bare[direction])
        dx, dy = corner[direction]
        for x, y in zip(columns.tolist(), rows.tolist(), strict=True):
            edges.setdefault((x + dx, y + dy), {})[direction] = (x, y)
    rings = []
    while edges:
        place, ways = next(iter(edges.items()))
        rings.append(_walk(edges, place, next(iter(ways))))
    return rings


def _walk(
    edges: dict[tuple[int, int], dict[int, tuple[int, int]]], start: tuple[int, int], direction: int
) -> tuple[np.ndarray, tuple[int, int]]:
    pixel, begun = edges[start][direction], direction
    place, corners = start, [start]
    while True:
        ways = edges[place]
        del ways[direction]
        if not ways:
            del edges[place]
        place = place[0] + STEPS[direction][0], place[1] + STEPS[direction][1]
        if place == start and begun not in edges.get(place, {}) and not _goes_on(edges, place, direction):
            break
        turn = next(way for way in ((direction + 1) % 4, direction, (direction + 3) % 4) if way in edges[place])
        if turn != direction:
            corners.append(place)
        direction = turn
    if begun == direction:  # it began in the middle of a side
        corners = corners[1:]
    return np.array(corners, np.int32), pixel


def _goes_on(edges: dict[tuple[int, int], dict[int, tuple[int, int]]], place: tuple[int, int], direction: int) -> bool:
    """Whether the walk passes its start at a corner where two pixels meet, and has not closed yet."""
    return (direction + 1) % 4 in edges.get(place, {})


def _contours(pixels: np.ndarray, connectivity: int = 8) -> list[np.ndarray]:
    """Contours (k, 2) through the outermost pixels of each part."""
    picture = np.asarray(pixels, np.uint8)
    count, parts = cv2.connectedComponents(picture, connectivity=connectivity)
    found = []
    for part in range(1, count):
        contours, _ = cv2.findContours((parts == part).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        points = contours[0][:, 0]
        found.append(np.concatenate([points, np.repeat(points[-1:], max(0, 3 - len(points)), axis=0)]))
    return found


def _signed_area(ring: np.ndarray) -> float:
    x, y = ring[:, 0].astype(float), ring[:, 1].astype(float)
    return float(x @ np.roll(y, -1) - np.roll(x, -1) @ y) / 2
