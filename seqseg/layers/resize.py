"""Change the size of maps."""

from keras import ops


def resize_to(maps, size, *, interpolation="bilinear"):
    """Resize (n, h, w, c) to `size`, in float32.

    TensorFlow with XLA cannot differentiate a bilinear resize of half precision.
    """
    if tuple(maps.shape[1:3]) == tuple(size):
        return maps
    return ops.image.resize(ops.cast(maps, "float32"), size, interpolation=interpolation)
