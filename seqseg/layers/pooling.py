"""Max-pooling with the places of the maxima, and unpooling (Badrinarayanan et al. 2017)."""

import keras
from keras import ops

from seqseg.layers.tensor import Tensor


def pool_with_places(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Max-pooling by 2: (n, h, w, c) -> maxima (n, ceil(h/2), ceil(w/2), c) and their places 0–3 in each 2 x 2 block.

    Example:
        >>> pooled, places = pool_with_places(maps)
        >>> sparse = unpool(pooled, places, ops.shape(maps)[1:3])
    """
    batch, height, width, channels = ops.shape(maps)
    tall, wide = (height + 1) // 2, (width + 1) // 2
    maps = ops.concatenate([maps, _never(maps[:, :1])], axis=1)[:, : 2 * tall]
    maps = ops.concatenate([maps, _never(maps[:, :, :1])], axis=2)[:, :, : 2 * wide]
    blocks = ops.reshape(maps, (batch, tall, 2, wide, 2, channels))
    blocks = ops.reshape(ops.transpose(blocks, (0, 1, 3, 5, 2, 4)), (batch, tall, wide, channels, 4))
    return ops.max(blocks, axis=-1), ops.argmax(blocks, axis=-1)


def unpool(maps: Tensor, places: Tensor, size: tuple[int, int]) -> Tensor:
    """Put every value back where its maximum was, zeros elsewhere: (n, h, w, c) -> (n, *size, c)."""
    batch, tall, wide, channels = ops.shape(maps)
    chosen = ops.one_hot(places, 4, dtype=keras.backend.standardize_dtype(maps.dtype))
    blocks = ops.reshape(chosen * ops.expand_dims(maps, -1), (batch, tall, wide, channels, 2, 2))
    spread = ops.reshape(ops.transpose(blocks, (0, 1, 4, 2, 5, 3)), (batch, 2 * tall, 2 * wide, channels))
    height, width = size
    return spread[:, :height, :width]


def _never(border: str | float) -> Tensor:
    """A border that no maximum comes from."""
    return ops.full_like(border, float("-inf"))
