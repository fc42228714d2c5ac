"""Forecasts of the next frame that improve while a stream runs.

No weight of the network changes. In every cell of the picture a few coefficients say how much of the earlier frames and
forecasts to add to the next forecast. Every new frame updates them by recursive least squares with forgetting (Haykin
2002, Adaptive Filter Theory, chapter 9). They are used where the corrected forecasts have recently been better.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

TRUST = 0.7
"""Forgetting factor of the errors that decide between the forecast and the corrected one."""


class _Guess(NamedTuple):
    """The next frame: the network's forecast, the corrected one, and what the correction was made from."""

    forecast: np.ndarray  # (h, w, c) of 0–1, as all frames here
    corrected: np.ndarray  # also where it is not used, so that its errors are known
    parts: np.ndarray  # (h, w, c, k): earlier frames and forecasts, minus the forecast


class Memory(NamedTuple):
    """The memory of one stream; h' and w' count cells."""

    past: tuple[np.ndarray, ...]  # the last frames, the newest first
    guess: _Guess | None
    matrix: np.ndarray  # (h', w', k, k): products of parts
    vector: np.ndarray  # (h', w', k): products of parts and the forecast's errors
    errors: np.ndarray  # (h', w', 2): recent mean square errors of the forecasts and of the corrected ones


class Adaptation:
    """Corrects the forecast of the next frame while a stream runs. The caller holds the memory.

    Args:
        past: how many frames before the last one are used.
        cell: side in pixels of the squares that have their own coefficients.
        forget: forgetting factor: the fraction of what was learnt that is kept from frame to frame.
        ridge: ridge penalty, which holds the coefficients near zero; in squares of pixels of 0–1.

    Example:
        >>> adaptation, memory = Adaptation(), None
        >>> for image, forecast in zip(video, forecasts):     # forecast: of the frame after image
        ...     better, memory = adaptation.step(image, forecast, memory)
    """

    def __init__(self, *, past: int = 10, cell: int = 8, forget: float = 0.97, ridge: float = 0.3) -> None:
        self.past = past
        self.cell = cell
        self.forget = forget
        self.ridge = ridge

    def step(
        self, image: npt.ArrayLike, forecast: npt.ArrayLike, memory: Memory | None = None
    ) -> tuple[np.ndarray, Memory]:
        """A frame (h, w, c) and a forecast of the next -> the corrected forecast, uint8, and the memory after.

        The first forecast is returned unchanged.
        """
        image, forecast = _unit(image), _unit(forecast)
        memory = self._begin(image) if memory is None else self._learn(image, memory)
        guess = self._correct(image, forecast, memory)
        better = (memory.errors[..., 1:] <= memory.errors[..., :1]).astype("float32")
        chosen = forecast + self._between(better, *image.shape[:2]) * (guess.corrected - forecast)
        picture = np.rint(255 * chosen.clip(0, 1)).astype("uint8")
        return picture, memory._replace(past=(image, *memory.past[:-1]), guess=guess)

    @staticmethod
    def missed(memory: Memory | None) -> Memory | None:
        """The memory when frames were lost: the last forecast cannot be compared with a frame."""
        return None if memory is None else memory._replace(guess=None)

    def _begin(self, image: np.ndarray) -> Memory:
        height, width = (-(-size // self.cell) for size in image.shape[:2])
        parts = self.past + 3
        matrix, vector = np.zeros((height, width, parts, parts), "float32"), np.zeros((height, width, parts), "float32")
        return Memory((image,) * self.past, None, matrix, vector, np.zeros((height, width, 2), "float32"))

    def _learn(self, image: np.ndarray, memory: Memory) -> Memory:
        """The memory after a new frame; unchanged where there was no forecast of it."""
        guess = memory.guess
        if guess is None:
            return memory
        parts = self._cells(guess.parts)
        turned, missing = parts.swapaxes(-1, -2), self._cells((image - guess.forecast)[..., None])
        squares = np.stack([(frame - image) ** 2 for frame in (guess.forecast, guess.corrected)], axis=-1)
        return memory._replace(
            matrix=self.forget * memory.matrix + turned @ parts,
            vector=self.forget * memory.vector + (turned @ missing)[..., 0],
            errors=TRUST * memory.errors + _mean_around(self._cells(squares).mean(axis=2)),
        )

    def _correct(self, image: np.ndarray, forecast: np.ndarray, memory: Memory) -> _Guess:
        earlier = image if memory.guess is None else memory.guess.forecast
        others = [image, *memory.past, earlier, _mean_around(forecast)]
        parts = np.stack([other - forecast for other in others], axis=-1)
        ridge = np.float32(self.ridge) * np.eye(parts.shape[-1], dtype="float32")
        coefficients = np.linalg.solve(memory.matrix + ridge, memory.vector[..., None])[..., 0]
        change = np.einsum("hwck,hwk->hwc", parts, self._between(coefficients, *image.shape[:2]))
        return _Guess(forecast, forecast + change, parts)

    def _cells(self, maps: np.ndarray) -> np.ndarray:
        """Maps (h, w, c, k) as cells (h', w', cell * cell * c, k), padded with zeros."""
        side = self.cell
        height, width, channels, count = maps.shape
        maps = np.pad(maps, ((0, -height % side), (0, -width % side), (0, 0), (0, 0)))
        tall, wide = maps.shape[0] // side, maps.shape[1] // side
        maps = maps.reshape(tall, side, wide, side, channels, count).swapaxes(1, 2)
        return maps.reshape(tall, wide, side * side * channels, count)

    def _between(self, numbers: np.ndarray, height: int, width: int) -> np.ndarray:
        """Numbers of cells (h', w', k) interpolated bilinearly for every pixel (h, w, k)."""
        for axis, size in enumerate((height, width)):
            place = ((np.arange(size) + 0.5) / self.cell - 0.5).clip(0, numbers.shape[axis] - 1)
            first = place.astype(int)
            share = (place - first).astype("float32").reshape((-1, *(1,) * (2 - axis)))
            second = np.minimum(first + 1, numbers.shape[axis] - 1)
            numbers = numbers.take(first, axis) * (1 - share) + numbers.take(second, axis) * share
        return numbers


def _unit(image: npt.ArrayLike) -> np.ndarray:
    return np.asarray(image, "float32") / 255


def _mean_around(maps: np.ndarray) -> np.ndarray:
    """The mean over 3 x 3 pixels of (h, w, c); the border is repeated."""
    maps = np.pad(maps, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = maps[:-2] + maps[1:-1] + maps[2:]
    return np.asarray((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9)
