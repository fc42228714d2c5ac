"""Clips in, classes and the loss out, for validation and evaluation."""

from typing import Any

import keras
from keras import ops

from seqseg.evaluation.scorer import Scorer
from seqseg.geometry import Placement
from seqseg.layers import fold, restore_logits, unfold
from seqseg.models.clip_model import ClipModel


class ClassScorer(Scorer):
    """{"clips": (n, t, h, w, c), "labels": (n, t, h, w)} -> {"classes": uint8 (n, t, h, w), "loss", "weight"}.

    A conditioned network also takes "condition" (n, t, k).

    Args:
        network: a `Segmenter`.
        loss: a `SegmentationLoss`; the outputs "loss" and "weight", (1,) each, are its sums over a batch. None needs no
            labels and gives only classes.
        planes: give planes (n, t, h, w, classes) of 0 and 1 instead of one class a pixel.
        placement: of frames of another size in the clips. Classes then have the size of the frames, and the rows
            of a batch are the tiles of one window. Logits are resized (bilinear) before the class is chosen, so that
            edges are smooth.
    """

    def __init__(
        self,
        network: ClipModel,
        loss: keras.losses.Loss | None = None,
        *,
        planes: bool = False,
        placement: Placement | None = None,
    ) -> None:
        super().__init__(network, loss)
        self.planes = planes
        self.placement = placement

    def call(self, inputs: dict[str, Any]) -> dict[str, Any]:
        clips = inputs["clips"]
        logits = self.network(clips, condition=inputs.get("condition"), training=False)
        if self.placement is not None:
            logits = _at_source_size(logits, self.placement, timesteps=clips.shape[1])
        chosen = self.network.labels(logits) if self.planes else ops.argmax(logits, axis=-1)
        outputs = {"classes": ops.cast(chosen, "uint8")}
        if self.criterion is not None:
            total, weight = self.criterion.sums(inputs["labels"], logits)
            outputs |= {"loss": ops.reshape(total, (1,)), "weight": ops.reshape(weight, (1,))}
        return outputs


def _at_source_size(logits: Any, placement: Placement, *, timesteps: int) -> Any:
    """Logits of the tiles of a window (tiles, t, h, w, k) -> of the window (1, t, y, x, k)."""
    frames = fold(ops.swapaxes(logits, 0, 1))  # the tiles of a frame follow each other
    return unfold(restore_logits(frames, placement), timesteps)
