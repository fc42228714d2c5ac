"""The step of all streams of a run: a model with its options, compiled once for every size of frame."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from seqseg.cli.stream.steady import SteadyOptions
from seqseg.cli.stream.vector import with_vector

if TYPE_CHECKING:
    from seqseg.cli.console.sizes import WorkingSize
    from seqseg.export.predictor import ExportedPredictor
    from seqseg.inference import Predictor
    from seqseg.models.clip_model import ClipModel


def make_step(
    model: "ClipModel | ExportedPredictor",
    *,
    size: "WorkingSize" = "trained",
    steady: SteadyOptions = SteadyOptions(),  # noqa: B008 - a frozen value
    slots: int | None = None,
    vector: str | None = None,
    xla: bool = False,
) -> "tuple[Callable[..., Any], Predictor | ExportedPredictor]":
    """`step(images, states) -> (masks, states)` for `streams.Engine`, and what knows the shapes of its states."""
    from seqseg.export.predictor import ExportedPredictor

    if isinstance(model, ExportedPredictor):
        return model, model
    from seqseg.inference import BatchStepper, Predictor

    chosen = size if model.card.trained or size != "trained" else None
    predictor = Predictor(model, size=chosen, exclusive=True, xla=xla, **steady.to_dict())
    return with_vector(BatchStepper(predictor, slots=slots), vector, model), predictor
