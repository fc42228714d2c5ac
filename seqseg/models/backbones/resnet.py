"""ResNet18 (He et al. 2016), which keras.applications lacks, as torchvision builds it."""

import keras
from keras import layers


def resnet18(channels):
    """A functional model without top, images (n, h, w, channels) -> (n, h/32, w/32, 512).

    Layers have torchvision's names with "_" for ".": "layer1_0_conv1" and so on; stages end in "layer1" to "layer4",
    and "stem" is what the first pooling takes.
    """
    images = keras.Input((None, None, channels), name="images")
    features = _convolution(images, 64, "conv1", "bn1", kernel_size=7, strides=2)
    features = layers.ReLU(name="stem")(features)
    # Zeros beside what ReLU gave are never the largest, so this is torch's padding.
    features = layers.ZeroPadding2D(1, name="maxpool_pad")(features)
    features = layers.MaxPooling2D(3, strides=2, name="maxpool")(features)
    for stage, width in enumerate((64, 128, 256, 512), 1):
        features = _block(features, width, f"layer{stage}_0", strides=1 if stage == 1 else 2)
        features = _block(features, width, f"layer{stage}_1", last=f"layer{stage}")
    return keras.Model(images, features, name="resnet18")


def _block(features, width, name, *, strides=1, last=None):
    """Two convolutions and a way around them, which is a convolution too where the size or the width changes."""
    shortcut = features
    if features.shape[-1] != width or strides != 1:
        names = f"{name}_downsample_0", f"{name}_downsample_1"
        shortcut = _convolution(features, width, *names, kernel_size=1, strides=strides)
    features = _convolution(features, width, f"{name}_conv1", f"{name}_bn1", strides=strides)
    features = layers.ReLU(name=f"{name}_relu1")(features)
    features = _convolution(features, width, f"{name}_conv2", f"{name}_bn2")
    features = layers.Add(name=f"{name}_add")([features, shortcut])
    return layers.ReLU(name=last or f"{name}_relu2")(features)


def _convolution(features, width, name, norm, *, kernel_size=3, strides=1):
    """A convolution with torch's padding, the same on all sides, and batch norm with torch's numbers."""
    if strides > 1 and kernel_size > 1:
        features = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(features)
    features = layers.Conv2D(
        width,
        kernel_size,
        strides=strides,
        padding="same" if strides == 1 else "valid",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(features)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=norm)(features)
