"""Changes of pixels that are no motion of objects: light, leaves, sensor noise, compression, camera shake."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from seqseg.data.kinds.scenes.paths import log_uniform, smooth

BANK = 640


@dataclass(frozen=True)
class Waving:
    """Leaves and water: within `region` (h, w) of 0–1 the background is displaced by `field` (h, w, 2)."""

    region: np.ndarray
    field: np.ndarray
    waves: np.ndarray
    """(frames, 2): how far along the field, and along it turned by a right angle."""

    def at(self, background: np.ndarray, t: int) -> np.ndarray:
        along, aside = self.waves[t]
        push = self.field * along + self.field[..., ::-1] * np.array([aside, -aside], np.float32)
        rows, columns = np.mgrid[: background.shape[0], : background.shape[1]].astype(np.float32)
        push *= self.region[..., None]
        return cv2.remap(
            background, columns + push[..., 0], rows + push[..., 1], cv2.INTER_LINEAR, None, cv2.BORDER_REFLECT
        )


@dataclass(frozen=True)
class Sensor:
    """Noise that grows from about `sigma` with the light, JPEG of `quality` (frames,) or none, `shifts` (frames, 2)."""

    sigma: float
    soft: bool
    seed: int
    quality: np.ndarray | None
    shifts: np.ndarray | None
    grey: bool
    rain: int

    def frame(self, picture: np.ndarray, labels: np.ndarray, t: int) -> tuple[np.ndarray, np.ndarray]:
        """Float RGB of 0–255 and labels -> as a camera delivers them, uint8."""
        if self.shifts is not None:
            matrix = np.array([[1, 0, self.shifts[t, 0]], [0, 1, self.shifts[t, 1]]], np.float32)
            size = picture.shape[1::-1]
            picture = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REFLECT)
            labels = cv2.warpAffine(labels, matrix, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT)
        rng = np.random.default_rng([self.seed, t])
        if self.rain:
            picture = _rain(rng, picture, self.rain)
        picture = picture + self.sigma * np.sqrt(0.5 + np.clip(picture, 0, 255) / 255) * self._noise(rng, picture.shape)
        picture = np.clip(picture, 0, 255).astype(np.uint8)
        if self.grey:
            picture = np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
        if self.quality is not None:
            _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(self.quality[t])])
            picture = np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1])
        return picture, labels

    def _noise(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        bank = _noise_bank(self.soft)
        if shape[0] > BANK or shape[1] > BANK:
            return rng.standard_normal(shape, dtype=np.float32)
        top, left = rng.integers(0, BANK - shape[0] + 1), rng.integers(0, BANK - shape[1] + 1)
        return bank[top : top + shape[0], left : left + shape[1]]


@lru_cache
def _noise_bank(soft: bool) -> np.ndarray:
    noise = np.random.default_rng(5).standard_normal((BANK, BANK, 3), dtype=np.float32)
    return cv2.GaussianBlur(noise, (3, 3), 0.7) * 2 if soft else noise


def _rain(rng: np.random.Generator, picture: np.ndarray, strokes: int) -> np.ndarray:
    layer = np.zeros(picture.shape[:2], np.float32)
    places = rng.uniform(0, 1, (strokes, 2)) * picture.shape[1::-1]
    for right, down in places.astype(int):
        cv2.line(layer, (int(right), int(down)), (int(right) + 1, int(down) + 4), 0.5)
    return np.asarray(picture + layer[..., None] * (220 - picture))


def make_sensor(rng: np.random.Generator, frames: int) -> Sensor:
    """A camera of any quality."""
    quality = None
    if rng.uniform() < 0.65:
        quality = np.full(frames, rng.uniform(25, 92))
        every = int(rng.integers(8, 50))
        quality[int(rng.integers(every)) :: every] -= rng.uniform(-25, 40)
        quality = np.clip(quality, 12, 95)
    shifts = None
    if rng.uniform() < 0.2:
        shifts = smooth(rng.normal(0, 1, (frames, 2)), int(rng.choice([1, 3, 5]))) * log_uniform(rng, 0.15, 1.6)
    rain = int(rng.integers(20, 200)) if rng.uniform() < 0.04 else 0
    return Sensor(
        sigma=log_uniform(rng, 0.4, 7), soft=rng.uniform() < 0.4, seed=int(rng.integers(2**31)), quality=quality,
        shifts=shifts, grey=rng.uniform() < 0.15, rain=rain,
    )  # fmt: skip


def make_light(rng: np.random.Generator, frames: int, covered: np.ndarray) -> np.ndarray:
    """The logarithm of the light, (frames, 3) for red, green and blue; `covered` (frames,) is the share of things."""
    t = np.arange(frames)
    light = np.zeros((frames, 1)) + rng.normal(0, 0.1)
    tint = np.zeros((frames, 3))
    if rng.uniform() < 0.5:
        swing = rng.uniform(0, 0.006) * rng.uniform(20, 120)
        light[:, 0] += swing * np.sin(t / rng.uniform(20, 150) + rng.uniform(0, 6.3))
    if rng.uniform() < 0.12:
        step = 1 / (1 + np.exp(-(t - rng.uniform(0, frames)) / rng.uniform(0.1, 3)))
        light[:, 0] += rng.choice([-1, 1]) * rng.uniform(0.08, 0.45) * step
        tint += rng.normal(0, 0.05, 3) * step[:, None]
    if rng.uniform() < 0.12:
        light[:, 0] += rng.uniform(0.01, 0.06) * np.sin(t * rng.uniform(0.3, 3))
    if rng.uniform() < 0.25:
        light -= rng.uniform(0.2, 1.2) * smooth(covered[:, None], 9)
    return (light + tint).astype(np.float32)


def make_clouds(rng: np.random.Generator, frames: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray] | None:
    """A field (h, w, 1) of light and how strong it is in each frame, or None."""
    if rng.uniform() > 0.2:
        return None
    field = blobs(rng, size, cells=4)[..., None]
    return field, (rng.uniform(0.05, 0.3) * np.sin(np.arange(frames) / rng.uniform(10, 80) + rng.uniform(0, 6.3)))


def make_waving(rng: np.random.Generator, frames: int, size: tuple[int, int], *, strong: bool) -> Waving | None:
    """Leaves in a third of the scenes; `strong` ones everywhere and far."""
    if not strong and rng.uniform() > 0.25:
        return None
    region = np.clip(4 * (blobs(rng, size, cells=5) + (0.4 if strong else 0.1 * rng.normal())), 0, 1)
    cells = int(rng.integers(5, 24))
    field = np.dstack([blobs(rng, size, cells=cells) for _ in range(2)]) / 0.7
    t = np.arange(frames)
    speed = rng.uniform(0.1, 1.2, 2)
    waves = np.stack([np.sin(t * speed[0]) + 0.6 * np.sin(t * 2.3 * speed[0] + 1), np.sin(t * speed[1] + 2)], 1)
    waves *= smooth(rng.normal(0.7, 0.6, (frames, 1)), 15)  # gusts
    reach = rng.uniform(2, 6) if strong else log_uniform(rng, 0.7, 4)
    return Waving(region, field, (waves * reach).astype(np.float32))


def make_dapple(rng: np.random.Generator, frames: int, size: tuple[int, int], *, strong: bool) -> Waving | None:
    """The shadows of leaves: a pattern of light (drawn as a `Waving` of `blobs`) that sways."""
    if rng.uniform() > (0.3 if strong else 0.08):
        return None
    field = np.dstack([blobs(rng, size, cells=6) for _ in range(2)])
    waves = smooth(rng.normal(0, 1, (frames, 2)), 9) * rng.uniform(4, 14)
    return Waving(np.ones(size, np.float32), field, waves.astype(np.float32))


def dapple_pattern(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """The light (h, w) that passes through leaves."""
    depth = rng.uniform(0.15, 0.6)
    return 1 - depth * np.clip(3 * blobs(rng, size, cells=int(rng.integers(6, 16))) + 0.5, 0, 1)


def blobs(rng: np.random.Generator, size: tuple[int, int], *, cells: int) -> np.ndarray:
    """A smooth random map (h, w) of about -1 to 1."""
    coarse = rng.normal(0, 0.5, (cells, cells + 1)).astype(np.float32)
    return cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
