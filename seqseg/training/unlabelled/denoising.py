"""Frames without labels teach a ladder network, which knows itself how."""

from seqseg.errors import ConfigError
from seqseg.training.unlabelled.learning import UnlabelledLearning


class Denoising(UnlabelledLearning):
    """Hands both batches to a ladder network, whose denoising costs are in its own losses.

    Args:
        network: a model that takes {"labelled": clips, "unlabelled": clips} while it is trained.
        steps: of the run.

    Raises:
        ConfigError: the network is no ladder.
    """

    def __init__(self, network, steps):
        if not hasattr(network, "check_streams"):
            raise ConfigError(
                f"training.unlabelled = ladder needs a ladder network, and {network.card.model} is none; "
                'take model.name = "ladder", or another method, such as mean_teacher'
            )
        super().__init__(network, weight=1.0, ramp=0, name="ladder")

    def call(self, inputs, training=None):
        return self.network({name: inputs[name] for name in ("labelled", "unlabelled")}, training=training)
