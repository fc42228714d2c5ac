"""The teacher of `voc`: the weights of a quantised DeepLabV3 (.tflite), as floats, in a network of this project."""

import re

import numpy as np

from seqseg.data.kinds.voc.classes import CLASSES
from seqseg.data.labels.palette import voc_palette
from seqseg.errors import ModelError
from seqseg.models import build_model

_PART = re.compile(r"(.*?)/(Conv2D_Fold|depthwise_Fold|Conv2D|add_fold|BatchNorm_Fold/bias|BiasAdd)$")


def read_weights(path):
    """A .tflite -> {"MobilenetV2/Conv": {"kernel": (out, h, w, in) float32, "bias": (out,)}, …}.

    One scale and one zero a tensor: (q - zero) * scale.
    """
    from ai_edge_litert.interpreter import Interpreter  # pip install ai-edge-litert

    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    parts = {}
    for tensor in interpreter.get_tensor_details():
        found = _PART.match(tensor["name"].split(";")[0])
        kind = {np.uint8: "kernel", np.int32: "bias"}.get(tensor["dtype"])
        if not found or kind is None or (kind == "kernel") != found[2].startswith(_KERNELS):
            continue  # an activation, or a constant of another operation
        scale, zero = tensor["quantization"]
        values = interpreter.get_tensor(tensor["index"]).astype(np.float64)
        parts.setdefault(found[1], {})[kind] = ((values - zero) * scale).astype(np.float32)
    return parts


_KERNELS = ("Conv2D", "depthwise")


def build_voc(*, edge_filters=0):
    """The network of the teacher; with `edge_filters` also a correction along edges, which begins at nothing."""
    return build_model(
        "segmenter",
        classes=CLASSES,
        palette=voc_palette(len(CLASSES)),
        backbone={"name": "mobilenetv2_folded"},
        decoder={"name": "pooled", "edge_filters": edge_filters, "zero_edges": True},
    )


def fill(model, parts):
    """Put the teacher's weights where they belong; every part is used once."""
    parts = dict(parts)
    for layer in model.backbone.taps.layers:
        if layer.weights:
            _set(layer, parts.pop(_name_there(layer.name)))
    context = model.decoder.context
    _set(context.point.convolution, parts.pop("aspp0"))
    _set(context.whole.convolution, parts.pop("image_pooling"))
    joined = parts.pop("concat_projection")
    half = joined["kernel"].shape[-1] // 2  # there the mean comes first, here last
    joined["kernel"] = np.concatenate([joined["kernel"][..., half:], joined["kernel"][..., :half]], axis=-1)
    _set(context.joined.convolution, joined)
    _set(model.decoder.scores, parts.pop("logits/semantic"))
    if parts:
        raise ModelError(f"this is no DeepLabV3 on MobileNetV2: {', '.join(sorted(parts))} are left over")
    return model


def _set(layer, part):
    kernel = part["kernel"]
    kernel = kernel.transpose(1, 2, 3, 0)  # HWIO, and for a depthwise one (1, h, w, c) -> (h, w, c, 1)
    layer.set_weights([kernel, part["bias"]])


def _name_there(name):
    if name == "stem":
        return "MobilenetV2/Conv"
    _, number, kind = name.split("_")
    return f"MobilenetV2/expanded_conv{'' if number == '0' else '_' + number}/{kind}"
