"""Run trained models frame by frame, with the state carried from frame to frame.

Names are loaded when they are first used: smoothing and saved states serve exports as well, which need no Keras.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqseg.inference.predictor import Predictor
    from seqseg.inference.slots import BatchStepper

__all__ = ["BatchStepper", "Predictor"]
_HOMES = {"BatchStepper": "seqseg.inference.slots", "Predictor": "seqseg.inference.predictor"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'seqseg.inference' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
