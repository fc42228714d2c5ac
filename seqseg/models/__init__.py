"""Networks: build them by name, save and load them, run them on clips and on streams.

Names are loaded when they are first used, so that `seqseg.models.pretrained` needs no Keras.
"""

from importlib import import_module

_HOMES = {
    "ClipModel": "seqseg.models.clip_model",
    "FRAME_PRESETS": "seqseg.models.presets",
    "FramePredictor": "seqseg.models.frames.predictor",
    "Ladder": "seqseg.models.ladder.network",
    "LadderSegmenter": "seqseg.models.ladder.segmenter",
    "ModelCard": "seqseg.models.card",
    "PRESETS": "seqseg.models.presets",
    "Segmenter": "seqseg.models.segmenter",
    "add_l2": "seqseg.models.surgery",
    "build_model": "seqseg.models.build",
    "default_palette": "seqseg.models.card",
    "freeze": "seqseg.models.surgery",
    "freeze_all_but_memories": "seqseg.models.surgery",
    "from_image_model": "seqseg.models.build",
    "ladder_conv_small": "seqseg.models.ladder.mnist",
    "ladder_mlp": "seqseg.models.ladder.mnist",
    "list_models": "seqseg.models.build",
    "load_matching_weights": "seqseg.models.weights",
    "load_model": "seqseg.models.build",
    "load_state": "seqseg.models.state_file",
    "load_weights": "seqseg.models.weights",
    "save_model": "seqseg.models.build",
    "save_state": "seqseg.models.state_file",
    "unfreeze": "seqseg.models.surgery",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'seqseg.models' has no attribute {name!r}; its names are: {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
