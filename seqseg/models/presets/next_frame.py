"""Networks that predict the next frame."""

from seqseg.errors import ConfigError
from seqseg.models.frames.motion import CORRECTIONS
from seqseg.models.frames.trunks import DepthToSpaceTrunk, PatchTrunk


def frame_predictor(*, classes, filters=32, depth=3, kernel_size=5, memory="convlstm", norm="group", motion=False):
    """image-models' lstm_next_frame, corrected: strided down, depth-to-space up, a memory at every level of both ways.

    Args:
        filters: channels at full and at half the size; doubled at every further level.
        depth: how often the size is halved.
        kernel_size: side of the memories' kernels.
        memory: "convlstm" or "convgru".
        norm: "group", "batch" or "none".
        motion: whether each frame is first moved on by its own motion, found by Lucas-Kanade, which the network then
            corrects; see `seqseg.models.frames.motion`.
    """
    if not isinstance(motion, bool):
        raise ConfigError(f"motion must be true or false, got {motion!r}")
    outputs = classes + CORRECTIONS * motion
    trunk = DepthToSpaceTrunk(filters, depth=depth, kernel_size=kernel_size, memory=memory, norm=norm, outputs=outputs)
    return {"trunk": trunk, "output": "residual", "motion": motion}


def convlstm_s(*, filters=128, layers=4, kernel_size=5, patch=4):
    """OpenSTL's ConvLSTM-S, the reference model: four ConvLSTMs over patches of 4 x 4, and a 1 x 1 convolution.

    11,677,696 parameters with 1 channel. OpenSTL's 15.0 M hold 3.3 M that its cells never use, the convolution of
    their output over [h, c]; ours have biases, its have none.

    Args:
        filters: channels of every memory.
        layers: how many memories.
        kernel_size: side of their kernels.
        patch: side of the square of pixels whose values stand together as channels.
    """
    trunk = PatchTrunk(filters, layers=layers, kernel_size=kernel_size, patch=patch)
    return {"trunk": trunk, "output": "plain"}
