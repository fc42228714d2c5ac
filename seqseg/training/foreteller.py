"""Clips in, predicted frames out, and the loss with them: what validation of a predictor of frames runs."""

import keras
from keras import ops

from seqseg.training.learner import jit_compile


class Foreteller(keras.Model):
    """{"clips": (n, t, h, w, c), "targets": the same} -> {"frames": predictions float32, "loss": (1,)}.

    Args:
        network: a model that predicts frames.
        loss: a `FrameLoss`.
        context: frames that are given; the others are rolled out, and predictions begin with the first after the
            context. None gives all: every frame is predicted from the true ones before it.
    """

    def __init__(self, network, loss, *, context=None):
        super().__init__(name="foreteller")
        self.network = network
        self.criterion = loss
        self.context = context
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

    def call(self, inputs):
        clips, targets = inputs["clips"], inputs["targets"]
        if self.context is None:
            frames = self.network(clips, training=False)
        else:
            frames = self.network.roll_out(clips[:, : self.context], clips.shape[1] - self.context + 1)
            targets = targets[:, self.context - 1 :]
        return {"frames": frames, "loss": ops.reshape(self.criterion(targets, frames), (1,))}
