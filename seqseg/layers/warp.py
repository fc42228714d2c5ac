"""Backward warping of maps along a flow, shared by losses, memories and frame predictors."""

from keras import ops

from seqseg.layers.resize import resize_to
from seqseg.layers.sample import sample
from seqseg.layers.tensor import Tensor


def warp(frames: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
    """Sample frames (..., h, w, c) at x + flow (..., h, w, 2), bilinearly -> the warped frames and 1 where inside.

    `flow` is (right, down) in pixels from a pixel of the result to where it was. Pixels that come from outside are 0,
    and so is the second result there, (..., h, w). Gradients reach the frames and not the flow.
    """
    *_, height, width, channels = shape = ops.shape(frames)
    flow = ops.stop_gradient(ops.convert_to_tensor(flow))
    x = flow[..., 0] + ops.arange(width, dtype=flow.dtype)
    y = flow[..., 1] + ops.arange(height, dtype=flow.dtype)[:, None]
    inside = (x >= 0) & (x <= ops.cast(width - 1, x.dtype)) & (y >= 0) & (y <= ops.cast(height - 1, y.dtype))
    folded = ops.reshape(frames, (-1, height, width, channels))
    warped = ops.reshape(sample(folded, ops.reshape(flow, (-1, height, width, 2))), shape)
    known = ops.cast(inside, frames.dtype)
    return warped * known[..., None], known


def flow_at(flow: Tensor, size: tuple[int, int]) -> Tensor:
    """A flow (n, h, w, 2) for maps of another `size` of the same frames, in pixels of those."""
    before = ops.shape(flow)[1:3]
    down, right = (ops.cast(new, "float32") / ops.cast(old, "float32") for new, old in zip(size, before, strict=True))
    return resize_to(flow, size) * ops.stack([right, down])
