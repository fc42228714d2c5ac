"""One moving object of a scene: its look, its place in every frame, and the label of its pixels."""

from dataclasses import dataclass

import cv2
import numpy as np

STATIC, SHADOW, UNKNOWN, MOVING = 0, 50, 170, 255
"""As in changedetection.net."""


@dataclass(frozen=True)
class Actor:
    """A sprite on its way.

    Attributes:
        pictures: RGBA float32 premultiplied (h, w, 4), of which frame t shows one.
        phase: (t,) which.
        place: (t, 2) of the feet, the middle of its lower edge, right and down in pixels.
        size: (t, 3) the scale, and how much wider and how much more slanted it is.
        value: (t,) the label of its pixels; -1 where it is not there.
        shadow: how dark its shadow is in each channel, none for no shadow; `lean` and `length` say where it falls.
    """

    pictures: tuple[np.ndarray, ...]
    phase: np.ndarray
    place: np.ndarray
    size: np.ndarray
    value: np.ndarray
    shadow: tuple[float, ...] = ()
    lean: float = 0.0
    length: float = 0.0
    blur: float = 0.0

    def draw(self, canvas: np.ndarray, labels: np.ndarray, t: int) -> None:
        """Put it onto float32 RGB (h, w, 3) and its value onto labels (h, w)."""
        if self.value[t] < 0:
            return
        picture = self.pictures[self.phase[t]]
        matrix = self._matrix(picture, t)
        box = _box(matrix, picture.shape[:2], labels.shape, margin=3)
        if self.shadow:
            self._draw_shadow(canvas, labels, picture, matrix, t)
        if box is None:
            return
        layer = _warped(picture, matrix, box)
        layer = self._blurred(layer, t)
        alpha = layer[..., 3:]
        canvas[box] = canvas[box] * (1 - alpha) + layer[..., :3]
        part, alpha = labels[box], alpha[..., 0]
        part[alpha > 0.15] = UNKNOWN
        part[alpha > 0.6] = self.value[t]

    def _matrix(self, picture: np.ndarray, t: int) -> np.ndarray:
        """Pixels of the picture -> pixels of the canvas, as cv2 wants it (2, 3)."""
        (scale, wider, slant), (right, down) = self.size[t], self.place[t]
        height, width = picture.shape[:2]
        matrix = np.array([[scale * wider, -slant * scale, 0], [0, scale, 0]], np.float64)
        matrix[:, 2] = (right, down) - matrix[:, :2] @ (width / 2, height)
        return matrix

    def _draw_shadow(
        self, canvas: np.ndarray, labels: np.ndarray, picture: np.ndarray, matrix: np.ndarray, t: int
    ) -> None:
        """Darken the canvas by its shadow: its outline on the ground, blurred."""
        down = self.place[t][1]
        fall = np.array([[1, -self.lean], [0, -self.length]])
        shadow = np.empty((2, 3))
        relative = matrix[:, :2]
        shadow[:, :2] = np.array([[1, -fall[0, 1]], [0, -fall[1, 1]]]) @ relative
        shadow[:, 2] = np.array(self.place[t]) - shadow[:, :2] @ (picture.shape[1] / 2, picture.shape[0])
        box = _box(shadow, picture.shape[:2], labels.shape, margin=4)
        if box is None or down < -20:
            return
        alpha = _warped(np.ascontiguousarray(picture[..., 3:]), shadow, box)
        alpha = cv2.blur(alpha, (3, 3)) if self.blur < 1.5 else cv2.GaussianBlur(alpha, (7, 7), self.blur)
        canvas[box] *= 1 - np.asarray(self.shadow, np.float32) * alpha[..., None]
        part = labels[box]
        part[(alpha > 0.2) & (part == STATIC)] = SHADOW

    def _blurred(self, layer: np.ndarray, t: int) -> np.ndarray:
        """Motion blur along its path in half a frame."""
        before = self.place[max(t - 1, 0)]
        way = (self.place[t] - before) / 2
        length = int(np.hypot(*way))
        if length < 2 or self.value[max(t - 1, 0)] < 0:
            return layer
        length = min(length, 9)
        kernel = np.zeros((2 * (length // 2) + 1,) * 2, np.float32)
        middle = length // 2
        step = way / np.hypot(*way) * middle
        start, stop = (tuple(int(round(middle + sign * part)) for part in step) for sign in (-1, 1))
        cv2.line(kernel, start, stop, 1.0)
        return cv2.filter2D(layer, -1, kernel / kernel.sum(), borderType=cv2.BORDER_CONSTANT)


def _warped(picture: np.ndarray, matrix: np.ndarray, box: tuple[slice, slice]) -> np.ndarray:
    """The picture as it looks in a box of the canvas."""
    rows, columns = box
    matrix = matrix.copy()
    matrix[:, 2] -= (columns.start, rows.start)
    size = (columns.stop - columns.start, rows.stop - rows.start)
    shrink = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    if shrink < 0.6:  # without this a small object would sparkle
        factor = max(shrink * 1.2, 0.05)
        before = picture.shape
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        matrix[:, :2] *= np.array([before[1] / picture.shape[1], before[0] / picture.shape[0]])
    return cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def _box(
    matrix: np.ndarray, size: tuple[int, ...], limits: tuple[int, ...], *, margin: int
) -> tuple[slice, slice] | None:
    """Where a picture of `size` is on the canvas, as slices; None when it is outside."""
    height, width = size
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]) @ matrix.T
    left, top = np.floor(corners.min(axis=0)).astype(int) - margin
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + margin
    top, left, bottom, right = max(top, 0), max(left, 0), min(bottom, limits[0]), min(right, limits[1])
    return None if top >= bottom or left >= right else (slice(top, bottom), slice(left, right))
