"""The material of scenes: background pictures and cut-out objects, from disk or synthetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from seqseg.data.sequences import LazySequence

SPRITE_SIDE = 144
"""Cut-outs are kept no larger than this."""


class Sprites(Protocol):
    """Objects to be drawn."""

    def draw(self, rng: np.random.Generator) -> Sequence[np.ndarray]:
        """One object as one or more RGBA pictures uint8 (h, w, 4), that follow each other in time."""


@dataclass(frozen=True)
class Stock:
    """Backgrounds uint8 RGB (h, w, 3), and objects."""

    backgrounds: Sequence[np.ndarray] | LazySequence[np.ndarray]
    sprites: Sprites


class Textures(LazySequence[np.ndarray]):
    """Made-up backgrounds, number k always the same: gradients, stripes, blobs and boxes."""

    def __init__(self, count: int, size: tuple[int, int]):
        self._count, self._size = count, size

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> np.ndarray:
        if not 0 <= index < self._count:
            raise IndexError(index)
        return texture(np.random.default_rng([index, 11]), self._size)


class Shapes:
    """Made-up objects: blobs, boxes and discs with a texture."""

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray]:
        """An object of one picture."""
        height, width = (int(side) for side in rng.integers(40, 120, 2))
        look = texture(rng, (height, width))
        return (np.dstack([look, _outline(rng, height, width)]),)


def texture(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """A picture (h, w, 3) with structure at all scales."""
    height, width = size
    picture = np.zeros((height, width, 3), np.float32)
    for cells, strength in ((2, 90), (5, 50), (13, 35), (40, 20)):
        coarse = rng.normal(0, strength, (cells, cells, 3)).astype(np.float32)
        coarse = coarse.mean(axis=2, keepdims=True) + 0.4 * (coarse - coarse.mean(axis=2, keepdims=True))
        picture += cv2.resize(coarse, (width, height), interpolation=int(rng.choice([0, 1, 2])))
    picture += rng.uniform(60, 190, 3).astype(np.float32)
    for _ in range(int(rng.integers(0, 12))):  # windows, posts, lines on a road
        top, left = rng.integers(0, height), rng.integers(0, width)
        tall, wide = 1 + rng.integers(0, max(2, height // 3)), 1 + rng.integers(0, max(2, width // 3))
        colour = rng.uniform(0, 255, 3).astype(np.float32)
        part = picture[top : top + tall, left : left + wide]
        part += rng.uniform(0.3, 1) * (colour - part)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _outline(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """An alpha (h, w) of a smooth closed curve, a box or an ellipse."""
    alpha = np.zeros((height, width), np.uint8)
    kind = rng.integers(3)
    if kind == 0:
        angles = np.arange(64) / 64 * 2 * np.pi
        waves = [rng.uniform(0, 0.3 / k) * np.cos(k * angles + rng.uniform(0, 6.3)) for k in range(2, 6)]
        radius = 0.7 + np.sum(waves, axis=0)
        radius = radius / radius.max()
        points = np.stack([width / 2 * (1 + radius * np.cos(angles)), height / 2 * (1 + radius * np.sin(angles))], 1)
        cv2.fillPoly(alpha, [points.astype(np.int32)], 255)
    elif kind == 1:
        edge = int(rng.integers(0, 6))
        alpha[edge : height - edge, 2 : width - 2] = 255
    else:
        cv2.ellipse(alpha, (width // 2, height // 2), (width // 2 - 1, height // 2 - 1), 0, 0, 360, 255, -1)
    return alpha


def cut_outs(frame: np.ndarray, mask: np.ndarray, *, least: int = 700, void: int = 255) -> list[np.ndarray]:
    """The objects of a labelled picture as RGBA, each connected part of a class at least `least` pixels large.

    Tiny or thin parts, and those that fill most of the picture, are no objects; void rims are left out of the alpha.
    """
    found = []
    for label in np.unique(mask):
        if label in (0, void):
            continue
        count, parts, figures, _ = cv2.connectedComponentsWithStats((mask == label).astype(np.uint8))
        for part in range(1, count):
            left, top, wide, tall, area = figures[part]
            if area < least or min(wide, tall) < 16 or area > 0.7 * mask.size or area < 0.2 * wide * tall:
                continue
            box = np.s_[top : top + tall, left : left + wide]
            found.append(small(np.dstack([frame[box], 255 * (parts[box] == part).astype(np.uint8)])))
    return found


def small(rgba: np.ndarray) -> np.ndarray:
    """A cut-out no larger than `SPRITE_SIDE`, with a transparent rim of a pixel and soft edges."""
    factor = min(1.0, SPRITE_SIDE / max(rgba.shape[:2]))
    if factor < 1:
        rgba = cv2.resize(rgba, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    bordered = np.asarray(cv2.copyMakeBorder(rgba, 1, 1, 1, 1, cv2.BORDER_REPLICATE))
    return np.asarray(bordered * _inside(*bordered.shape[:2]))


def _inside(height: int, width: int) -> np.ndarray:
    keep = np.ones((height, width, 4), np.uint8)
    keep[[0, -1], :, 3] = 0
    keep[:, [0, -1], 3] = 0
    return keep
