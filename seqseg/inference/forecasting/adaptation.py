"""Forecasts corrected by what came of the last ones: what a network has not learnt of a stream, the stream teaches.

No weight of the network changes. At every place a few numbers say how much of the frames before, and of what was
forecast, goes into the next frame; they are fitted anew with every frame that comes (recursive least squares with
forgetting, see Haykin 2002, Adaptive Filter Theory, chapter 9), and used where they have lately been better.
"""

from typing import NamedTuple

import numpy as np

TRUST = 0.7
"""How much of the errors that decide who is believed is kept from frame to frame."""


class _Guess(NamedTuple):
    """What is to come: as the network has it, as corrected, and what the correction was made from."""

    forecast: np.ndarray  # (h, w, c) of 0–1, as all frames here
    corrected: np.ndarray  # whether it is believed or not, so that it can be again
    parts: np.ndarray  # (h, w, c, k): by how much frames and forecasts differ from the forecast


class Memory(NamedTuple):
    """What is known of a stream; h' and w' count cells."""

    past: tuple  # the frames that came, the newest first
    guess: _Guess | None
    matrix: np.ndarray  # (h', w', k, k): products of parts
    vector: np.ndarray  # (h', w', k): products of parts and what was missing
    errors: np.ndarray  # (h', w', 2): the mean squares that forecasts and corrections were lately off


class Adaptation:
    """Corrects the next frame of a predictor while a stream runs. The memory is in the caller's hand.

    Args:
        past: how many frames before the last one are looked at.
        cell: the side in pixels of the squares that have numbers of their own.
        forget: what share of what was learnt is kept from frame to frame.
        ridge: how strongly numbers are held at zero, where the forecast stays as it is; in squares of pixels of 0–1.

    Example:
        >>> adaptation, memory = Adaptation(), None
        >>> for image, forecast in zip(video, forecasts):     # forecast: what should come after image
        ...     better, memory = adaptation.step(image, forecast, memory)
    """

    def __init__(self, *, past=10, cell=8, forget=0.97, ridge=0.3):
        self.past = past
        self.cell = cell
        self.forget = forget
        self.ridge = ridge

    def step(self, image, forecast, memory=None):
        """The frame (h, w, c) that came and a forecast of the next -> that corrected, uint8, and the memory after.

        The first forecast is given back as it is.
        """
        image, forecast = _unit(image), _unit(forecast)
        memory = self._begin(image) if memory is None else self._learn(image, memory)
        guess = self._correct(image, forecast, memory)
        better = np.float32(memory.errors[..., 1:] <= memory.errors[..., :1])
        believed = forecast + self._between(better, *image.shape[:2]) * (guess.corrected - forecast)
        picture = np.rint(255 * believed.clip(0, 1)).astype("uint8")
        return picture, memory._replace(past=(image, *memory.past[:-1]), guess=guess)

    @staticmethod
    def missed(memory):
        """The memory when frames were lost on the way: what was forecast never came."""
        return None if memory is None else memory._replace(guess=None)

    def _begin(self, image):
        height, width = (-(-size // self.cell) for size in image.shape[:2])
        parts = self.past + 3
        matrix, vector = np.zeros((height, width, parts, parts), "float32"), np.zeros((height, width, parts), "float32")
        return Memory((image,) * self.past, None, matrix, vector, np.zeros((height, width, 2), "float32"))

    def _learn(self, image, memory):
        """The memory after a frame has come; nothing is learnt where there was no guess."""
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

    def _correct(self, image, forecast, memory):
        earlier = image if memory.guess is None else memory.guess.forecast
        others = [image, *memory.past, earlier, _mean_around(forecast)]
        parts = np.stack([other - forecast for other in others], axis=-1)
        ridge = np.float32(self.ridge) * np.eye(parts.shape[-1], dtype="float32")
        numbers = np.linalg.solve(memory.matrix + ridge, memory.vector[..., None])[..., 0]
        change = np.einsum("hwck,hwk->hwc", parts, self._between(numbers, *image.shape[:2]))
        return _Guess(forecast, forecast + change, parts)

    def _cells(self, maps):
        """Maps (h, w, c, k) as cells (h', w', cell * cell * c, k), with zeros beyond the border."""
        side = self.cell
        height, width, channels, count = maps.shape
        maps = np.pad(maps, ((0, -height % side), (0, -width % side), (0, 0), (0, 0)))
        tall, wide = maps.shape[0] // side, maps.shape[1] // side
        maps = maps.reshape(tall, side, wide, side, channels, count).swapaxes(1, 2)
        return maps.reshape(tall, wide, side * side * channels, count)

    def _between(self, numbers, height, width):
        """Numbers of cells (h', w', k) for every pixel (h, w, k), linearly from middle to middle."""
        for axis, size in enumerate((height, width)):
            place = ((np.arange(size) + 0.5) / self.cell - 0.5).clip(0, numbers.shape[axis] - 1)
            first = place.astype(int)
            share = np.float32(place - first).reshape((-1, *(1,) * (2 - axis)))
            second = np.minimum(first + 1, numbers.shape[axis] - 1)
            numbers = numbers.take(first, axis) * (1 - share) + numbers.take(second, axis) * share
        return numbers


def _unit(image):
    return np.asarray(image, "float32") / 255


def _mean_around(maps):
    """The mean of 3 x 3 of (h, w, c); the border goes on."""
    maps = np.pad(maps, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = maps[:-2] + maps[1:-1] + maps[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9
