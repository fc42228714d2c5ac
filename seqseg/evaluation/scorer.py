"""What validation and evaluation run: a network and its loss, over batches of clips of any size."""

import keras

from seqseg.layers.compiling import jit_compile


class Scorer(keras.Model):
    """Wraps a network and its loss for `predict_on_batch` of a dict with "clips".

    What else goes in, and what comes out, is for the `call` of `ClassScorer` and `FrameScorer` to say.

    Args:
        network: what is scored.
        loss: what it is scored by, or None.
        name: Keras' name.
    """

    def __init__(self, network, loss, *, name):
        super().__init__(name=name)
        self.network = network
        self.criterion = loss
        self.jit_compile = jit_compile()
        self.built = True
        self._compiled = {}

    def predict_on_batch(self, x):
        """Keras' own, compiled once for every size of clips; see `Learner.train_on_batch`."""
        shape = x["clips"].shape
        self.predict_function = self._compiled.get(shape)
        outputs = super().predict_on_batch(x)
        self._compiled[shape] = self.predict_function
        return outputs
