"""The look of a clip: colours, blur, noise, compression, cutout. No pixel moves and no label changes."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

_LUMA = np.array([0.299, 0.587, 0.114])  # of ITU-R BT.601; hue and saturation keep it
_SHARP = 0.25  # a Gaussian below this, in pixels, has no visible effect


@dataclass(frozen=True)
class Look:
    """The changes of all frames of a clip, in this order; None or 0 is no change.

    Args:
        table: uint8 (256, 3), the new value of each value of each channel.
        mix: float32 (3, 3), a matrix on red, green and blue: hue and saturation.
        blur: standard deviation of a Gaussian, in pixels.
        noise: standard deviation of the noise, in grey levels; drawn for each frame.
        jpeg: quality of a JPEG compression of the frame, 1 to 100.
        hole: (top, left, bottom, right) filled with `fill` (3,); its labels stay.
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
            grain *= np.float32(self.noise)
            cv2.add(frame, grain, dst=frame, dtype=cv2.CV_8U)
        if self.jpeg is not None:
            _through_jpeg(frame, self.jpeg)
        if self.hole is not None:
            top, left, bottom, right = self.hole
            frame[top:bottom, left:right] = self.fill


def colour_table(brightness: float, contrast: float, gamma: float, gains: np.ndarray) -> np.ndarray:
    """uint8 (256, 3): the new value of each value of red, green and blue; 0, and `gains` of 1, change nothing.

    Values from 0 to 1 get gamma e^`gamma`, contrast 1 + `contrast` about 1/2, brightness + `brightness` / 2, and gain.
    """
    grey = np.linspace(0, 1, 256) ** math.exp(gamma)
    grey = (grey - 0.5) * (1 + contrast) + 0.5 + brightness / 2
    return np.asarray(np.rint(255 * np.clip(grey[:, None] * gains, 0, 1)), np.uint8)


def colour_mix(hue: float, saturation: float) -> np.ndarray:
    """float32 (3, 3) that turns the hue by `hue` radians and multiplies the saturation; grey and brightness stay.

    Colours rotate about the grey axis within planes of equal brightness (BT.601 luma), by a sheared rotation that keeps
    it (Haeberli 1993).
    """
    axis = np.full(3, 1 / math.sqrt(3))
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + math.sin(hue) * cross + (1 - math.cos(hue)) * cross @ cross
    grey = np.outer(np.ones(3), _LUMA)  # maps a colour to the grey of its brightness
    colourful = np.eye(3) - grey
    return np.asarray(grey + saturation * colourful @ turn @ colourful, np.float32)


def _through_jpeg(frame: np.ndarray, quality: int) -> None:
    blue_first = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", blue_first, (cv2.IMWRITE_JPEG_QUALITY, quality))
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
    if decoded is not None:  # it was encoded just now
        frame[:] = decoded
