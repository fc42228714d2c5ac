"""One geometric change of image and mask: shift, zoom, rotation, shear, mirror, perspective and elastic together.

Each pixel is sampled once: images linearly, continued by reflection; masks from the nearest pixel, void outside.
Coordinates are (x, y) from the centre of the first pixel.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from seqseg.data.void import VOID

_BACKWARD = cv2.WARP_INVERSE_MAP  # matrices map the output to the source
_AT_ONCE = 4  # channels: as many as cv2 has border values for


@dataclass(frozen=True)
class Warp:
    """Where each pixel of an output of `size` (height, width) comes from.

    An output pixel (x, y) is moved by `displacement[y, x]`, if there is one, and then by `matrix`.

    Args:
        matrix: homography (3, 3) from output (x, y, 1) to source; affine where its last row is 0 0 1.
        size: (height, width) of the output.
        displacement: float32 (h, w, 2), pixels in x and y, or None.

    Example:
        >>> half_a_picture_further = np.array([[1, 0, 3], [0, 1, 0], [0, 0, 1.0]])
        >>> Warp(half_a_picture_further, (1, 6)).mask(np.arange(6, dtype=np.uint8)[None])
        array([[  3,   4,   5, 255, 255, 255]], dtype=uint8)
    """

    matrix: np.ndarray
    size: tuple[int, int]
    displacement: np.ndarray | None = field(default=None, repr=False)

    def frame(self, frame: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Frame uint8 (h, w, 3) -> the same moved, written into `out` if given."""
        return self._sampled(frame, out, cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101, 0)

    def mask(self, mask: np.ndarray, out: np.ndarray | None = None, *, void: int | np.ndarray = VOID) -> np.ndarray:
        """Mask uint8 (h, w), or bit planes (h, w, k) with `void` uint8 (k,), moved by the nearest pixel."""
        if mask.ndim == 2:
            return self._nearest(mask, out, int(void))
        out = np.empty((*self.size, mask.shape[2]), np.uint8) if out is None else out
        borders = np.broadcast_to(np.asarray(void, np.uint8), mask.shape[2])
        for first in range(0, mask.shape[2], _AT_ONCE):
            # The last part is filled up with copies: cv2 rounds two channels differently from one, three or four.
            part = np.minimum(np.arange(first, first + _AT_ONCE), mask.shape[2] - 1)
            moved = self._nearest(np.ascontiguousarray(mask[..., part]), None, borders[part].tolist())
            out[..., first : first + _AT_ONCE] = moved[..., : mask.shape[2] - first]
        return out

    def to_source(self, x: float, y: float) -> np.ndarray:
        """The source (x, y) of the output pixel (x, y), whole numbers."""
        moved = np.zeros(2) if self.displacement is None else self.displacement[int(y), int(x)]
        return project(self.matrix, np.array([x, y]) + moved)

    def showing(self, x: int, y: int) -> "Warp":
        """The same, shifted so little that source pixel (x, y) falls exactly onto an output pixel."""
        height, width = self.size
        place = np.rint(project(np.linalg.inv(self.matrix), np.array([x, y])))
        place = np.clip(place, 0, (width - 1, height - 1))
        return Warp(translation(np.array([x, y]) - self.to_source(*place)) @ self.matrix, self.size, self.displacement)

    def after(self, move: np.ndarray) -> "Warp":
        """The same for an output whose pixels are first moved by the affine matrix `move` (3, 3)."""
        displacement = self.displacement
        if displacement is not None:  # it belongs to the place where a pixel is then, and continues from there
            how = cv2.INTER_LINEAR | _BACKWARD
            moved = cv2.warpAffine(displacement, move[:2], self.size[::-1], flags=how, borderMode=cv2.BORDER_REFLECT)
            displacement = np.asarray(moved @ np.linalg.inv(move[:2, :2]).T, np.float32)
        return Warp(self.matrix @ move, self.size, displacement)

    def _nearest(self, mask: np.ndarray, out: np.ndarray | None, void: int | list[int]) -> np.ndarray:
        return self._sampled(mask, out, cv2.INTER_NEAREST, cv2.BORDER_CONSTANT, void)

    def _sampled(
        self, image: np.ndarray, out: np.ndarray | None, how: int, border: int, value: int | list[int]
    ) -> np.ndarray:
        """The image sampled once, with the border `value` outside."""
        values = [value] * 4 if isinstance(value, int) else value
        if self._maps is not None:
            maps = self._maps[int(how == cv2.INTER_NEAREST)]
            return cv2.remap(image, *maps, how, dst=out, borderMode=border, borderValue=values)
        size, flags = self.size[::-1], how | _BACKWARD
        if np.array_equal(self.matrix[2], (0, 0, 1)):
            return cv2.warpAffine(image, self.matrix[:2], size, out, flags, border, values)
        return cv2.warpPerspective(image, self.matrix, size, out, flags, border, values)

    @cached_property
    def _maps(self) -> list[tuple[np.ndarray, np.ndarray]] | None:
        """cv2's maps for linear and for nearest sampling; None without a displacement."""
        if self.displacement is None:
            return None
        height, width = self.size
        grid = np.dstack(np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)))
        places = cv2.perspectiveTransform(grid + self.displacement, self.matrix)
        x, y = places[..., 0], places[..., 1]
        return [cv2.convertMaps(x, y, cv2.CV_16SC2, nninterpolation=nearest) for nearest in (False, True)]


