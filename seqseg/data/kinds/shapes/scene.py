"""A scene of the `shapes` set: textured shapes over a moving background, any frame of it drawn when asked for.

What a thing looks like and how it moves are drawn from two independent generators, and both twins, `drifter` and
`spinner`, take their look, their place and their angle from the same distributions. Places and angles go round (what
leaves on the right comes in on the left), so those distributions are the same in every frame. Hence no single frame can
tell the twins apart; two frames can.
"""

import math
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
    """A shape and its way: `sprite` uint8 RGBA (s, s, 4), lengths in pixels, angles in radians, speeds a frame."""

    label: int
    sprite: np.ndarray
    start: tuple[float, float]
    angle: float
    velocity: tuple[float, float]
    spin: float


@dataclass(frozen=True)
class Scene:
    """Things in front of a background that moves; later things hide earlier ones.

    `size` is (height, width); `tile` a seamless texture (h, w, 3); `margin` how far out of the frame things go.
    """

    size: tuple[int, int]
    tile: np.ndarray
    background_velocity: tuple[float, float]
    things: tuple[Thing, ...]
    noise: np.ndarray
    margin: float
    opacity: float = 1.0

    def render(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Image uint8 RGB (h, w, 3) and labels uint8 (h, w) of what is on top, of frame `frame` >= 0."""
        labels = np.zeros(self.size, np.uint8)

        def mark(thing, part, there):
            labels[part][there] = thing.label

        return self._paint(frame, mark), labels

    def render_planes(self, frame: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
        """Image uint8 RGB (h, w, 3) and planes uint8 (h, w, classes) of all of every thing, also what others hide.

        Plane k is what has label k + 1: the background is where no plane is set.
        """
        planes = np.zeros((*self.size, classes), np.uint8)

        def mark(thing, part, there):
            planes[(*part, thing.label - 1)][there] = 1

        return self._paint(frame, mark), planes

    def _paint(self, frame: int, mark) -> np.ndarray:
        """The image; `mark(thing, part, there)` is told of each thing the pixels of the frame that it covers."""
        height, width = self.size
        across, down = (speed * frame for speed in self.background_velocity)
        move = np.array([[1, 0, across % self.tile.shape[1]], [0, 1, down % self.tile.shape[0]]])
        image = cv2.warpAffine(
            self.tile, move, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_WRAP
        )
        for thing in self.things:
            _draw(image, thing, *self._place(thing, frame), self.opacity, mark)
        row, column = (frame * 11) % 32, (frame * 19) % 32  # coprime to 32: the grain never stands still
        grain = self.noise[row : row + height, column : column + width]
        return cv2.add(image, grain, dtype=cv2.CV_8U)

    def _place(self, thing: Thing, frame: int) -> tuple[float, float, float]:
        across, down = (
            (start + speed * frame + self.margin) % (length + 2 * self.margin) - self.margin
            for start, speed, length in zip(thing.start, thing.velocity, self.size[::-1], strict=True)
        )
        return across, down, thing.angle + thing.spin * frame


def make_scene(size: tuple[int, int], look: np.random.Generator, motion: np.random.Generator) -> Scene:
    """A scene of `size` (height, width); everything seen in frame 0 but the twins' labels comes from `look` alone."""
    height, width = size
    unit = min(height / REFERENCE_HEIGHT, width / REFERENCE_WIDTH)
    grain = max(1.0, unit)  # clouds, specks and noise grow with the picture, or they would vanish when it is shrunk
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
    """The scene with a still background: things go their way with label 1, or stand still and have label 0."""
    unit = scene.margin / _RADIUS[1]
    things = []
    for thing in scene.things:
        if motion.random() < _STANDING:
            things.append(replace(thing, label=0, velocity=(0.0, 0.0), spin=0.0))
        else:
            things.append(replace(thing, label=1, velocity=_velocity(motion, 1.5 * unit, 7 * unit)))
    return replace(scene, background_velocity=(0.0, 0.0), things=tuple(things))


def see_through(scene: Scene) -> Scene:
    """The scene with things that show what is behind them, so that a pixel really shows several."""
    return replace(scene, opacity=_SEE_THROUGH)


def only(scene: Scene, labels: tuple[int, ...]) -> Scene:
    """The scene with label 1 for what had one of `labels`, and 0 for everything else, which is drawn as before."""
    return replace(scene, things=tuple(replace(thing, label=int(thing.label in labels)) for thing in scene.things))


def _noise(size, grain: float, look) -> np.ndarray:
    """A camera's noise (h, w, 3) int16."""
    height, width = (math.ceil(side / grain) for side in size)
    noise = look.normal(0, _NOISE, (height, width, 3)).round().astype(np.int16)
    return cv2.resize(noise, size[::-1], interpolation=cv2.INTER_NEAREST)


def _motion(label: int, unit: float, motion) -> tuple[tuple[float, float], float]:
    """Velocity and spin: a drifter goes straight and fast without turning, a spinner turns almost on the spot."""
    side = motion.choice([-1, 1])
    if label == DRIFTER:
        return _velocity(motion, 5 * unit, 8 * unit), 0.0
    if label == SPINNER:
        return _velocity(motion, 0, 0.5 * unit), side * math.radians(motion.uniform(20, 35))
    return _velocity(motion, 0, 3 * unit), side * math.radians(motion.uniform(0, 10))


def _velocity(rng, slowest: float, fastest: float) -> tuple[float, float]:
    speed, direction = rng.uniform(slowest, fastest), rng.uniform(0, 2 * math.pi)
    return speed * math.cos(direction), speed * math.sin(direction)


def _sprite(kind: int | None, radius: float, grain: float, look) -> np.ndarray:
    """RGBA (s, s, 4) of a disc, a cross, or a twin (None): a striped bar. The colour goes on beyond the edge."""
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
    return np.dstack([colours, alpha]).round().clip(0, 255).astype(np.uint8)


def _two_colours(look, *, contrast: float) -> tuple[np.ndarray, np.ndarray]:
    """Two RGB colours that differ in brightness by `contrast`, in no fixed order."""
    tint = look.uniform(-60, 60, (2, 3))
    middle = look.uniform(90, 165)
    pair = np.clip(middle + tint + np.array([[contrast / 2], [-contrast / 2]]), 0, 255)
    return tuple(look.permutation(pair))


def _texture(size: tuple[int, int], light, dark, grain: float, look) -> np.ndarray:
    """Clouds of two colours, uint8 (h, w, 3), that join at the edges: noise on a coarse and on a fine grid."""
    clouds = sum(weight * _seamless_noise(size, grain * cell, look) for weight, cell in ((0.7, 24), (0.3, 7)))
    return (light + (dark - light) * clouds[..., None]).round().clip(0, 255).astype(np.uint8)


def _seamless_noise(size: tuple[int, int], cell: float, look) -> np.ndarray:
    rows, columns = (max(2, round(length / cell)) for length in size)
    grid = np.tile(look.uniform(0, 1, (rows, columns)).astype(np.float32), (3, 3))
    large = cv2.resize(grid, (3 * size[1], 3 * size[0]), interpolation=cv2.INTER_LINEAR)
    return large[size[0] : 2 * size[0], size[1] : 2 * size[1]]


def _draw(image: np.ndarray, thing: Thing, across: float, down: float, angle: float, opacity: float, mark) -> None:
    """Lay a thing's sprite over the image, its middle at (across, down), in place, and mark where it is."""
    reach = math.ceil(thing.sprite.shape[0] * 0.75)
    left, top = max(0, math.floor(across) - reach), max(0, math.floor(down) - reach)
    right, bottom = min(image.shape[1], left + 2 * reach + 1), min(image.shape[0], top + 2 * reach + 1)
    if right <= left or bottom <= top:
        return
    middle = (thing.sprite.shape[0] - 1) / 2
    cosine, sine = math.cos(angle), math.sin(angle)
    move = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0]])
    move[:, 2] = middle - move[:, :2] @ (across - left, down - top)
    patch = cv2.warpAffine(
        thing.sprite, move, (right - left, bottom - top), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    alpha = patch[..., 3]
    part = slice(top, bottom), slice(left, right)
    behind = image[part]
    shown = alpha[..., None].astype(np.float32) / 255 * np.float32(opacity)
    behind[...] = (behind + (patch[..., :3] - behind.astype(np.float32)) * shown).round()
    mark(thing, part, alpha > 127)
