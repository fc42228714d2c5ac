"""What `seqseg stream` needs to know of a model, whether Keras or another runtime runs it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np


class Card(Protocol):
    """What a model says of itself: a `ModelCard` or an export's `Sidecar`."""

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
    """What knows which states fit frames of a size."""

    def check_state(self, state: Any, batch: int, height: int, width: int) -> None: ...
