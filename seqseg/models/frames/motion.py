"""Frames extrapolated along their motion: the starting point of a frame predictor with `motion`.

A convolution over two frames has to learn motion, and only as far as its kernels reach. The motion from the previous
frame to the current one can be computed; the network only learns how it changes, what it uncovers, and where it is
wrong.
"""

from keras import ops

from seqseg.layers.motion import lucas_kanade
from seqseg.layers.sample import sample
from seqseg.layers.tensor import State, Tensor

MOTION = "motion/frame"
"""State: the last frame, and a map of ones that marks that there was one."""
CORRECTIONS = 3
"""Extra maps of scores: the relative growth of the motion, and pixels to the right and down."""
CLOSE = 4
"""The trunk sees the change that motion makes scaled by this factor, since it is small beside the frame."""
FAR = 8.0
"""Pixels of motion that the trunk sees as it sees white."""


def before_each(clip: Tensor, state: State) -> tuple[Tensor, Tensor]:
    """The frame before each of a clip (n, t, h, w, c), with a map of whether there was one, and the state after."""
    clip = ops.cast(clip, "float32")
    known = ops.concatenate([clip, ops.ones_like(clip[..., :1])], axis=-1)
    before = ops.concatenate([ops.expand_dims(state, 1), known[:, :-1]], axis=1)
    return before, known[:, -1]


def last_motion(before: Tensor, frames: Tensor) -> Tensor:
    """The flow of frames (n, h, w, c) of 0–255 from those before, (n, h, w, 2); none where there was no frame before.

    It leads from a pixel to where it was, and as motion goes on, from a pixel of the next frame to where it is now.
    """
    frame, there = before[..., :-1] / 255.0, before[..., -1:]
    return there * lucas_kanade(frame, ops.cast(frames, "float32") / 255.0)


def hints(frames: Tensor, flow: Tensor) -> Tensor:
    """What the trunk is to see: the frames, what moving them on changes, and the flow, (n, h, w, 2 c + 2) of 0–255."""
    frames = ops.cast(frames, "float32")
    change = 127.5 + CLOSE * (sample(frames, flow) - frames)
    return ops.concatenate([frames, change, 127.5 + (127.5 / FAR) * flow], axis=-1)


def moved_on(frames: Tensor, flow: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
    """Frames moved by a flow as the scores correct it, and the scores that are left for the channels."""
    scores, growth, shift = ops.split(scores, (scores.shape[-1] - CORRECTIONS, scores.shape[-1] - 2), axis=-1)
    return sample(ops.cast(frames, "float32"), flow * (1 + growth) + shift), scores
