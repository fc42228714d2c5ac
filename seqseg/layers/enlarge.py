"""Enlarge maps by a whole factor, without weights."""

import numpy as np
from keras import ops

from seqseg.layers.resize import resize_to
from seqseg.layers.tensor import Tensor


def depth_to_space(maps: Tensor, factor: int) -> Tensor:
    """Channels spread over space: (n, h, w, f * f * c) -> (n, f * h, f * w, c), in TensorFlow's order.

    The c channels of one place stand together. In `torch.nn.PixelShuffle` the f * f places of one channel do.
    """
    batch, height, width, channels = ops.shape(maps)
    channels = channels // factor**2
    blocks = ops.reshape(maps, (batch, height, width, factor, factor, channels))
    blocks = ops.transpose(blocks, (0, 1, 3, 2, 4, 5))
    return ops.reshape(blocks, (batch, height * factor, width * factor, channels))


def _nearest(maps: Tensor, factor: int) -> Tensor:
    return ops.repeat(ops.repeat(maps, factor, axis=1), factor, axis=2)


def _bilinear(maps: Tensor, factor: int) -> Tensor:
    height, width = ops.shape(maps)[1:3]
    return ops.cast(resize_to(maps, (factor * height, factor * width)), maps.dtype)


def _bicubic(maps: Tensor, factor: int) -> Tensor:
    """Ours, since the backends' own disagree: PyTorch's kernel is sharper, and XLA has none on TensorFlow."""
    larger = ops.cast(maps, "float32")
    for axis in (1, 2):
        larger = _cubic_along(larger, factor, axis)
    return ops.cast(larger, maps.dtype)


def _cubic_along(maps: Tensor, factor: int, axis: int) -> Tensor:
    """One axis `factor` times longer. Beyond the border the last pixel goes on."""
    shape = list(ops.shape(maps))
    length = shape[axis]
    first, last = ops.take(maps, [0, 0], axis=axis), ops.take(maps, [length - 1, length - 1], axis=axis)
    wide = ops.concatenate([first, maps, last], axis=axis)
    shifted = [wide[:, k : k + length] if axis == 1 else wide[:, :, k : k + length] for k in range(5)]
    phases = []
    for phase in range(factor):
        weights = _keys((phase + 0.5) / factor - 0.5 - np.arange(-2, 3))
        phases.append(sum(weight * pixels for weight, pixels in zip(weights.tolist(), shifted, strict=True)))
    shape[axis] = length * factor
    return ops.reshape(ops.stack(phases, axis=axis + 1), shape)


def _keys(distances: np.ndarray) -> Tensor:
    """Keys' cubic convolution kernel, exact for parabolas (a = -0.5)."""
    d = np.abs(distances)
    near, far = 1.5 * d**3 - 2.5 * d**2 + 1, -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


ENLARGE = {"nearest": _nearest, "bilinear": _bilinear, "bicubic": _bicubic}
"""Functions of maps (n, h, w, c) and a factor, by name; bilinear and bicubic compute in float32."""
