"""MobileNetV2 as phones run it: batch norms folded into biases, 16 times smaller at most, each point in its middle."""

from typing import Any

import keras
from keras import layers, ops

from seqseg.models.backbones.scaling import SCALINGS, scaled

STRIDE = 16

_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 1), (6, 320, 1, 1))
"""Expansion, channels, blocks and stride of each stage; the sixth had stride 2 and what follows it is dilated."""

_LEVELS = {0: "P1", 2: "P2", 5: "P3", 16: "P4"}
"""The block whose output is the level."""

_FIRST_DILATED = 14


@keras.saving.register_keras_serializable("seqseg")
class FoldedMobileNetV2(keras.layers.Layer):
    """MobileNetV2 (Sandler et al. 2018) of output stride 16: images (n, h, w, c) of 0–255 -> {"P1": …, …, "P4": …}.

    Every convolution has a bias in the place of its batch norm, so a step is convolutions alone, which every runtime
    fuses with their bias and ReLU6. The levels are the narrow ends of blocks: 16, 24, 32 and 320 channels.

    A point of "P4" is centred on its 16 x 16 pixels, as bilinear enlarging assumes: the
    kernel of the last stride is moved by one point. With TensorFlow's "same" padding it would look at their lower right
    corner. Images are filled up at the lower and right edge with zeros to a multiple of 16.

    Args:
        alpha: width of all the blocks; channels are rounded to multiples of 8.
    """

    levels = tuple(_LEVELS.values())

    def __init__(self, *, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha
        self.scale, self.offset = SCALINGS["unit"].scale, SCALINGS["unit"].offset
        self.channels: dict[str, int] | None = None
        self.taps: keras.Model | None = None

    def build(self, images_shape):
        self.taps = _network(images_shape[-1], self.alpha, self.dtype_policy)
        self.channels = {level: self.taps.output[level].shape[-1] for level in self.levels}

    def call(self, images, training=None):
        _, height, width, _ = ops.shape(images)
        images = ops.cast(scaled(images, SCALINGS["unit"]), self.compute_dtype)
        below, right = -height % STRIDE, -width % STRIDE
        if not (isinstance(below, int) and isinstance(right, int) and below == right == 0):
            images = ops.pad(images, ((0, 0), (0, below), (0, right), (0, 0)))
        pyramid = self.taps(images, training=training)
        return {level: _cut(pyramid[level], level, height, width) for level in self.levels}

    def get_config(self):
        return super().get_config() | {"alpha": self.alpha}


def _cut(features, level, height, width):
    stride = 2 ** int(level[1:])
    return features[:, : -(-height // stride), : -(-width // stride)]


def _network(channels, alpha, dtype):
    """The functional model, scaled images -> dict of levels."""
    images = keras.Input((None, None, channels), name="images")
    stem = layers.Conv2D(_width(32, alpha), 3, strides=2, padding="same", dtype=dtype, name="stem")
    features = _relu6(stem(images), "stem", dtype)
    taps, block = {}, 0
    for expansion, filters, repeats, stride in _STAGES:
        for repeat in range(repeats):
            first = stride if repeat == 0 else 1
            features = _block(features, block, expansion, _width(filters, alpha), first, dtype)
            if block in _LEVELS:
                taps[_LEVELS[block]] = features
            block += 1
    return keras.Model(images, taps, name="mobilenetv2_folded")


def _block(features, number, expansion, filters, stride, dtype):
    """An inverted residual block: widen, look around, narrow."""
    name, before, width = f"block_{number}", features, features.shape[-1]
    if expansion != 1:
        widen = layers.Conv2D(expansion * width, 1, dtype=dtype, name=f"{name}_expand")
        features = _relu6(widen(features), f"{name}_expand", dtype)
    padding = "same"
    if stride == 2 and number == 6:  # from 8 to 16: the offsets of the strides so far are 1 + 2 + 4 = 7 pixels
        features = layers.ZeroPadding2D(((1, 0), (1, 0)), dtype=dtype, name=f"{name}_pad")(features)
        padding = "valid"
    around = layers.DepthwiseConv2D(
        3,
        strides=stride,
        padding=padding,
        dilation_rate=2 if number >= _FIRST_DILATED else 1,
        dtype=dtype,
        name=f"{name}_depthwise",
    )
    features = _relu6(around(features), f"{name}_depthwise", dtype)
    features = layers.Conv2D(filters, 1, dtype=dtype, name=f"{name}_project")(features)
    if stride == 1 and width == filters:
        features = layers.Add(dtype=dtype, name=f"{name}_add")([before, features])
    return features


def _relu6(features, name, dtype):
    return layers.ReLU(6.0, dtype=dtype, name=f"{name}_relu")(features)


def _width(filters, alpha):
    """The multiple of 8 that is nearest, but never less than nine tenths."""
    wide = max(8, int(filters * alpha + 4) // 8 * 8)
    return wide + 8 if wide < 0.9 * filters * alpha else wide
