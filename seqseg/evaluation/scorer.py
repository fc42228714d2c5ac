"""A network and its loss, run over batches of clips of any size by validation and evaluation."""

from typing import Any

import keras

from seqseg.layers.compiling import jit_compile
from seqseg.layers.undistributed import undistributed
from seqseg.models.clip_model import ClipModel
from seqseg.recent import Recent

PROGRAMS = 64
"""Compiled calls that are kept, each for one size of clips."""


class Scorer(keras.Model):
    """Wraps a network and its loss for `predict_on_batch` of a dict with "clips".

    The other inputs and the outputs are those of the `call` of `ClassScorer` and `FrameScorer`.

    Args:
        network: the model to score.
        loss: its loss, or None.
    """

    def __init__(self, network: ClipModel, loss: keras.losses.Loss | None) -> None:
        super().__init__(name="scorer")
        self.network = network
        self.criterion = loss
        self.jit_compile = jit_compile()
        self.built = True
        self._compiled: Recent[Any] = Recent(PROGRAMS)

    def predict_on_batch(self, x: dict[str, Any]) -> dict[str, Any]:
        """Keras' own, compiled once for every size of clips; see `Learner.train_on_batch`."""
        self.predict_function = self._compiled.get(x["clips"].shape, self._new_predict_function)
        with undistributed():
            outputs: dict[str, Any] = super().predict_on_batch(x)
        return outputs

    def _new_predict_function(self) -> Any:
        self.predict_function = None
        self.make_predict_function()
        return self.predict_function
