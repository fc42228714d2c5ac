"""Networks by name: which parts each one is made of."""

from seqseg.models.presets.composed import segmenter
from seqseg.models.presets.image import segnet, segnet_indices, shallow_segnet, shallow_unet, simple, unet
from seqseg.models.presets.pretrained import mobilenetv2_unet
from seqseg.models.presets.recurrent import full_lstm, shallow_lstm, unet_lstm

PRESETS = {
    "full_lstm": full_lstm,
    "mobilenetv2_unet": mobilenetv2_unet,
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
