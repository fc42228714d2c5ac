"""Frames without labels for a ladder network, which has costs for them of its own."""

from typing import Any

import keras

from seqseg.errors import ConfigError
from seqseg.models.clip_model import ClipModel
from seqseg.training.unlabelled.learning import UnlabelledLearning


class Denoising(UnlabelledLearning):
    """Hands both batches to a ladder network, whose denoising costs are in its own losses.

    Args:
        network: a model that takes {"labelled": clips, "unlabelled": clips} while it is trained.
        steps: of the run.

    Raises:
        ConfigError: the network is not a ladder network.
    """

    def __init__(self, network: ClipModel, steps: int) -> None:
        if not hasattr(network, "check_streams"):
            raise ConfigError(
                f"training.unlabelled = ladder needs a ladder network, and {network.card.model} is not one; "
                'take model.name = "ladder", or another method, such as mean_teacher'
            )
        super().__init__(network, weight=1.0, ramp=0, name="ladder")

    def call(self, inputs: dict[str, Any], training: bool | None = None) -> keras.KerasTensor:
        return self.network({name: inputs[name] for name in ("labelled", "unlabelled")}, training=training)
