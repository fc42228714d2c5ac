"""Clips in, predicted frames out, and the loss with them: what validation of a predictor of frames runs."""

from keras import ops

from seqseg.evaluation.scorer import Scorer


class FrameScorer(Scorer):
    """{"clips": (n, t, h, w, c), "targets": the same} -> {"frames": predictions float32, "loss": (1,)}.

    Args:
        network: a model that predicts frames.
        loss: a `FrameLoss`.
        context: frames that are given; the others are rolled out, and predictions begin with the first after the
            context. None gives all: every frame is predicted from the true ones before it.
    """

    def __init__(self, network, loss, *, context=None):
        super().__init__(network, loss, name="scorer")
        self.context = context

    def call(self, inputs):
        clips, targets = inputs["clips"], inputs["targets"]
        if self.context is None:
            frames = self.network(clips, training=False)
        else:
            frames = self.network.roll_out(clips[:, : self.context], clips.shape[1] - self.context + 1)
            targets = targets[:, self.context - 1 :]
        return {"frames": frames, "loss": ops.reshape(self.criterion(targets, frames), (1,))}
