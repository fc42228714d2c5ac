"""Seven ways to enlarge maps by a whole factor, chosen by name."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.layers.enlarge import ENLARGE, depth_to_space
from seqseg.layers.pooling import unpool
from seqseg.layers.tensor import Config, Shape, Tensor
from seqseg.registry import as_table, make


@keras.saving.register_keras_serializable("seqseg")
class Resize(keras.layers.Layer):
    """Maps (n, h, w, c) `factor` times larger, cut to the size of `like`; no weights.

    Args:
        factor: a whole number.
        interpolation: "nearest", "bilinear" or "bicubic" (Keys 1981), between pixel centres; the last two in float32.
    """

    def __init__(self, factor: int = 2, *, interpolation: str = "bilinear", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if interpolation not in ENLARGE:
            raise ConfigError(f"unknown interpolation {interpolation!r}; there are: {', '.join(ENLARGE)}")
        self.factor = _checked(factor)
        self.interpolation = interpolation

    def call(self, maps: Tensor, like: Tensor | None = None) -> Tensor:
        return _cut(ENLARGE[self.interpolation](maps, self.factor), like)

    def get_config(self) -> Config:
        return super().get_config() | {"factor": self.factor, "interpolation": self.interpolation}


@keras.saving.register_keras_serializable("seqseg")
class Deconvolution(keras.layers.Layer):
    """Transposed convolution of `factor`, every channel to every channel, without bias; cut to the size of `like`.

    The kernel's side is 2 * factor, less one for odd factors, so that every pixel is painted equally often.

    Args:
        factor: a whole number.
        start: "bilinear" starts as bilinear interpolation (Long et al. 2015), "random" as any convolution does.
        learned: False freezes the kernel.
    """

    def __init__(self, factor: int = 2, *, start: str = "random", learned: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if start not in ("bilinear", "random"):
            raise ConfigError(f'start must be "bilinear" or "random", got {start!r}')
        self.factor = _checked(factor)
        self.start = start
        self.learned = learned

    def build(self, shape: Shape, *_: Any) -> None:
        side = 2 * self.factor - self.factor % 2
        start = "glorot_uniform" if self.start == "random" else bilinear_kernel
        shape = (side, side, shape[-1], shape[-1])
        self.kernel = self.add_weight(shape, initializer=start, trainable=self.learned, name="kernel")

    def call(self, maps: Tensor, like: Tensor | None = None) -> Tensor:
        kernel = ops.cast(self.kernel, self.compute_dtype)
        return _cut(ops.conv_transpose(maps, kernel, strides=self.factor, padding="same"), like)

    def get_config(self) -> Config:
        return super().get_config() | {"factor": self.factor, "start": self.start, "learned": self.learned}


@keras.saving.register_keras_serializable("seqseg")
class DepthToSpace(keras.layers.Layer):
    """Convolve to factor² times the channels and spread them over space (Shi et al. 2016); cut to the size of `like`.

    All factor² groups of the kernel start equal (ICNR, Aitken et al. 2017), so at first the layer is a convolution
    with nearest upsampling, without a checkerboard.

    Args:
        factor: a whole number.
        kernel_size: side of the square kernel.
    """

    def __init__(self, factor: int = 2, *, kernel_size: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = _checked(factor)
        self.kernel_size = kernel_size

    def build(self, shape: Shape, *_: Any) -> None:
        copies, channels = self.factor**2, shape[-1]

        def begin_equal(shape: Shape, dtype: Any = None) -> Tensor:
            first = keras.initializers.GlorotUniform()((*shape[:-1], channels), dtype=dtype)
            return ops.tile(first, (1, 1, 1, copies))

        shape = (self.kernel_size, self.kernel_size, channels, channels * copies)
        self.kernel = self.add_weight(shape, initializer=begin_equal, name="kernel")
        self.bias = self.add_weight((channels * copies,), initializer="zeros", name="bias")

    def call(self, maps: Tensor, like: Tensor | None = None) -> Tensor:
        maps = ops.conv(maps, ops.cast(self.kernel, self.compute_dtype), padding="same")
        return _cut(depth_to_space(maps + ops.cast(self.bias, self.compute_dtype), self.factor), like)

    def get_config(self) -> Config:
        return super().get_config() | {"factor": self.factor, "kernel_size": self.kernel_size}


@keras.saving.register_keras_serializable("seqseg")
class Unpool(keras.layers.Layer):
    """Put every value back where its maximum was (Badrinarayanan et al. 2017), by 2; needs `like` and its places."""

    needs_places = True

    def __init__(self, factor: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if factor != 2:
            raise ConfigError(f"unpooling undoes a pooling by 2, got factor {factor}; take another upsampling")
        self.factor = factor

    def call(self, maps: Tensor, like: Tensor | None, places: Tensor) -> Tensor:
        if maps.shape[-1] != places.shape[-1]:
            raise ModelError(
                f"unpooling needs {places.shape[-1]} channels, as many as were pooled, got {maps.shape[-1]}; "
                "make a memory there a residual, or give it as many filters"
            )
        return unpool(maps, places, ops.shape(like)[1:3])

    def get_config(self) -> Config:
        return super().get_config() | {"factor": self.factor}


def nearest(factor: int = 2, *, dtype: Any = None) -> Tensor:
    """Every pixel repeated."""
    return Resize(factor, interpolation="nearest", dtype=dtype)


def bilinear(factor: int = 2, *, dtype: Any = None) -> Tensor:
    """Between pixel centres, in float32."""
    return Resize(factor, interpolation="bilinear", dtype=dtype)


def bicubic(factor: int = 2, *, dtype: Any = None) -> Tensor:
    """Between pixel centres, in float32."""
    return Resize(factor, interpolation="bicubic", dtype=dtype)


def bilinear_deconv(factor: int = 2, *, learned: bool = False, dtype: Any = None) -> Tensor:
    """A transposed convolution that starts as bilinear interpolation, and is trained only if `learned`."""
    return Deconvolution(factor, start="bilinear", learned=learned, dtype=dtype)


UPSAMPLING: dict[str, Callable[..., keras.layers.Layer]] = {
    "bicubic": bicubic,
    "bilinear": bilinear,
    "bilinear_deconv": bilinear_deconv,
    "deconv": Deconvolution,
    "depth_to_space": DepthToSpace,
    "nearest": nearest,
    "unpool": Unpool,
}
"""Layers that take maps (n, h, w, c) and `like`, whose size they are cut to, by name; the channels stay as they are."""


def make_upsampling(wanted: str | Mapping[str, Any], factor: int = 2, *, dtype: Any = None) -> Tensor:
    """An upsampling by its name, or by a table of name and options: {"name": "bilinear_deconv", "learned": True}."""
    name, options = upsampling_of(wanted)
    return make(UPSAMPLING, "upsampling", name, factor=factor, dtype=dtype, **options)


def upsampling_of(wanted: str | Mapping[str, Any]) -> tuple[Tensor, Tensor]:
    """The name and the options of an upsampling asked for by a name or a table."""
    options = as_table(wanted)
    if "name" not in options:
        raise ConfigError(f"upsampling needs a name, one of {', '.join(UPSAMPLING)}; got {wanted!r}")
    return options.pop("name"), options


def bilinear_kernel(shape: Shape, dtype: Any = None) -> Tensor:
    """A kernel (k, k, c, c) that interpolates: a tent on the pairs of equal channels, zero on the others."""
    side, _, channels, _ = shape
    half = (side + 1) // 2
    centre = half - 1 if side % 2 else half - 0.5
    tent = 1 - np.abs(np.arange(side) - centre) / half
    kernel = np.outer(tent, tent)[..., None, None] * np.eye(channels)
    return ops.convert_to_tensor(kernel, dtype=dtype or "float32")


def _checked(factor: int) -> Tensor:
    if not isinstance(factor, int) or factor < 1:
        raise ConfigError(f"factor must be a whole number of at least 1, got {factor!r}")
    return factor


def _cut(maps: Tensor, like: Tensor | None) -> Tensor:
    if like is None:
        return maps
    height, width = ops.shape(like)[1:3]
    return maps[:, :height, :width]
