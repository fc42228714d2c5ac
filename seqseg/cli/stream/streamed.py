"""The interface of a model that `seqseg stream` runs, with Keras or another runtime."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np


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
