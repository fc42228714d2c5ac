"""A synthetic sequence of a fixed camera; every frame is a function of its number."""

import cv2
import numpy as np

from seqseg.data.kinds.scenes.actors import STATIC
from seqseg.data.kinds.scenes.cast import KINDS, make_cast
from seqseg.data.kinds.scenes.foliage import planted
from seqseg.data.kinds.scenes.paths import log_uniform
from seqseg.data.kinds.scenes.stock import Stock
from seqseg.data.kinds.scenes.weather import (
    blobs,
    dapple_pattern,
    make_clouds,
    make_dapple,
    make_light,
    make_sensor,
    make_waving,
)

STRONG_WAVING = 0.12
"""Share of scenes in which leaves fill the picture; with fewer, a model takes leaves for crowds or foliage."""


class Scene:
    """Frames uint8 RGB (h, w, 3) and labels uint8 (h, w) in changedetection.net's values, 0, 50, 170 and 255.

    Args:
        stock: what it is drawn from.
        size: (height, width).
        frames: how many there are.
        seed: numbers; the same give the same scene.
        kind: one of `KINDS`; None draws one.

    Example:
        >>> stock = Stock(Textures(4, (240, 320)), Shapes())
        >>> picture, labels = Scene(stock, (128, 160), frames=60, seed=(0, 1)).render(30)
    """

    def __init__(
        self, stock: Stock, size: tuple[int, int], *, frames: int, seed: tuple[int, ...], kind: str | None = None
    ) -> None:
        rng = np.random.default_rng([*seed, 7])
        self.size, self.frames = size, frames
        draw = rng.uniform()
        self.kind = kind or _drawn(KINDS, draw)
        self.background = _view(rng, stock, size)
        self.cast = make_cast(rng, self.kind, stock, self.background, frames)
        strong = self.kind not in ("crowd", "foliage") and rng.uniform() < STRONG_WAVING
        if strong and rng.uniform() < 0.6:
            self.background = planted(rng, self.background)
        self.waving = make_waving(rng, frames, size, strong=strong)
        self.dapple = make_dapple(rng, frames, size, strong=strong)
        self.pattern = dapple_pattern(rng, size) if self.dapple else None
        self.front = _front(rng, size)
        self.light = make_light(rng, frames, self._covered())
        self.clouds = make_clouds(rng, frames, size)
        self.gamma = rng.uniform(0.8, 1.25)
        self.sensor = make_sensor(rng, frames)

    def render(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """Frame `t` and its labels."""
        behind = self.background
        if self.waving is not None:
            behind = self.waving.at(behind, t)
        canvas, labels = behind.copy(), np.full(self.size, STATIC, np.uint8)
        for actor in self.cast:
            actor.draw(canvas, labels, t)
        if self.front is not None:
            canvas += self.front[..., None] * (behind - canvas)
            labels[self.front > 0.5] = STATIC
        light = np.exp(self.light[t])
        if self.clouds is not None:
            field, strength = self.clouds
            light = light * np.exp(field * np.float32(strength[t]))
        if self.dapple is not None and self.pattern is not None:
            light = light * self.dapple.at(self.pattern, t)[..., None]
        return self.sensor.frame(canvas * light, labels, t)

    def _covered(self) -> np.ndarray:
        """(frames,) roughly what share of the picture things take."""
        covered = np.zeros(self.frames)
        for actor in self.cast:
            height, width = actor.pictures[0].shape[:2]
            inside = ((actor.place > 0) & (actor.place < (self.size[1], self.size[0] + height))).all(axis=1)
            covered += inside * (actor.value >= 0) * 0.6 * height * width * actor.size[:, 0] ** 2
        return np.minimum(covered / (self.size[0] * self.size[1]), 0.8)


def scene_length(rng: np.random.Generator) -> int:
    """45 to 600 frames."""
    return int(log_uniform(rng, 45, 600))


def _drawn(chances: dict[str, float], draw: float) -> str:
    for name, chance in chances.items():
        draw -= chance
        if draw < 0:
            return name
    return name


def _view(rng: np.random.Generator, stock: Stock, size: tuple[int, int]) -> np.ndarray:
    """A part of a picture, float32 (h, w, 3), sharp or less so, as a lens of any quality shows it."""
    picture = stock.backgrounds[int(rng.integers(len(stock.backgrounds)))]
    height, width = size
    cover = max(height / picture.shape[0], width / picture.shape[1])
    factor = max(cover * 1.001, min(rng.uniform(0.55, 1.3), 4 * cover))
    tall, wide = (int(np.ceil(side / factor)) for side in size)
    tall, wide = min(tall, picture.shape[0]), min(wide, picture.shape[1])
    top, left = (int(rng.integers(0, room + 1)) for room in (picture.shape[0] - tall, picture.shape[1] - wide))
    part = picture[top : top + tall, left : left + wide]
    part = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    if rng.uniform() < 0.5:
        part = part[:, ::-1]
    return np.ascontiguousarray(part, dtype=np.float32)


def _front(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray | None:
    """Posts and bushes that stand before everything, 0–1 (h, w), in an eighth of the scenes."""
    if rng.uniform() > 0.12:
        return None
    front = np.clip(6 * (blobs(rng, size, cells=4) - 0.5), 0, 1)
    for _ in range(int(rng.integers(0, 3))):
        left, wide = int(rng.integers(0, size[1])), int(rng.integers(2, 14))
        front[:, left : left + wide] = 1
    return front
