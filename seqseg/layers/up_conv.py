"""Doubling and convolving in one: nearest upsampling and a convolution at less than half their cost."""

from typing import Any

import keras
import numpy as np
from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers.tensor import Config, Shape, Tensor


@keras.saving.register_keras_serializable("seqseg")
class UpConv(keras.layers.Layer):
    """Double by nearest neighbour, join the skip, convolve, ReLU: (n, ceil(h/2), ceil(w/2), c) -> (n, h, w, filters).

    The weights are those of one convolution over [skip, doubled features]. Neighbouring pixels of a doubled map are
    equal; adding up the taps that meet the same value gives a transposed convolution over the small map. On two cores
    this takes 0.45 of the time forward and 0.5 in training, and the doubled map, the largest of the whole network, is
    never allocated. Odd sizes are cropped at the end.

    Args:
        filters: channels of the output.
        kernel_size: side of the square kernel, odd.
    """

    def __init__(self, filters: int, *, kernel_size: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if kernel_size % 2 == 0:
            raise ConfigError(f"kernel_size must be odd, got {kernel_size}")
        self.filters = filters
        self.kernel_size = kernel_size

    def build(self, features_shape: Shape, skip_shape: Shape | None = None) -> None:
        self.skip_channels = 0 if skip_shape is None else skip_shape[-1]
        channels = self.skip_channels + features_shape[-1]
        shape = (self.kernel_size, self.kernel_size, channels, self.filters)
        self.kernel = self.add_weight(shape, initializer="glorot_uniform", name="kernel")
        self.bias = self.add_weight((self.filters,), initializer="zeros", name="bias")

    def call(self, features: Tensor, skip: Tensor | None, like: Tensor | None = None) -> Tensor:
        """`skip` is joined; `like`, given instead, only sets the size."""
        target = like if skip is None else skip
        height, width = ops.shape(target)[1:3]
        kernel = ops.convert_to_tensor(self.kernel)
        doubled = double_and_convolve(features, kernel[:, :, self.skip_channels :])[:, :height, :width]
        if skip is not None:
            doubled = doubled + ops.conv(skip, kernel[:, :, : self.skip_channels], padding="same")
        return ops.relu(doubled + self.bias)

    def get_config(self) -> Config:
        return super().get_config() | {"filters": self.filters, "kernel_size": self.kernel_size}


def double_and_convolve(features: Tensor, kernel: Tensor) -> Tensor:
    """`conv(repeat 2 x 2(features), kernel)` with same padding: (n, h, w, c) and (k, k, c, f) -> (n, 2h, 2w, f)."""
    # oneDNN has a strided transposed convolution. XLA on CPUs takes 7 times as long for the gradient of one.
    if keras.backend.backend() == "tensorflow":
        return _transposed(features, kernel)
    return _phases(features, kernel)


def _transposed(features: Tensor, kernel: Tensor) -> Tensor:
    """A transposed convolution of stride 2: each pixel paints the kernel spread over its 2 x 2 copies."""
    spread = ops.transpose(ops.flip(kernel, axis=(0, 1)), (0, 1, 3, 2))
    spread = ops.pad(spread, [[1, 1], [0, 0], [0, 0], [0, 0]])
    spread = spread[:-1] + spread[1:]
    spread = ops.pad(spread, [[0, 0], [1, 1], [0, 0], [0, 0]])
    spread = spread[:, :-1] + spread[:, 1:]
    return ops.conv_transpose(features, spread, strides=2, padding="same")


def _phases(features: Tensor, kernel: Tensor) -> Tensor:
    """One convolution for all four phases of the doubled map side by side, then the phases woven together."""
    batch, height, width, _ = ops.shape(features)
    filters = kernel.shape[-1]
    reach = kernel.shape[0] // 2
    sums = [ops.convert_to_tensor(_tap_sums(reach, phase), kernel.dtype) for phase in (0, 1)]
    kernels = [ops.einsum("or,pc,rcif->opif", rows, columns, kernel) for rows in sums for columns in sums]
    margin = (reach + 1) // 2
    padded = ops.pad(features, [[0, 0], [margin, margin], [margin, margin], [0, 0]])
    phases = ops.conv(padded, ops.concatenate(kernels, axis=-1), padding="valid")
    woven = []
    for row in (0, 1):
        top = row * (reach % 2)
        pair = []
        for column in (0, 1):
            left, first = column * (reach % 2), (2 * row + column) * filters
            pair.append(phases[:, top : top + height, left : left + width, first : first + filters])
        woven.append(ops.reshape(ops.stack(pair, axis=3), (batch, height, 2 * width, filters)))
    return ops.reshape(ops.stack(woven, axis=2), (batch, 2 * height, 2 * width, filters))


def _tap_sums(reach: int, phase: int) -> Tensor:
    """Which taps of a kernel of side 2 * reach + 1 meet the same small pixel, at even (0) or odd (1) doubled pixels."""
    taps = np.arange(-reach, reach + 1)
    offsets = (phase + taps) // 2
    first = -((reach + 1) // 2) + phase * (reach % 2)
    return (offsets[None] == first + np.arange(reach + 1)[:, None]).astype("float32")
