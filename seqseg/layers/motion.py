"""Motion between two frames, without weights: pyramidal Lucas-Kanade, dense (Bouguet 2001)."""

from keras import ops

from seqseg.layers.resize import resize_to
from seqseg.layers.sample import sample
from seqseg.layers.tensor import Tensor

FLAT = 1e-4
"""Added to the mean squared slope of pixels of 0–1: where there is none, nothing moves."""
SPREAD = 7
"""Side of the square over which the flow of every level is smoothed at the end."""


def lucas_kanade(before: int, after: int, *, levels: int = 4, window: int = 9, iterations: int = 2) -> Tensor:
    """The flow from every pixel of `after` to where it was in `before`, (n, h, w, 2) in pixels right and down.

    At every level of a pyramid, from the coarsest, a window around each pixel is moved by least squares on its slopes.
    No gradient passes. It finds motion of up to about 2 ** levels pixels.

    Args:
        before: (n, h, w, c) of 0–1.
        after: as `before`.
        levels: of the pyramid, each half the size.
        window: side of the square of pixels that move together, odd.
        iterations: at every level; each moves by up to a pixel there.
    """
    before, after = (ops.mean(ops.convert_to_tensor(frames), axis=-1, keepdims=True) for frames in (before, after))
    pyramid = [(before, after)]
    while len(pyramid) < levels:
        pyramid.append(tuple(map(_halved, pyramid[-1])))
    flow = ops.zeros_like(ops.concatenate([pyramid[-1][0]] * 2, axis=-1))
    for level, (before, after) in enumerate(reversed(pyramid)):
        if level:
            flow = _doubled(flow, after)
        right, down = _slopes(after)
        products = ops.concatenate([right * right, right * down, down * down], axis=-1)
        xx, xy, yy = ops.split(_mean_around(products, window), 3, axis=-1)
        xx, yy = xx + FLAT, yy + FLAT
        for _ in range(iterations):
            ahead = after - sample(before, flow)
            x, y = ops.split(_mean_around(ops.concatenate([right * ahead, down * ahead], axis=-1), window), 2, axis=-1)
            step = ops.concatenate([yy * x - xy * y, xx * y - xy * x], axis=-1) / (xx * yy - xy * xy)
            flow = flow + ops.clip(step, -1, 1)
        flow = _mean_around(flow, SPREAD) / _mean_around(ops.ones_like(flow[..., :1]), SPREAD)
    return ops.stop_gradient(flow)


def _slopes(frames: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences to the right and down, (n, h, w, 1) each; the border goes on as it is."""
    beside = ops.concatenate([frames[:, :, :1], frames, frames[:, :, -1:]], axis=2)
    below = ops.concatenate([frames[:, :1], frames, frames[:, -1:]], axis=1)
    return (beside[:, :, 2:] - beside[:, :, :-2]) / 2, (below[:, 2:] - below[:, :-2]) / 2


def _mean_around(maps: Tensor, window: int) -> Tensor:
    """The mean over a window around each pixel, zeros beyond the border."""
    weights = ops.full((window, 1, maps.shape[-1], 1), 1 / window, dtype=maps.dtype)
    maps = ops.depthwise_conv(maps, weights, padding="same", data_format="channels_last")
    weights = ops.transpose(weights, (1, 0, 2, 3))
    return ops.depthwise_conv(maps, weights, padding="same", data_format="channels_last")


def _halved(frames: Tensor) -> Tensor:
    """Means of 2 x 2 pixels: (n, h, w, c) -> (n, ceil(h / 2), ceil(w / 2), c), the last row and column repeated."""
    height, width = ops.shape(frames)[1:3]
    frames = ops.concatenate([frames, frames[:, height - height % 2 :]], axis=1)
    frames = ops.concatenate([frames, frames[:, :, width - width % 2 :]], axis=2)
    return ops.average_pool(frames, 2, strides=2)


def _doubled(flow: Tensor, like: Tensor | None) -> Tensor:
    """A flow of half the size at the size of `like`, in pixels of that."""
    height, width = ops.shape(like)[1:3]
    tall, wide = ops.shape(flow)[1:3]
    larger = resize_to(flow, (2 * tall, 2 * wide))
    return 2 * larger[:, :height, :width]
