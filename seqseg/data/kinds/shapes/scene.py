"""A scene of the `shapes` set: textured shapes over a moving background, of which any frame can be drawn.

Look and motion are drawn from two independent generators, and both twins, `drifter` and `spinner`, have the same
distributions of look, place and angle. Places and angles wrap around (what leaves on the right enters on the left), so
these distributions are the same in every frame. Therefore no single frame distinguishes the twins, but two frames do.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

CLASSES = ("background", "disc", "cross", "drifter", "spinner")
DISC, CROSS, DRIFTER, SPINNER = 1, 2, 3, 4
REFERENCE_HEIGHT, REFERENCE_WIDTH = 96, 128  # sizes and speeds below are in pixels of this frame

_THINGS = 9
_TWINS = 5
_STANDING = 0.45
_RADIUS = (11.0, 17.0)
_NOISE = 5.0
_SEE_THROUGH = 0.65


@dataclass(frozen=True)
class Thing:
    """A shape and its motion: `sprite` uint8 RGBA (s, s, 4), lengths in pixels, angles in radians, speeds a frame."""

    label: int
    sprite: np.ndarray
    start: tuple[float, float]
    angle: float
    velocity: tuple[float, float]
    spin: float


Part = tuple[slice, slice]
Mark = Callable[[Thing, Part, np.ndarray], None]


@dataclass(frozen=True)
class Scene:
    """Things in front of a background that moves; later things hide earlier ones.

    `size` is (height, width); `tile` a seamless texture (h, w, 3); things leave the frame by `margin`.
    """

    size: tuple[int, int]
    tile: np.ndarray
    background_velocity: tuple[float, float]
    things: tuple[Thing, ...]
    noise: np.ndarray
    margin: float
    opacity: float = 1.0

    def render(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Image uint8 RGB (h, w, 3) and labels uint8 (h, w) of the topmost things, of frame `frame` >= 0."""
        labels = np.zeros(self.size, np.uint8)

        def mark(thing: Thing, part: Part, there: np.ndarray) -> None:
            labels[part][there] = thing.label

        return self._paint(frame, mark), labels

    def render_planes(self, frame: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
        """Image uint8 RGB (h, w, 3) and planes uint8 (h, w, classes) of all things, hidden parts too.

        Plane k holds label k + 1; the background has no plane.
        """
        planes = np.zeros((*self.size, classes), np.uint8)

        def mark(thing: Thing, part: Part, there: np.ndarray) -> None:
            planes[(*part, thing.label - 1)][there] = 1

        return self._paint(frame, mark), planes

    def _paint(self, frame: int, mark: Mark) -> np.ndarray:
        """The image; `mark(thing, part, there)` is called for each thing with the pixels that it covers."""
        height, width = self.size
        across, down = (speed * frame for speed in self.background_velocity)
        move = np.array([[1, 0, across % self.tile.shape[1]], [0, 1, down % self.tile.shape[0]]])
        image = cv2.warpAffine(
            self.tile, move, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_WRAP
        )
        for thing in self.things:
            _draw(image, thing, *self._place(thing, frame), self.opacity, mark)
        row, column = (frame * 11) % 32, (frame * 19) % 32  # coprime to 32, so that the grain always moves
        grain = self.noise[row : row + height, column : column + width]
        return cv2.add(image, grain, dtype=cv2.CV_8U)

    def _place(self, thing: Thing, frame: int) -> tuple[float, float, float]:
        across, down = (
            (start + speed * frame + self.margin) % (length + 2 * self.margin) - self.margin
            for start, speed, length in zip(thing.start, thing.velocity, self.size[::-1], strict=True)
        )
        return across, down, thing.angle + thing.spin * frame


def make_scene(size: tuple[int, int], look: np.random.Generator, motion: np.random.Generator) -> Scene:
    """A scene of `size` (height, width); frame 0 comes from `look` alone, but for the twins' labels."""
    height, width = size
    unit = min(height / REFERENCE_HEIGHT, width / REFERENCE_WIDTH)
    grain = max(1.0, unit)  # clouds, specks and noise grow with the picture, so that they remain when it is shrunk
    margin = _RADIUS[1] * unit
    kinds = look.permutation([None] * _TWINS + list(look.choice([DISC, CROSS], _THINGS - _TWINS)))
    things = []
    for kind in kinds:
        sprite = _sprite(kind, look.uniform(*_RADIUS) * unit, grain, look)
        start = look.uniform(-margin, width + margin), look.uniform(-margin, height + margin)
        angle = look.uniform(0, 2 * math.pi)
        label = kind or int(motion.choice([DRIFTER, SPINNER]))
        velocity, spin = _motion(label, unit, motion)
        things.append(Thing(label, sprite, start, angle, velocity, spin))
    tile = _texture((height * 3 // 2, width * 3 // 2), *_two_colours(look, contrast=90), grain, look)
    noise = _noise((height + 32, width + 32), grain, look)
    return Scene(size, tile, _velocity(motion, 0, 1.5 * unit), tuple(things), noise, margin)


def before_a_fixed_camera(scene: Scene, motion: np.random.Generator) -> Scene:
    """The scene with a still background: things move with label 1, or stand still with label 0."""
    unit = scene.margin / _RADIUS[1]
    things = []
    for thing in scene.things:
        if motion.random() < _STANDING:
            things.append(replace(thing, label=0, velocity=(0.0, 0.0), spin=0.0))
        else:
            things.append(replace(thing, label=1, velocity=_velocity(motion, 1.5 * unit, 7 * unit)))
    return replace(scene, background_velocity=(0.0, 0.0), things=tuple(things))


def see_through(scene: Scene) -> Scene:
    """The scene with transparent things, so that a pixel shows several."""
    return replace(scene, opacity=_SEE_THROUGH)


def only(scene: Scene, labels: tuple[int, ...]) -> Scene:
    """The scene with label 1 for things of `labels` and 0 for all others, drawn as before."""
    return replace(scene, things=tuple(replace(thing, label=int(thing.label in labels)) for thing in scene.things))


def _noise(size: tuple[int, int], grain: float, look: np.random.Generator) -> np.ndarray:
    """A camera's noise (h, w, 3) int16."""
    height, width = (math.ceil(side / grain) for side in size)
    noise = look.normal(0, _NOISE, (height, width, 3)).round().astype(np.int16)
    return np.asarray(cv2.resize(noise, size[::-1], interpolation=cv2.INTER_NEAREST))


def _motion(label: int, unit: float, motion: np.random.Generator) -> tuple[tuple[float, float], float]:
    """Velocity and spin: a drifter moves fast without rotation, a spinner rotates almost in place."""
    side = motion.choice([-1, 1])
    if label == DRIFTER:
        return _velocity(motion, 5 * unit, 8 * unit), 0.0
    if label == SPINNER:
        return _velocity(motion, 0, 0.5 * unit), side * math.radians(motion.uniform(20, 35))
    return _velocity(motion, 0, 3 * unit), side * math.radians(motion.uniform(0, 10))


def _velocity(rng: np.random.Generator, slowest: float, fastest: float) -> tuple[float, float]:
    speed, direction = rng.uniform(slowest, fastest), rng.uniform(0, 2 * math.pi)
    return speed * math.cos(direction), speed * math.sin(direction)


def _sprite(kind: int | None, radius: float, grain: float, look: np.random.Generator) -> np.ndarray:
    """RGBA (s, s, 4) of a disc, a cross, or a twin (None): a striped bar. The colour continues beyond the edge."""
    side = 2 * math.ceil(radius) + 5
    x, y = (axis - (side - 1) / 2 for axis in np.meshgrid(np.arange(side), np.arange(side)))
    light, dark = _two_colours(look, contrast=140)
    if kind == DISC:
        depth = radius - np.hypot(x, y)
        pattern = np.hypot(x, y) / radius
    elif kind == CROSS:
        arm = radius * 0.36
        inside_bars = np.minimum(arm - np.abs(x), radius - np.abs(y)), np.minimum(arm - np.abs(y), radius - np.abs(x))
        depth = np.maximum(*inside_bars)
        speck = round(3 * grain)
        pattern = look.uniform(0, 1, (side // speck + 1,) * 2).repeat(speck, 0).repeat(speck, 1)[:side, :side]
    else:
        depth = np.minimum(0.95 * radius - np.abs(x), 0.6 * radius - np.abs(y))
        pattern = (np.sin(x * (2 * math.pi / (0.55 * radius)) + look.uniform(0, 2 * math.pi)) > 0).astype(float)
    colours = light + (dark - light) * pattern[..., None]
    alpha = 255 * np.clip(depth + 0.5, 0, 1)
    return np.asarray(np.dstack([colours, alpha]).round().clip(0, 255), np.uint8)


def _two_colours(look: np.random.Generator, *, contrast: float) -> tuple[np.ndarray, np.ndarray]:
    """Two RGB colours that differ in brightness by `contrast`, in no fixed order."""
    tint = look.uniform(-60, 60, (2, 3))
    middle = look.uniform(90, 165)
    pair = np.clip(middle + tint + np.array([[contrast / 2], [-contrast / 2]]), 0, 255)
    one, other = look.permutation(pair)
    return one, other


def _texture(
    size: tuple[int, int], light: np.ndarray, dark: np.ndarray, grain: float, look: np.random.Generator
) -> np.ndarray:
    """Seamless clouds of two colours, uint8 (h, w, 3): noise on a coarse and on a fine grid."""
    coarse, fine = (weight * _seamless_noise(size, grain * cell, look) for weight, cell in ((0.7, 24), (0.3, 7)))
    clouds = coarse + fine
    return np.asarray((light + (dark - light) * clouds[..., None]).round().clip(0, 255), np.uint8)


def _seamless_noise(size: tuple[int, int], cell: float, look: np.random.Generator) -> np.ndarray:
    rows, columns = (max(2, round(length / cell)) for length in size)
    grid = np.tile(look.uniform(0, 1, (rows, columns)).astype(np.float32), (3, 3))
    large = cv2.resize(grid, (3 * size[1], 3 * size[0]), interpolation=cv2.INTER_LINEAR)
    return large[size[0] : 2 * size[0], size[1] : 2 * size[1]]


def _draw(
    image: np.ndarray, thing: Thing, across: float, down: float, angle: float, opacity: float, mark: Mark
) -> None:
    """Draw a thing's sprite into the image, centred at (across, down), in place, and mark its pixels."""
    reach = math.ceil(thing.sprite.shape[0] * 0.75)
    left, top = max(0, math.floor(across) - reach), max(0, math.floor(down) - reach)
    right, bottom = min(image.shape[1], left + 2 * reach + 1), min(image.shape[0], top + 2 * reach + 1)
    if right <= left or bottom <= top:
        return
    middle = (thing.sprite.shape[0] - 1) / 2
    cosine, sine = math.cos(angle), math.sin(angle)
    move = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0]])
    move[:, 2] = middle - move[:, :2] @ np.array([across - left, down - top])
    patch = cv2.warpAffine(
        thing.sprite, move, (right - left, bottom - top), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    alpha = patch[..., 3]
    part = slice(top, bottom), slice(left, right)
    behind = image[part]
    shown = alpha[..., None].astype(np.float32) / 255 * np.float32(opacity)
    behind[...] = (behind + (patch[..., :3] - behind.astype(np.float32)) * shown).round()
    mark(thing, part, alpha > 127)
