"""Consistency: a prediction does not change where the picture does not."""

from typing import Any

import keras
from keras import ops

from seqseg.errors import ConfigError
from seqseg.losses import consistency_loss, warped_consistency
from seqseg.losses.temporal import TOLERANCE
from seqseg.models.clip_model import ClipModel
from seqseg.training.unlabelled.batches import FINE
from seqseg.training.unlabelled.learning import UnlabelledLearning, check_number, logits_of_both


class Consistency(UnlabelledLearning):
    """`seqseg.losses.consistency_loss` of the unlabelled clips, or with `motion` ETC's, along the optical flow.

    Args:
        network: the model that learns.
        steps: of the run.
        weight, ramp: see `UnlabelledLearning`; None grows over the first fifth of the run.
        tolerance: the difference in brightness at which a pair of pixels has the weight 1/e; see the loss.
        motion: warp the earlier prediction by the optical flow of the frames (OpenCV's DIS) before the comparison.

    Raises:
        ConfigError: an option out of its range, or a network that finds several classes a pixel.
    """

    needs_motion = True

    def __init__(
        self,
        network: ClipModel,
        steps: int,
        *,
        weight: float = 0.4,
        ramp: int | None = None,
        tolerance: float = TOLERANCE,
        motion: bool = False,
    ) -> None:
        super().__init__(network, weight=weight, ramp=steps // 5 if ramp is None else ramp, name="consistency")
        check_number("tolerance", tolerance, least=1)
        if not isinstance(motion, bool):
            raise ConfigError(f"training.unlabelled needs true or false for motion, got {motion!r}")
        if network.card.head == "multi_label":
            raise ConfigError(
                "training.unlabelled = consistency compares one class a pixel, but the model's head is multi_label; "
                "take mean_teacher or next_frame"
            )
        self.tolerance = tolerance
        self.motion = motion

    def call(self, inputs: dict[str, Any], training: bool | None = None) -> keras.KerasTensor:
        labelled, unlabelled = inputs["labelled"], inputs["unlabelled"]
        logits, others = logits_of_both(self.network, labelled, unlabelled, training=training)
        if self.motion:
            flow = ops.cast(inputs["flow"], "float32") / FINE
            cost = warped_consistency(others, unlabelled, flow, tolerance=self.tolerance)
        else:
            cost = consistency_loss(others, unlabelled, tolerance=self.tolerance)
        self.add_cost(cost)
        return logits
