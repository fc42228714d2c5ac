"""Pixels between pixels."""

from keras import ops

from seqseg.layers.tensor import Tensor


def sample(frames: Tensor, flow: Tensor) -> Tensor:
    """Frames (n, h, w, c) at x + flow (n, h, w, 2), right and down in pixels, bilinearly; the border goes on outside.

    Gradients reach both.
    """
    batch, height, width, channels = ops.shape(frames)
    x = ops.clip(flow[..., 0] + ops.arange(width, dtype=flow.dtype), 0, ops.cast(width - 1, flow.dtype))
    y = flow[..., 1] + ops.arange(height, dtype=flow.dtype)[:, None]
    y = ops.clip(y, 0, ops.cast(height - 1, flow.dtype))
    left, top = ops.floor(x), ops.floor(y)
    across, down = (x - left)[..., None], (y - top)[..., None]
    pixels = ops.reshape(frames, (batch * height * width, channels))
    first = ops.reshape(ops.arange(batch, dtype="int32") * (height * width), (batch, 1, 1))

    def corner(right: int, below: int) -> Tensor:
        column = ops.clip(ops.cast(left, "int32") + right, 0, width - 1)  # below 0 is what NaN may become
        row = ops.clip(ops.cast(top, "int32") + below, 0, height - 1)
        return ops.take(pixels, first + row * width + column, axis=0)

    upper = corner(0, 0) * (1 - across) + corner(1, 0) * across
    lower = corner(0, 1) * (1 - across) + corner(1, 1) * across
    return upper * (1 - down) + lower * down