def affine(
    centre: Sequence[float], size: tuple[int, int], *, zoom: float = 1.0, angle: float = 0.0,
    shear: Sequence[float] = (0.0, 0.0), mirrored: tuple[bool, bool] = (False, False),
) -> np.ndarray:  # fmt: skip
    """Matrix (3, 3) from an output of `size` (height, width) to the source around `centre` (y, x), in pixel edges.

    `angle` and `shear` (x, y) are radians; `mirrored` is (left and right, top and bottom).
    """
    cosine, sine = math.cos(angle) / zoom, math.sin(angle) / zoom
    slant = np.array([[1, math.tan(shear[0])], [math.tan(shear[1]), 1]])
    turn = np.array([[cosine, -sine], [sine, cosine]]) @ slant @ np.diag([-1.0 if one else 1.0 for one in mirrored])
    middle_out = np.array([size[1], size[0]]) / 2 - 0.5
    middle_in = np.array([centre[1], centre[0]]) - 0.5
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = turn, middle_in - turn @ middle_out
    return matrix


def perspective(moves: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Homography (3, 3) that moves the corners of `size` by `moves` (4, 2), fractions of width and height."""
    height, width = size
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float32)
    return cv2.getPerspectiveTransform(corners, corners + (moves * (width, height)).astype(np.float32))


def elastic_displacement(
    rng: np.random.Generator, size: tuple[int, int], *, deviation: float, smoothness: float
) -> np.ndarray:
    """Random smooth displacement float32 (h, w, 2) (Simard et al. 2003), both in pixels.

    Noise smoothed by a Gaussian of sigma `smoothness`, scaled to mean 0 and standard deviation `deviation` in x and in
    y. With `deviation` below a third of `smoothness` almost nothing folds.
    """
    # A smooth field has few degrees of freedom: the noise is drawn and smoothed on a coarse grid.
    coarse = max(1.0, smoothness / 4)
    height, width = (max(2, math.ceil(side / coarse) + 1) for side in size)
    noise = rng.standard_normal((height, width, 2))
    smooth = cv2.GaussianBlur(noise, (0, 0), smoothness / coarse, borderType=cv2.BORDER_REFLECT)
    field_ = cv2.resize(smooth, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    mean, spread = field_.mean((0, 1)), field_.std((0, 1))
    return np.asarray((field_ - mean) * (deviation / np.maximum(spread, np.finfo(float).tiny)), np.float32)


def project(matrix: np.ndarray, point: np.ndarray) -> np.ndarray:
    """The point (x, y) moved by the homography `matrix` (3, 3)."""
    moved = matrix @ np.array([point[0], point[1], 1.0])
    return np.asarray(moved[:2] / moved[2])


def translation(move: np.ndarray) -> np.ndarray:
    """Matrix (3, 3) that moves by (x, y)."""
    matrix = np.eye(3)
    matrix[:2, 2] = move
    return matrix
