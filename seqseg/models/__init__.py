"""Networks: build them by name, save and load them, run them on clips and on streams."""

from seqseg.models.build import build_model, from_image_model, list_models, load_model, save_model
from seqseg.models.card import ModelCard, default_palette
from seqseg.models.clip_model import ClipModel
from seqseg.models.frames.predictor import FramePredictor
from seqseg.models.ladder.mnist import ladder_conv_small, ladder_mlp
from seqseg.models.ladder.network import Ladder
from seqseg.models.ladder.segmenter import LadderSegmenter
from seqseg.models.presets import FRAME_PRESETS, PRESETS
from seqseg.models.segmenter import Segmenter
from seqseg.models.state_file import load_state, save_state
from seqseg.models.surgery import add_l2, freeze, unfreeze
from seqseg.models.weights import load_matching_weights, load_weights

__all__ = [
    "FRAME_PRESETS",
    "PRESETS",
    "ClipModel",
    "FramePredictor",
    "Ladder",
    "LadderSegmenter",
    "ModelCard",
    "Segmenter",
    "add_l2",
    "build_model",
    "default_palette",
    "freeze",
    "from_image_model",
    "ladder_conv_small",
    "ladder_mlp",
    "list_models",
    "load_matching_weights",
    "load_model",
    "load_state",
    "load_weights",
    "save_model",
    "save_state",
    "unfreeze",
]
