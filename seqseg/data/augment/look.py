"""How a clip looks: colours, and what lens, sensor and codec do to it. No pixel moves and no label changes."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

_LUMA = np.array([0.299, 0.587, 0.114])  # of ITU-R BT.601: what a change of hue or saturation keeps
_SHARP = 0.25  # a Gaussian below this, in pixels, changes nothing that is worth its time


@dataclass(frozen=True)
class Look:
    """What is done to every frame of a clip alike, in this order; None or 0 is nothing.

    Args:
        table: uint8 (256, 3), the new value of each value of each channel.
        mix: float32 (3, 3), red, green and blue out of red, green and blue: hue and saturation.
        blur: standard deviation of a Gaussian, in pixels.
        noise: standard deviation of the noise, in grey levels; every frame has noise of its own.
        jpeg: quality of a JPEG that the frame goes through, 1 to 100.
        hole: (top, left, bottom, right) filled with `fill` (3,), and labelled as before.
        seed: of the noise.

    Example:
        >>> frame = np.full((2, 2, 3), 100, np.uint8)
        >>> Look(table=np.repeat(np.arange(255, -1, -1, dtype=np.uint8)[:, None], 3, axis=1)).on(frame, 0)
        >>> int(frame[0, 0, 0])
        155
    """

    table: np.ndarray | None = None
    mix: np.ndarray | None = None
    blur: float = 0.0
    noise: float = 0.0
    jpeg: int | None = None
    hole: tuple[int, int, int, int] | None = None
    fill: tuple[int, int, int] = (0, 0, 0)
    seed: int = 0

    def on(self, frame: np.ndarray, index: int) -> None:
        """Change frame number `index` of the clip, contiguous uint8 (h, w, 3), in place."""
        if self.blur > _SHARP:
            cv2.GaussianBlur(frame, (0, 0), self.blur, dst=frame, borderType=cv2.BORDER_REFLECT_101)
        if self.table is not None:
            cv2.LUT(frame, self.table[None], dst=frame)
        if self.mix is not None:
            cv2.transform(frame, self.mix, dst=frame)
        if self.noise:
            grain = np.random.default_rng([self.seed, index]).standard_normal(frame.shape, np.float32)
            cv2.add(frame, cv2.multiply(grain, self.noise, dst=grain), dst=frame, dtype=cv2.CV_8U)
        if self.jpeg is not None:
            _through_jpeg(frame, self.jpeg)
        if self.hole is not None:
            top, left, bottom, right = self.hole
            frame[top:bottom, left:right] = self.fill


def colour_table(brightness: float, contrast: float, gamma: float, gains) -> np.ndarray:
    """uint8 (256, 3): a new value for each value of red, green and blue; all but the `gains` (3,) are 0 for no change.

    Values from 0 to 1 get gamma e^`gamma`, contrast 1 + `contrast` about the middle, half of `brightness`, their gain.
    """
    grey = np.linspace(0, 1, 256) ** math.exp(gamma)
    grey = (grey - 0.5) * (1 + contrast) + 0.5 + brightness / 2
    return np.rint(255 * np.clip(grey[:, None] * gains, 0, 1)).astype(np.uint8)


def colour_mix(hue: float, saturation: float) -> np.ndarray:
    """float32 (3, 3) that turns the hue by `hue` radians and multiplies the saturation; grey and brightness stay.

    Colours turn about the grey axis within planes of equal brightness (BT.601 luma), the turn sheared so that it leaves
    that alone (Haeberli 1993).
    """
    axis = np.full(3, 1 / math.sqrt(3))
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + math.sin(hue) * cross + (1 - math.cos(hue)) * cross @ cross
    grey = np.outer(np.ones(3), _LUMA)  # a colour to the grey of its brightness
    colourful = np.eye(3) - grey
    return (grey + saturation * colourful @ turn @ colourful).astype(np.float32)


def _through_jpeg(frame: np.ndarray, quality: int) -> None:
    blue_first = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", blue_first, (cv2.IMWRITE_JPEG_QUALITY, quality))
    frame[:] = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
