"""Test time: several models, and every frame mirrored and at several scales, averaged into one mask."""

import dataclasses
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from seqseg.errors import ConfigError, ModelError
from seqseg.geometry import Resizing
from seqseg.inference.predictor import Predictor
from seqseg.layers.tensor import State
from seqseg.models.clip_model import ClipModel

SCALES = (0.25, 4.0)  # from, to


class Ensemble:
    """The mean of the probabilities of all models on all views of a frame; each view has a memory of its own.

    Args:
        models: of the same classes.
        flip: also the mirrored frame, whose answer is mirrored back.
        scales: times the size that each network works at; 1.0 is that size itself.
        size: as `Predictor`'s.
        exclusive: one class a pixel also of multi-label models; else planes where the mean is above one half.

    Raises:
        ConfigError: no model, or a scale that is none.
        ModelError: models of other classes, or a scale for a model that works at the frames' own size.

    Example:
        >>> ensemble, state = Ensemble([load_model("a.keras"), load_model("b.keras")], flip=True), None
        >>> for frame in source:
        ...     mask, state = ensemble.step(frame.image, state)
    """

    def __init__(
        self,
        models: Sequence[ClipModel],
        *,
        flip: bool = False,
        scales: Sequence[float] = (1.0,),
        size: tuple[int, int] | Literal["trained"] | Resizing | None = "trained",
        exclusive: bool = False,
    ) -> None:
        if not models or not scales:
            raise ConfigError("an ensemble needs a model and a scale")
        for model in models:
            if model.card.head == "frame":
                raise ModelError(f"{model.card.model} predicts frames; an ensemble is of models that find classes")
            if model.card.classes != models[0].card.classes:
                raise ModelError(
                    f"the models of an ensemble need the same classes, got {', '.join(models[0].card.classes)} and "
                    f"{', '.join(model.card.classes)}"
                )
        for scale in scales:
            if not SCALES[0] <= scale <= SCALES[1]:
                raise ConfigError(f"a scale is from {SCALES[0]:g} to {SCALES[1]:g}, got {scale:g}")
        self._planes = models[0].card.head == "multi_label" and not exclusive
        self._views = [
            (_scaled(model, size, scale), mirrored)
            for model in models
            for scale in scales
            for mirrored in ((False, True) if flip else (False,))
        ]

    @property
    def views(self) -> int:
        """How often a network runs for a frame."""
        return len(self._views)

    def step(
        self, image: np.ndarray, state: Sequence[State] | None = None, *, condition: npt.ArrayLike | None = None
    ) -> tuple[np.ndarray, list[State]]:
        """One frame (h, w, c) -> its mask (h, w) in uint8, or planes (h, w, classes), and a state for each view."""
        fresh: list[State | None] = [None] * len(self._views)
        states: Sequence[State | None] = fresh if state is None else state
        after: list[State] = []
        answers = []
        for (predictor, mirrored), before in zip(self._views, states, strict=True):
            shares, later = predictor.step(image[:, ::-1] if mirrored else image, before, condition=condition)
            answers.append(shares[:, ::-1] if mirrored else shares)
            after.append(later)
        mean = np.mean(answers, axis=0)
        if self._planes:
            return np.asarray(mean > 0.5, np.uint8), after
        return np.asarray(mean.argmax(-1), np.uint8), after


def _scaled(model: ClipModel, size: tuple[int, int] | str | Resizing | None, scale: float) -> Predictor:
    plain = Predictor(model, size=size, probabilities=True)  # type: ignore[arg-type]
    if scale == 1:
        return plain
    if plain.resizing.size is None:
        raise ModelError("a scale needs a model that works at one size, this one takes frames at their own")
    height, width = (max(1, round(scale * side)) for side in plain.resizing.size)
    resizing = dataclasses.replace(plain.resizing, size=(height, width))
    return Predictor(model, size=resizing, probabilities=True)
