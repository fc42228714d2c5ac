"""One joint augmentation for image, mask and whole clip: one affine and one colour table, drawn once a clip."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from seqseg.data.video import VOID
from seqseg.errors import ConfigError


@dataclass(frozen=True)
class Draw:
    """What was drawn for a clip: where each output pixel comes from (2, 3), new colours (256, 3), the output's size."""

    matrix: np.ndarray
    colours: np.ndarray
    size: tuple[int, int]


@dataclass(frozen=True)
class Augmentation:
    """clip (t, h, w, 3), labels (t, h, w) -> the same, moved and coloured; every frame of a clip alike.

    Frames continue by reflection where the image ends; labels are void there, and are never mixed of two classes.

    Args:
        flip: probability of mirroring left and right.
        scale: (smallest, largest) zoom, drawn evenly on a log scale; above 1 is closer.
        rotate: largest angle either way, in degrees.
        shift: largest move either way, as a fraction of height and width.
        colour: strength of the changes of brightness, contrast, gamma and the gain of each channel; 0 is none.
        crop: (height, width) to cut out at a random place, or None for the size that came in.

    Example:
        >>> clip, labels = np.zeros((2, 30, 40, 3), np.uint8), np.zeros((2, 30, 40), np.uint8)
        >>> Augmentation(crop=(20, 24))(clip, labels, np.random.default_rng(0))[0].shape
        (2, 20, 24, 3)
    """

    flip: float = 0.5
    scale: tuple[float, float] = (0.75, 1.5)
    rotate: float = 10.0
    shift: float = 0.1
    colour: float = 0.2
    crop: tuple[int, int] | None = None

    def __post_init__(self):
        if len(self.scale) != 2 or not 0 < self.scale[0] <= self.scale[1]:
            raise ConfigError(f"augment.scale must be [smallest, largest], both above 0, got {self.scale}")
        if not 0 <= self.flip <= 1:
            raise ConfigError(f"augment.flip is a probability from 0 to 1, got {self.flip}")
        for name in ("rotate", "shift", "colour"):
            if getattr(self, name) < 0:
                raise ConfigError(f"augment.{name} must not be negative, got {getattr(self, name)}; use 0 for none")

    def __call__(self, clip, labels, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """One draw of `rng` for the whole clip."""
        return apply(self.draw(rng, clip[0].shape[:2]), clip, labels)

    def draw(self, rng: np.random.Generator, frame_size, output_size=None) -> Draw:
        """Draw for frames of `frame_size`; the output has the size of `crop`, else `output_size`, else `frame_size`."""
        size = tuple(self.crop or output_size or frame_size)
        zoom = math.exp(rng.uniform(math.log(self.scale[0]), math.log(self.scale[1])))
        angle = math.radians(rng.uniform(-self.rotate, self.rotate))
        mirrored = rng.random() < self.flip
        shifts = rng.uniform(-self.shift, self.shift, 2) * size
        places = rng.random(2) if self.crop else np.full(2, 0.5)
        centre = [
            _centre(place, shown=out / zoom, there=there) + shift
            for place, out, there, shift in zip(places, size, frame_size, shifts, strict=True)
        ]
        return Draw(_matrix(centre, zoom, angle, mirrored, size), self._draw_colours(rng), size)

    def _draw_colours(self, rng) -> np.ndarray:
        brightness, contrast, gamma = rng.uniform(-1, 1, 3) * self.colour
        gains = 1 + rng.uniform(-0.5, 0.5, 3) * self.colour
        grey = np.linspace(0, 1, 256) ** math.exp(gamma)
        grey = (grey - 0.5) * (1 + contrast) + 0.5 + brightness / 2
        return np.rint(255 * np.clip(grey[:, None] * gains, 0, 1)).astype(np.uint8)


def apply(draw: Draw, clip, labels) -> tuple[np.ndarray, np.ndarray]:
    """Move and colour frames (t, h, w, 3) and labels (t, h, w), arrays or lists, as drawn."""
    height, width = draw.size
    frames_out = np.empty((len(clip), height, width, 3), np.uint8)
    labels_out = np.empty((len(clip), height, width), np.uint8)
    colours = draw.colours[None]
    backward = cv2.WARP_INVERSE_MAP
    for index, (frame, mask) in enumerate(zip(clip, labels, strict=True)):
        cv2.warpAffine(
            frame, draw.matrix, (width, height), dst=frames_out[index],
            flags=cv2.INTER_LINEAR | backward, borderMode=cv2.BORDER_REFLECT_101,
        )  # fmt: skip
        cv2.LUT(frames_out[index], colours, dst=frames_out[index])
        cv2.warpAffine(
            mask, draw.matrix, (width, height), dst=labels_out[index],
            flags=cv2.INTER_NEAREST | backward, borderMode=cv2.BORDER_CONSTANT, borderValue=VOID,
        )  # fmt: skip
    return frames_out, labels_out


def _centre(place: float, *, shown: float, there: float) -> float:
    """The middle of the `shown` pixels among those `there`: `place` 0 is the first that fits, 1 the last."""
    if shown >= there:
        return there / 2
    return shown / 2 + place * (there - shown)


def _matrix(centre, zoom: float, angle: float, mirrored: bool, size) -> np.ndarray:
    """Affine (2, 3) from output (x, y) to source (x, y), both counted from the middle of the first pixel."""
    cosine, sine = math.cos(angle) / zoom, math.sin(angle) / zoom
    turn = np.array([[cosine, -sine], [sine, cosine]]) @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    middle_out = np.array([size[1], size[0]]) / 2 - 0.5
    middle_in = np.array([centre[1], centre[0]]) - 0.5
    return np.column_stack([turn, middle_in - turn @ middle_out])
