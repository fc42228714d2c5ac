"""Frames brought to where a flow says they went."""

from keras import ops


def warp(frames, flow):
    """Sample frames (..., h, w, c) at x + flow (..., h, w, 2), bilinearly -> the warped frames and 1 where inside.

    `flow` is (right, down) in pixels from a pixel of the result to where it was. Pixels that come from outside are 0,
    and so is the second result there, (..., h, w). Gradients reach the frames and not the flow.
    """
    *_, height, width, _ = shape = ops.shape(frames)
    flow = ops.stop_gradient(flow)
    x = flow[..., 0] + ops.arange(width, dtype=flow.dtype)
    y = flow[..., 1] + ops.arange(height, dtype=flow.dtype)[:, None]
    inside = (x >= 0) & (x <= ops.cast(width - 1, x.dtype)) & (y >= 0) & (y <= ops.cast(height - 1, y.dtype))
    x, y = (ops.where(inside, axis, ops.zeros_like(axis)) for axis in (x, y))
    left, top = ops.floor(x), ops.floor(y)
    pixels = ops.reshape(frames, (*shape[:-3], -1, shape[-1]))

    def corner(right, below):
        share = (x - left if right else 1 - (x - left)) * (y - top if below else 1 - (y - top))
        column = ops.minimum(ops.cast(left, "int32") + right, width - 1)
        row = ops.minimum(ops.cast(top, "int32") + below, height - 1)
        index = ops.reshape(row * width + column, (*shape[:-3], -1, 1))
        return share[..., None] * ops.reshape(ops.take_along_axis(pixels, index, axis=-2), shape)

    warped = corner(0, 0) + corner(0, 1) + corner(1, 0) + corner(1, 1)
    known = ops.cast(inside, frames.dtype)
    return warped * known[..., None], known
