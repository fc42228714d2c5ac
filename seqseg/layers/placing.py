"""Place frames on the network's canvas as a `Placement` says, and logits back at the source's size; any backend."""

from collections.abc import Sequence

import numpy as np
from keras import ops

from seqseg.geometry import Placement, blending_shares
from seqseg.layers.resize import resize_to, shrink_to
from seqseg.layers.tensor import Tensor
from seqseg.renamed import renamed


def place_images(images: Tensor, placement: Placement) -> Tensor:
    """Images (n, h, w, c) of 0-255 of the placement's source size -> what the network sees, (n x tiles, th, tw, c).

    The tiles of an image follow each other. Pixels equal those of training up to rounding.
    """
    images = _scaled(images, placement.inside)
    if any(placement.edges):
        images = _padded(images, placement.edges, placement.border)
    if len(placement.tiles) == 1:
        return images
    height, width = placement.tile
    tiles = [images[:, top : top + height, left : left + width] for top, left in placement.tiles]
    return ops.reshape(ops.stack(tiles, axis=1), (-1, height, width, images.shape[-1]))


def restore_logits(logits: Tensor, placement: Placement) -> Tensor:
    """Logits (n x tiles, th, tw, k) of what `place_images` gave -> at the source's own size, (n, h, w, k), float32.

    Where tiles overlap their logits are blended with Hann windows, without visible seams. Padding is cut off and
    scaling undone.
    """
    if len(placement.tiles) > 1:
        logits = _blended(ops.cast(logits, "float32"), placement)
    if any(placement.edges):
        rows, columns = placement.window
        logits = logits[:, rows, columns]
    return resize_to(logits, placement.source)


def _scaled(images: Tensor, size: tuple[int, int]) -> Tensor:
    height, width = images.shape[1:3]
    if (height, width) == tuple(size):
        return images
    if size[0] > height or size[1] > width:
        return ops.round(resize_to(images, size))
    return shrink_to(images, size)


def _padded(images: Tensor, edges: Sequence[int], border: str | float) -> Tensor:
    above, below, left, right = edges
    if border != "reflect":
        return ops.pad(images, ((0, 0), (above, below), (left, right), (0, 0)), constant_values=border)
    height, width = images.shape[1:3]
    images = ops.take(images, reflected(height, above, below), axis=1)
    return ops.take(images, reflected(width, left, right), axis=2)


def reflected(length: int, before: int, after: int) -> Tensor:
    """The index, of `length` pixels, of each padded pixel: mirrored at the first and last as often as needed."""
    if length == 1:
        return np.zeros(before + 1 + after, "int32")
    period = 2 * (length - 1)
    places = np.arange(-before, length + after) % period
    return np.minimum(places, period - places).astype("int32")


def _blended(logits: Tensor, placement: Placement) -> Tensor:
    """Along one axis, then along the other: tiles stand in a grid."""
    tops, lefts = (sorted({tile[axis] for tile in placement.tiles}) for axis in (0, 1))
    height, width = placement.tile
    grid = ops.reshape(logits, (-1, len(tops), len(lefts), height, width, logits.shape[-1]))
    bands = _joined([grid[:, :, column] for column in range(len(lefts))], lefts, placement.canvas[1], axis=3)
    return _joined([bands[:, row] for row in range(len(tops))], tops, placement.canvas[0], axis=1)


def _joined(parts: Sequence[Tensor], starts: Sequence[int], whole: int, *, axis: int) -> Tensor:
    """The parts at their starts along an axis, weighted so that all weights at a pixel add up to one."""
    size, rank = parts[0].shape[axis], len(parts[0].shape)
    total = 0
    shares = np.asarray(blending_shares(tuple(starts), size, whole), "float32")
    for part, start, weights in zip(parts, starts, shares, strict=True):
        margins = [(0, 0)] * rank
        margins[axis] = (start, whole - start - size)
        total = total + ops.pad(part * np.reshape(weights, [-1 if k == axis else 1 for k in range(rank)]), margins)
    return total


__getattr__ = renamed(__name__, {"replace_logits": ("restore_logits", restore_logits)})
