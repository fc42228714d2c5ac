"""Change the size of maps."""

import keras
import numpy as np
from keras import ops

from seqseg.layers.tensor import Tensor


def resize_to(maps: Tensor, size: tuple[int, int], *, interpolation: str = "bilinear") -> Tensor:
    """Resize (n, h, w, c) to `size`, in float32. The size may be known only when a graph runs.

    TensorFlow with XLA cannot differentiate a bilinear resize of half precision.
    """
    known = all(isinstance(length, int) for length in size)
    if known and tuple(maps.shape[1:3]) == tuple(size):
        return maps
    maps = ops.cast(maps, "float32")
    if not known and keras.backend.backend() == "tensorflow":
        import tensorflow

        # Keras asks whether the size is positive, which a tensor in a graph cannot answer.
        return tensorflow.image.resize(maps, size, method=interpolation)
    return ops.image.resize(maps, size, interpolation=interpolation)


def shrink_to(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Shrink images (n, h, w, c) of 0–255 to `size` by the mean of what each pixel covers; float32, whole numbers.

    The same as OpenCV's INTER_AREA, which training shrinks its frames with, so that a stream sees what training saw.
    """
    rows, columns = (_coverage(before, after) for before, after in zip(images.shape[1:3], size, strict=True))
    means = ops.einsum("oh,nhwc->nowc", rows, ops.cast(images, "float32"))
    return ops.round(ops.einsum("pw,nowc->nopc", columns, means))


def _coverage(before: int, after: int) -> Tensor:
    """Row k holds the share of each of `before` pixels in pixel k of `after`; rows add up to one."""
    edges = np.arange(after + 1) * before / after
    pixels = np.arange(before)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.maximum(covered, 0).astype("float32") * np.float32(after / before)
