"""EfficientNet-Lite (Liu 2020), which keras.applications lacks: EfficientNet without squeeze-and-excite, with ReLU6."""

import math
from pathlib import Path

import keras
import numpy as np
from keras import layers

from seqseg.errors import ModelError
from seqseg.models.pretrained.torch_file import read_state_dict

STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""(blocks, kernel size, stride, expansion, channels) of Lite0; the first and the last stage are never made deeper."""

SCALES = {0: (1.0, 1.0), 1: (1.0, 1.1), 2: (1.1, 1.2)}
"""(width, depth) of each variant."""


def efficientnet_lite(number, channels):
    """A functional model without top: images (n, h, w, channels) -> (n, h/32, w/32, 320 or so).

    Layers are named "stem" and "block3_expand", "block3_depthwise", "block3_project" and so on, each with its norm
    "…_norm"; block k's output is "block3". Padding is TensorFlow's "same", as the weights were trained.
    """
    images = keras.Input((None, None, channels), name="images")
    convolution = layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False, name="stem")
    features = layers.ReLU(6.0, name="stem_relu")(_norm("stem")(convolution(images)))
    index = 0
    for stage in _stages(number):
        for kernel, stride, expansion, width in stage:
            features = _block(features, f"block{index}", kernel=kernel, stride=stride, expansion=expansion, width=width)
            index += 1
    return keras.Model(images, features, name=f"efficientnetlite{number}")


def last_blocks(number):
    """The name of the last block of each level, finest first: strides 2, 4, 8, 16 and 32."""
    ends, index = [], -1
    for blocks in _stages(number):
        if blocks[0][1] == 2:
            ends.append(f"block{index}")
        index += len(blocks)
    return (*ends, f"block{index}")


def load_efficientnet_lite(network, path, name):
    """Put the state dict of `efficientnet_lite_pytorch` into a network of `efficientnet_lite`, without classifier.

    Raises:
        ModelError: the file is no such state dict, or another network's; the message names the layer and both shapes.
    """
    state = read_state_dict(Path(path))
    for layer in network.layers:
        if not layer.weights:
            continue
        values = [_value(state, key, path, layer, name) for key in _keys(layer, state)]
        for weight, value in zip(layer.weights, values, strict=True):
            if tuple(weight.shape) != value.shape:
                raise ModelError(
                    f"{path} does not hold the weights of {name}: {layer.name} has shape {tuple(weight.shape)}, "
                    f"the file's is {value.shape}"
                )
        layer.set_weights(values)


def _stages(number):
    """For each stage a list of (kernel size, stride, expansion, channels), block by block."""
    width, depth = SCALES[number]
    stages = []
    for place, (blocks, kernel, stride, expansion, channels) in enumerate(STAGES):
        if 0 < place < len(STAGES) - 1:
            blocks = math.ceil(blocks * depth)
        filters = _rounded(channels * width)
        stages.append([(kernel, stride if k == 0 else 1, expansion, filters) for k in range(blocks)])
    return stages


def _rounded(channels):
    """Channels as a multiple of 8, at most a tenth less than asked for (the rule of the MobileNets)."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * channels else rounded + 8


def _block(features, name, *, kernel, stride, expansion, width):
    """Expand, convolve each channel by itself, project; and a way around where nothing changes in shape."""
    start = features
    if expansion != 1:
        expand = layers.Conv2D(features.shape[-1] * expansion, 1, use_bias=False, name=f"{name}_expand")
        features = layers.ReLU(6.0, name=f"{name}_expand_relu")(_norm(f"{name}_expand")(expand(features)))
    options = {"strides": stride, "padding": "same", "use_bias": False, "name": f"{name}_depthwise"}
    features = _norm(f"{name}_depthwise")(layers.DepthwiseConv2D(kernel, **options)(features))
    features = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(features)
    project = layers.Conv2D(width, 1, use_bias=False, name=f"{name}_project")(features)
    if stride == 1 and start.shape[-1] == width:
        return layers.Add(name=name)([_norm(f"{name}_project")(project), start])
    return _norm(f"{name}_project", called=name)(project)


def _norm(of, *, called=None):
    return layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=called or f"{of}_norm")


def _keys(layer, state):
    """The keys of a layer's weights in the file."""
    block, _, part = layer.name.partition("_")
    if block == "stem":
        place = "_bn0" if part == "norm" else "_conv_stem"
        return _parameters(layer, place)
    prefix = f"_blocks.{block.removeprefix('block')}."
    part = part.removesuffix("_norm") or "project"
    if not isinstance(layer, keras.layers.BatchNormalization):
        return [f"{prefix}_{part}_conv.weight"]
    # Norms are numbered: a block that does not expand has no number 0.
    number = {"expand": 0, "depthwise": 1, "project": 2}[part]
    return _parameters(layer, f"{prefix}_bn{number}")


def _parameters(layer, place):
    if isinstance(layer, keras.layers.BatchNormalization):
        return [f"{place}.{key}" for key in ("weight", "bias", "running_mean", "running_var")]
    return [f"{place}.weight"]


def _value(state, key, path, layer, name):
    if key not in state:
        raise ModelError(f"{path} does not hold the weights of {name}: it has no {key} for {layer.name}")
    value = state[key]
    if value.ndim != 4:
        return value
    axes = (2, 3, 0, 1) if isinstance(layer, keras.layers.DepthwiseConv2D) else (2, 3, 1, 0)
    return np.ascontiguousarray(value.transpose(axes))
