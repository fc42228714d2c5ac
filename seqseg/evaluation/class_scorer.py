"""Clips in, classes out, and the loss with them: what validation and evaluation run."""

from keras import ops

from seqseg.evaluation.scorer import Scorer
from seqseg.layers import fold, replace_logits, unfold


class ClassScorer(Scorer):
    """{"clips": (n, t, h, w, c), "labels": (n, t, h, w)} -> {"classes": uint8 (n, t, h, w), "loss", "weight"}.

    A conditioned network also takes "condition" (n, t, k).

    Args:
        network: a `Segmenter`.
        loss: a `SegmentationLoss`; its sums over a batch come out as "loss" and "weight", (1,) each. None needs no
            labels and gives classes alone.
        planes: give planes (n, t, h, w, classes) of 0 and 1 instead of one class a pixel.
        placement: where frames of another size stand in the clips: classes are then of that size, and the rows of clips
            the tiles of one window. Logits are resized (bilinear) before the class is chosen, so that edges fall
            between pixels and not on blocks.
    """

    def __init__(self, network, loss=None, *, planes=False, placement=None):
        super().__init__(network, loss, name="scorer")
        self.planes = planes
        self.placement = placement

    def call(self, inputs):
        clips = inputs["clips"]
        logits = self.network(clips, condition=inputs.get("condition"), training=False)
        if self.placement is not None:
            logits = self._at_the_source(logits, clips.shape[1])
        chosen = self.network.labels(logits) if self.planes else ops.argmax(logits, axis=-1)
        outputs = {"classes": ops.cast(chosen, "uint8")}
        if self.criterion is not None:
            total, weight = self.criterion.sums(inputs["labels"], logits)
            outputs |= {"loss": ops.reshape(total, (1,)), "weight": ops.reshape(weight, (1,))}
        return outputs

    def _at_the_source(self, logits, timesteps):
        """Logits of the tiles of a window (tiles, t, h, w, k) -> of the window (1, t, y, x, k)."""
        frames = fold(ops.swapaxes(logits, 0, 1))  # the tiles of a frame side by side
        return unfold(replace_logits(frames, self.placement), timesteps)
