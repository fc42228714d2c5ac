"""The interface of a model that `seqseg stream` runs, with Keras or another runtime."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from seqseg.cli.stream.steady import SteadyOptions
from seqseg.cli.stream.vector import with_vector

if TYPE_CHECKING:
    import numpy as np

    from seqseg.cli.console.sizes import WorkingSize
    from seqseg.export.predictor import ExportedPredictor
    from seqseg.inference import Predictor
    from seqseg.models.clip_model import ClipModel


class Card(Protocol):
    """The metadata of a model: a `ModelCard` or an export's `Sidecar`."""

    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def palette(self) -> "Sequence[Sequence[int]] | np.ndarray": ...
    @property
    def void(self) -> int: ...
    @property
    def size(self) -> tuple[int, int] | None: ...


class StreamedModel(Protocol):
    """A `ClipModel` or an `ExportedPredictor`."""

    @property
    def card(self) -> Any: ...


class StateChecker(Protocol):
    """Checks whether a state belongs to frames of a size."""

    def check_state(self, state: Any, batch: int, height: int, width: int) -> None: ...


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
