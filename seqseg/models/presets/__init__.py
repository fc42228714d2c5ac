"""Networks by name: which parts each one is made of.

A preset that makes the maps of scores itself takes `classes`; `build_model` sets it.
"""

from seqseg.models.presets.composed import segmenter
from seqseg.models.presets.dense import fc_densenet, fc_densenet56, fc_densenet67, fc_densenet103
from seqseg.models.presets.fcn import (
    atrous_fcn_resnet50_16s,
    atrous_fcn_vgg16_16s,
    fast_fcn8,
    fcn4s,
    fcn8s,
    fcn16s,
    fcn32s,
)
from seqseg.models.presets.few_labels import ladder
from seqseg.models.presets.image import segnet, segnet_indices, shallow_segnet, shallow_unet, simple, unet
from seqseg.models.presets.moving import moving
from seqseg.models.presets.next_frame import convlstm_s, frame_predictor
from seqseg.models.presets.pretrained import deeplabv3plus, fpn, linknet, lraspp, mobilenetv2_unet, pspnet
from seqseg.models.presets.recurrent import full_lstm, shallow_lstm, unet_lstm

PRESETS = {
    "atrous_fcn_resnet50_16s": atrous_fcn_resnet50_16s,
    "atrous_fcn_vgg16_16s": atrous_fcn_vgg16_16s,
    "convlstm_s": convlstm_s,
    "deeplabv3plus": deeplabv3plus,
    "fast_fcn8": fast_fcn8,
    "fc_densenet": fc_densenet,
    "fc_densenet56": fc_densenet56,
    "fc_densenet67": fc_densenet67,
    "fc_densenet103": fc_densenet103,
    "fcn4s": fcn4s,
    "fcn8s": fcn8s,
    "fcn16s": fcn16s,
    "fcn32s": fcn32s,
    "fpn": fpn,
    "frame_predictor": frame_predictor,
    "full_lstm": full_lstm,
    "ladder": ladder,
    "linknet": linknet,
    "lraspp": lraspp,
    "mobilenetv2_unet": mobilenetv2_unet,
    "moving": moving,
    "pspnet": pspnet,
    "segmenter": segmenter,
    "segnet": segnet,
    "segnet_indices": segnet_indices,
    "shallow_lstm": shallow_lstm,
    "shallow_segnet": shallow_segnet,
    "shallow_unet": shallow_unet,
    "simple": simple,
    "unet": unet,
    "unet_lstm": unet_lstm,
}

FRAME_PRESETS = frozenset({"convlstm_s", "frame_predictor"})
"""Those made to predict the next frame: their head is always "frame"."""
