"""Forecast a stream: one frame and a state in, the predicted next frames and the new state out."""

from pathlib import Path
from typing import Any, Literal, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from seqseg.data.clips.next_frames import grey
from seqseg.errors import ConfigError, ModelError
from seqseg.geometry import Resizing
from seqseg.inference.compiling import Step
from seqseg.inference.elsewhere import KERAS
from seqseg.inference.forecasting.adaptation import Adaptation, Memory
from seqseg.inference.predictor import Predictor
from seqseg.layers.placing import place_images, restore_logits
from seqseg.layers.tensor import State


class ForecastState(NamedTuple):
    """The memory of the network, and that of the adaptation (None without one)."""

    network: State
    adaptation: Memory | None = None


class Forecaster:
    """Predicts the next `frames` frames after every frame of a stream.

    Args:
        model: a model that predicts frames; with another runtime also the path of an export.
        frames: how many.
        size: the size of the network's input, as `Predictor`'s; predictions have the size of the stream's frames.
        adaptation: an `Adaptation` that corrects the first of the frames while the stream runs.
        runtime: as `Predictor`'s; a file rounds its forecasts to whole grey levels before it goes on from them.

    Raises:
        ModelError: the model predicts classes.

    Example:
        >>> forecaster, state = Forecaster(load_model("runs/next/best.keras"), frames=10), None
        >>> for frame in source:
        ...     future, state = forecaster.step(frame.image, state)   # future[0] is the forecast of the next frame
    """

    def __init__(
        self,
        model: Any,
        *,
        frames: int,
        size: tuple[int, int] | Literal["trained"] | Resizing | None = None,
        adaptation: Adaptation | None = None,
        runtime: str = KERAS,
    ) -> None:
        if not isinstance(model, str | Path):
            _check_head(model.card)  # before an export is made of it
        self._predictor: Any = Predictor(model, size=size, runtime=runtime)
        self.card: Any = self._predictor.card
        _check_head(self.card)
        if frames < 1:
            raise ConfigError(f"forecast at least 1 frame, got {frames}")
        self.model: Any = model
        self.frames = frames
        self.adaptation = adaptation
        self._exported = runtime != KERAS

    def seen(self, image: np.ndarray) -> np.ndarray:
        """The image (h, w, 3) in the model's channels: itself, or grey (h, w, 1)."""
        return grey(image) if self.card.channels == 1 else image

    def step(self, image: npt.ArrayLike, state: ForecastState | None = None) -> tuple[np.ndarray, ForecastState]:
        """One frame (h, w, 3) -> the next ones uint8 (frames, h, w, c), and the state for the frame after it."""
        image = self.seen(np.asarray(image))
        future, network = self._roll_out(image[None], None if state is None else state.network)
        if self.adaptation is None:
            return future, ForecastState(network)
        future[0], memory = self.adaptation.step(image, future[0], None if state is None else state.adaptation)
        return future, ForecastState(network, memory)

    def missed(self, state: ForecastState | None) -> ForecastState | None:
        """The state when frames were lost before the next one."""
        if state is None or self.adaptation is None:
            return state
        return state._replace(adaptation=self.adaptation.missed(state.adaptation))

    def _roll_out(self, images: np.ndarray, state: State | None) -> tuple[np.ndarray, State]:
        """One frame (1, h, w, c) -> the network's forecasts (frames, h, w, c), and its state after that frame."""
        if self._exported:
            pictures, after = self._predictor.forecasts(images[0], state, frames=self.frames)
            return pictures, after
        prepared = self._predictor.prepare(images, state)
        images, state = prepared.images, prepared.state
        height, width = images.shape[1:3]
        first = self._predictor.compiled(("first", images.shape), lambda: self._first((height, width)))
        # A step of its own, repeated: one program of all steps would take as many times as long to compile.
        following = self._predictor.compiled(("following", images.shape), lambda: self._following((height, width)))
        (frame, pixels), state = first(images, state, None)
        future, rolling = [pixels], state
        while len(future) < self.frames:
            (frame, pixels), rolling = following(frame, rolling, None)
            future.append(pixels)
        return np.concatenate([ops.convert_to_numpy(one)[:, *prepared.window] for one in future]), state

    def _first(self, size: tuple[int, int]) -> Step:
        """A frame of the stream -> the forecast of the next one, as the network gives it and as a picture."""
        placement, following = self._predictor.resizing.place(*size), self._following(size)
        return lambda images, state, _: following(place_images(images, placement), state, None)

    def _following(self, size: tuple[int, int]) -> Step:
        placement = self._predictor.resizing.place(*size)

        def step(
            frame: keras.KerasTensor, state: State, _: None
        ) -> tuple[tuple[keras.KerasTensor, keras.KerasTensor], State]:
            frame, state = self.model(frame, state=state, return_state=True, training=False)
            return (frame, self._predictor.choose(restore_logits(frame, placement))), state

        return step


def _check_head(card: Any) -> None:
    if card.head != "frame":
        raise ModelError(
            f"this {card.model} finds classes and predicts no frames; give a run that was trained with "
            "--model frame_predictor or training.task = next_frame"
        )
