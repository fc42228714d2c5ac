"""Inception V1 (GoogLeNet, Szegedy et al. 2015) with batch norm, as torchvision builds it, without the side heads."""

import keras
from keras import layers

# Channels of each block's branches: 1x1; 1x1 then 3x3; 1x1 then 3x3 (5x5 in the paper); pooling then 1x1.
_BLOCKS = {
    "inception3a": (64, (96, 128), (16, 32), 32),
    "inception3b": (128, (128, 192), (32, 96), 64),
    "maxpool3": 3,
    "inception4a": (192, (96, 208), (16, 48), 64),
    "inception4b": (160, (112, 224), (24, 64), 64),
    "inception4c": (128, (128, 256), (24, 64), 64),
    "inception4d": (112, (144, 288), (32, 64), 64),
    "inception4e": (256, (160, 320), (32, 128), 128),
    "maxpool4": 2,
    "inception5a": (256, (160, 320), (32, 128), 128),
    "inception5b": (384, (192, 384), (48, 128), 128),
}


def inception_v1(channels):
    """A functional model without top, images (n, h, w, channels) -> (n, h/32, w/32, 1024).

    Layers have torchvision's names with "_" for ".": "inception3a_branch1_conv" and so on; a block ends in the layer
    that bears its name. On even sizes "same" pooling is torch's with `ceil_mode`.
    """
    images = keras.Input((None, None, channels), name="images")
    features = layers.ZeroPadding2D(3, name="conv1_pad")(images)
    features = _convolution(features, 64, "conv1", kernel_size=7, strides=2)
    features = _pool(features, 3, "maxpool1")
    features = _convolution(features, 64, "conv2")
    features = _convolution(features, 192, "conv3", kernel_size=3)
    features = _pool(features, 3, "maxpool2")
    for name, widths in _BLOCKS.items():
        features = _pool(features, widths, name) if isinstance(widths, int) else _block(features, widths, name)
    return keras.Model(images, features, name="inceptionv1")


def _block(features, widths, name):
    one, three, five, pooled = widths
    branches = [_convolution(features, one, f"{name}_branch1")]
    for branch, (narrow, wide) in (("branch2", three), ("branch3", five)):
        reduced = _convolution(features, narrow, f"{name}_{branch}_0")
        branches.append(_convolution(reduced, wide, f"{name}_{branch}_1", kernel_size=3))
    around = _pool(features, 3, f"{name}_branch4_0", strides=1)
    branches.append(_convolution(around, pooled, f"{name}_branch4_1"))
    return layers.Concatenate(name=name)(branches)


def _pool(features, size, name, *, strides=2):
    return layers.MaxPooling2D(size, strides=strides, padding="same", name=name)(features)


def _convolution(features, width, name, *, kernel_size=1, strides=1):
    features = layers.Conv2D(
        width,
        kernel_size,
        strides=strides,
        padding="same" if strides == 1 else "valid",
        use_bias=False,
        name=f"{name}_conv",
    )(features)
    features = layers.BatchNormalization(momentum=0.9, epsilon=1e-3, name=f"{name}_bn")(features)
    return layers.ReLU(name=f"{name}_relu")(features)
