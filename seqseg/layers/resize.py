"""Change the size of feature maps and of logits; never blindly by 2."""

from keras import ops


def upsample_to(features, like):
    """Double by nearest neighbour and cut to the size of `like`: (n, ceil(h/2), ceil(w/2), c) -> (n, h, w, c)."""
    height, width = ops.shape(like)[1:3]
    doubled = ops.repeat(ops.repeat(features, 2, axis=1), 2, axis=2)
    return doubled[:, :height, :width, :]


def resize_to(maps, size, *, interpolation="bilinear"):
    """Resize (n, h, w, c) to `size`, in float32.

    TensorFlow with XLA cannot differentiate a bilinear resize of half precision.
    """
    if tuple(maps.shape[1:3]) == tuple(size):
        return maps
    return ops.image.resize(ops.cast(maps, "float32"), size, interpolation=interpolation)
