"""The objects of a scene: the kinds of scenes and the actors of each."""

from typing import TypedDict

import cv2
import numpy as np

from seqseg.data.kinds.scenes.actors import MOVING, STATIC, UNKNOWN, Actor
from seqseg.data.kinds.scenes.foliage import leaves, premultiplied, wind
from seqseg.data.kinds.scenes.paths import log_uniform, path, smooth, speeds
from seqseg.data.kinds.scenes.stock import Stock

KINDS = {"still": 0.07, "leaving": 0.30, "cluttered": 0.17, "crowd": 0.05, "foliage": 0.05, "empty": 0.36}
"""How often a scene is of which kind.

In `still` nothing moves. In `leaving` objects present from the first frame leave; the uncovered background must not
become a ghost. In `cluttered` objects move from the first frame on, in a `crowd` they fill most of the picture, and in
`foliage` leaves close to the camera do. In `empty` the scene starts without any.
"""
ABSORBED = (200, 400)
"""Frames after which something put down is no longer surely moving, and then background."""
LARGE_GHOSTS = 0.35
"""Share of what leaves that takes half of the picture's height or more."""


def make_cast(rng: np.random.Generator, kind: str, stock: Stock, background: np.ndarray, frames: int) -> list[Actor]:
    """The actors of a scene in front of `background` (h, w, 3), those farther up first."""
    make = _Maker(rng, stock, background, frames)
    actors = []
    if kind == "leaving":
        actors += [make.leaving() for _ in range(1 + int(rng.geometric(0.6)) // 2)]
    if kind == "cluttered":
        actors += [make.loiterer() for _ in range(int(rng.integers(1, 5)))]
    if kind == "crowd":
        large = make.leaf if rng.uniform() < 0.5 else make.giant
        actors += [large() for _ in range(int(rng.integers(6, 16)))]
    if kind == "foliage":
        actors += [make.branch() for _ in range(int(rng.integers(6, 24)))]
        actors += [make.loiterer() for _ in range(int(rng.integers(0, 3)))]
    if kind == "empty":
        actors += [make.passer(first=13) for _ in range(min(8, int(rng.geometric(0.4))))]
        if rng.uniform() < 0.08:
            actors.append(make.passer(first=13, height=rng.uniform(0.8, 1.6) * background.shape[0]))
    elif kind in ("leaving", "cluttered"):
        actors += [make.passer(first=0) for _ in range(int(rng.geometric(0.5)) - 1)]
    if kind != "still" and rng.uniform() < 0.12:
        actors.append(make.put_down())
    return sorted(actors, key=lambda actor: actor.place[:, 1].mean())


class _Shadow(TypedDict, total=False):
    """How the shadows of a scene fall; empty for none."""

    shadow: tuple[float, ...]
    lean: float
    length: float
    blur: float


class _Maker:
    """Draws actors for one scene; shadows fall the same way for all."""

    def __init__(self, rng: np.random.Generator, stock: Stock, background: np.ndarray, frames: int) -> None:
        self.rng, self.stock, self.background, self.frames = rng, stock, background, frames
        self.shadow: _Shadow = {}
        if rng.uniform() < 0.65:
            # The sky still lights what the sun does not reach: a shadow is a little blue.
            dark = rng.uniform(0.1, 0.7) * (1 + rng.uniform(-0.02, 0.18) * np.array([0.7, 0, -1]))
            self.shadow = {
                "shadow": tuple(float(part) for part in dark), "lean": float(np.clip(rng.normal(0, 1.4), -4, 4)),
                "length": rng.uniform(-0.5, 0.5), "blur": rng.uniform(0, 3),
            }  # fmt: skip
        self.wind: np.ndarray | None = None
        self.common = log_uniform(rng, 12, 60)  # things in one view are about as large
        self.size = background.shape[:2]

    def passer(self, *, first: int, height: float | None = None) -> Actor:
        """Enters over an edge at some time and moves on, with stops."""
        begins = int(self.rng.integers(first, max(first + 1, int(0.7 * self.frames))))
        height = height or self._height()
        tall, wide = self.size
        start = np.array([self.rng.choice([-0.5 * height, wide + 0.5 * height]), self._ground(height)])
        if self.rng.uniform() < 0.2:  # from below or from above
            start = np.array([self.rng.uniform(0, wide), self.rng.choice([-2, tall + height])])
        speed = speeds(self.rng, self.frames, stops=0.6)
        places = path(self.rng, speed, start=start, size=self.size)
        value = np.full(self.frames, MOVING)
        value[:begins] = -1
        return self._actor(height, np.roll(places, begins, axis=0), value)

    def leaving(self) -> Actor:
        """Stands still from the first frame on, then leaves; void until it does."""
        wait = int(log_uniform(self.rng, 5, 220))
        large = self.rng.uniform() < LARGE_GHOSTS
        height = self.rng.uniform(0.4, 0.95) * self.size[0] if large else self._height()
        speed = speeds(self.rng, self.frames, stops=0.25)
        speed[:wait] = 0
        places = path(self.rng, speed, start=self._inside(height), size=self.size)
        gone = np.hypot(*(places - places[0]).T) > max(2, 0.12 * height)
        value = np.where(np.maximum.accumulate(gone), MOVING, UNKNOWN)
        return self._actor(height, places, value, still=~gone)

    def giant(self) -> Actor:
        """A loiterer that takes much of the picture."""
        return self.loiterer(height=self.rng.uniform(0.3, 0.9) * self.size[0])

    def leaf(self) -> Actor:
        """Hangs near to the camera from the first frame on and swings far in the wind."""
        t, rng = np.arange(self.frames), self.rng
        swing = np.sin(t * rng.uniform(0.05, 0.5) + rng.uniform(0, 6.3))[:, None] * rng.normal(0, 10, 2)
        gusts = smooth(np.cumsum(rng.normal(0, 1.5, (self.frames, 2)), axis=0), 9)
        anchor = rng.uniform(0, 1, 2) * (self.size[1], 1.4 * self.size[0])
        places = anchor + swing + 20 * np.tanh((gusts - gusts.mean(axis=0)) / 20)
        return self._actor(rng.uniform(0.2, 0.7) * self.size[0], places, np.full(self.frames, MOVING), lively=0.8)

    def branch(self) -> Actor:
        """Leaves that hang near to the camera and swing with all others in one wind, with calm between the gusts."""
        rng = self.rng
        if self.wind is None:
            self.wind = wind(rng, self.frames)
        own = smooth(np.cumsum(rng.normal(0, 0.5, (self.frames, 2)), axis=0), 9)
        places = rng.uniform(0, 1, 2) * (self.size[1], 1.5 * self.size[0])
        places = places + rng.uniform(0.4, 1.2) * self.wind + 6 * np.tanh((own - own.mean(axis=0)) / 6)
        height, looks = rng.uniform(0.35, 1.1) * self.size[0], (premultiplied(leaves(rng)),)
        return self._actor(height, places, np.full(self.frames, MOVING), lively=0.5, looks=looks)

    def loiterer(self, *, height: float | None = None) -> Actor:
        """In the picture from the first frame on, moving around one place or away."""
        height = height or self._height()
        speed = speeds(self.rng, self.frames, stops=0.6)
        if self.rng.uniform() < 0.6:
            sway = smooth(np.cumsum(self.rng.normal(0, 1, (self.frames, 2)), axis=0), 9)
            reach = self.rng.uniform(2, 12) / max(1.0, float(np.abs(sway - sway.mean(axis=0)).max()))
            places = self._inside(height) + (sway - sway[0]) * reach
        else:
            places = path(self.rng, speed, start=self._inside(height), size=self.size)
        return self._actor(height, places, np.full(self.frames, MOVING), lively=0.6)

    def put_down(self) -> Actor:
        """Put down in the scene; background some time after it came to rest."""
        height = 0.4 * self._height() + 5
        begins = int(self.rng.integers(0, max(1, self.frames // 2)))
        carried = int(self.rng.integers(10, 60))
        target = self._inside(height)
        start = np.array([self.rng.choice([-height, self.size[1] + height]), target[1]])
        share = np.clip((np.arange(self.frames) - begins) / carried, 0, 1)[:, None]
        rests = np.arange(self.frames) - begins - carried
        value = np.where(rests < ABSORBED[0], MOVING, np.where(rests < ABSORBED[1], UNKNOWN, STATIC))
        value[:begins] = -1
        return self._actor(height, start + share * (target - start), value, still=rests > 0)

    def _height(self) -> float:
        return float(np.clip(self.common * np.exp(self.rng.normal(0, 0.35)), 7, 110))

    def _ground(self, height: float) -> float:
        return float(self.rng.uniform(0.25 * self.size[0], self.size[0] + 0.4 * height))

    def _inside(self, height: float) -> np.ndarray:
        return np.array([self.rng.uniform(0, self.size[1]), self._ground(height)])

    def _actor(
        self,
        height: float,
        places: np.ndarray,
        value: np.ndarray,
        *,
        still: np.ndarray | None = None,
        lively: float = 0.15,
        looks: tuple[np.ndarray, ...] = (),
    ) -> Actor:
        rng = self.rng
        pictures = looks or self._look()
        tallest = max(picture.shape[0] for picture in pictures)
        scale = np.full(self.frames, height / tallest)
        if rng.uniform() < 0.5:  # what is nearer is larger
            scale = scale * np.clip(1 + rng.uniform(0.1, 0.8) * (places[:, 1] - places[0, 1]) / self.size[0], 0.4, 2)
        swing = np.zeros((self.frames, 2))
        if rng.uniform() < lively:
            beat = np.arange(self.frames) / rng.uniform(1, 4)
            swing = np.stack([np.sin(beat), np.sin(0.7 * beat + 1)], 1) * rng.uniform(0.02, 0.2, 2)
        phase = _back_and_forth(len(pictures), self.frames, int(rng.integers(1000)))
        if still is not None:
            swing[still] = swing[0]
            phase[still] = phase[0]
        size = np.column_stack([scale, 1 + swing[:, 0], swing[:, 1]])
        return Actor(pictures, phase, places, size, value, **self.shadow)

    def _look(self) -> tuple[np.ndarray, ...]:
        """RGBA premultiplied, 0–255 and 0–1: a sprite as it is, with the look of the background, or of one colour."""
        rng = self.rng
        pictures = self.stock.sprites.draw(rng)
        mirrored, kind = rng.uniform() < 0.5, rng.uniform()
        gain, offset = np.exp(rng.normal(0, 0.25)), rng.normal(0, 12)
        patch = _patch(rng, self.background, kind)
        looks = []
        for rgba in pictures:
            rgba = rgba[:, ::-1] if mirrored else rgba
            colours = np.asarray(rgba[..., :3], np.float32)
            if patch is not None:
                colours = np.asarray(cv2.resize(patch, rgba.shape[1::-1], interpolation=cv2.INTER_LINEAR))
            colours = np.clip(colours * gain + offset, 0, 255)
            alpha = rgba[..., 3:].astype(np.float32) / 255
            looks.append(np.dstack([colours * alpha, alpha]))
        return tuple(looks)


def _patch(rng: np.random.Generator, background: np.ndarray, kind: float) -> np.ndarray | None:
    """10 %: a piece of the background; 7 %: one colour, often near to it; else None."""
    if kind > 0.17:
        return None
    height, width = background.shape[:2]
    tall, wide = int(rng.integers(8, height // 2 + 9)), int(rng.integers(8, width // 2 + 9))
    top, left = int(rng.integers(0, max(1, height - tall))), int(rng.integers(0, max(1, width - wide)))
    piece = background[top : top + tall, left : left + wide].astype(np.float32)
    return piece if kind < 0.1 else np.zeros_like(piece) + piece.mean(axis=(0, 1)) + rng.normal(0, 40)


def _back_and_forth(count: int, frames: int, start: int) -> np.ndarray:
    """0 1 2 … and back again, from somewhere on."""
    if count == 1:
        return np.zeros(frames, int)
    turn = (np.arange(frames) + start) % (2 * count - 2)
    return np.minimum(turn, 2 * count - 2 - turn)
