"""Leaves: moving objects in front of the camera, and swaying parts of the background."""

import colorsys

import cv2
import numpy as np

from seqseg.data.kinds.scenes.paths import log_uniform, smooth

SIDE = 120


def leaves(rng: np.random.Generator) -> np.ndarray:
    """A branch as RGBA uint8 (h, w, 4): 20 to 160 leaves of about one colour, with gaps between them."""
    hue = rng.uniform(0.17, 0.42) if rng.uniform() < 0.7 else rng.uniform()
    base = 255 * np.array(colorsys.hsv_to_rgb(hue, rng.uniform(0.1, 0.8), rng.uniform(0.15, 0.9)))
    picture = np.zeros((SIDE, SIDE, 4), np.float32)
    picture[..., :3] = base
    middle, spread, long = rng.uniform(0.35, 0.65, 2) * SIDE, rng.uniform(0.12, 0.3) * SIDE, log_uniform(rng, 3, 16)
    leaning, contrast = rng.uniform(0, 180), rng.uniform(0.1, 0.5)
    for _ in range(int(log_uniform(rng, 20, 160))):
        place = rng.normal(middle, spread)
        axes = long * rng.uniform(0.6, 1.3), long * rng.uniform(0.2, 0.6)
        shade = np.clip(base * np.exp(rng.normal(0, contrast)) + rng.normal(0, 8, 3), 0, 255)
        angle = leaning + rng.normal(0, 40)
        cv2.ellipse(picture, (tuple(place), tuple(2 * np.array(axes)), angle), (*shade, 255.0), -1)
    picture[[0, -1], :, 3] = 0
    picture[:, [0, -1], 3] = 0
    picture[..., 3] = cv2.GaussianBlur(picture[..., 3], (3, 3), 0.7)
    return picture.astype(np.uint8)


def premultiplied(rgba: np.ndarray) -> np.ndarray:
    """RGBA uint8 -> float32, colours of 0–255 times alpha, alpha of 0–1."""
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return np.dstack([rgba[..., :3] * alpha, alpha])


def wind(rng: np.random.Generator, frames: int) -> np.ndarray:
    """How far (frames, 2) it pushes, right and down in pixels: gusts, and calm between them in half of the scenes."""
    t = np.arange(frames)
    beat = rng.uniform(0.05, 0.5)
    swing = np.stack([np.sin(t * beat) + 0.5 * np.sin(2.3 * t * beat + 1), 0.5 * np.sin(1.3 * t * beat + 2)], axis=1)
    strength = smooth(rng.normal(0, 1, (frames, 1)), 25) * 5
    strength = np.clip(strength + rng.uniform(0.2, 1.2), 0, 2) if rng.uniform() < 0.5 else 0.6 + np.abs(strength)
    return np.asarray(swing * strength * log_uniform(rng, 3, 25))


def planted(rng: np.random.Generator, background: np.ndarray) -> np.ndarray:
    """A background (h, w, 3) that leaves are part of."""
    canvas = background.copy()
    height, width = canvas.shape[:2]
    for _ in range(int(rng.integers(3, 14))):
        side = int(rng.uniform(0.3, 1.0) * height) + 2
        branch = cv2.resize(premultiplied(leaves(rng)), (side, side), interpolation=cv2.INTER_AREA)
        top, left = int(rng.integers(-side // 2, height)), int(rng.integers(-side // 2, width))
        rows, columns = (
            slice(max(start, 0), min(start + side, room)) for start, room in ((top, height), (left, width))
        )
        part = branch[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        if part.size:
            canvas[rows, columns] = canvas[rows, columns] * (1 - part[..., 3:]) + part[..., :3]
    return canvas
