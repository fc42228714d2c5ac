"""`seqseg inspect SPEC --model NAME|RUN`: the receptive field of a model on frames of the set."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqseg.cli.console.quiet import import_keras

if TYPE_CHECKING:
    import numpy as np

    from seqseg.data.video import VideoSet
    from seqseg.models.clip_model import ClipModel

CLIPS, TIMESTEPS, LARGEST = 3, 6, 256


def measure_field(name: str, data: "VideoSet") -> tuple[dict[str, Any], str]:
    """The numbers of the effective receptive field, and its section of the page."""
    import_keras()
    from seqseg.data.inspection.page import draw_influence, picture
    from seqseg.evaluation.receptive_field import receptive_field

    model, trained = _model(name, data)
    field = receptive_field(model, _clips(model, data), condition=_condition(model))
    facts = {"model": name, "trained": trained, **field.to_dict()}
    height, width = facts["box_95"]
    weights = "" if trained else ", with random weights"
    drawn = picture(draw_influence(field.influence), "influence")
    text = (
        f"95 % of the influence on the centre of the last frame comes from {height}x{width} of "
        f"{facts['size'][0]}x{facts['size'][1]} pixels of it; the effective field is {facts['side']:.0f} pixels wide "
        "(Luo et al. 2016). Frames from left to right, the last one is predicted; their shares: "
        + ", ".join(f"{100 * share:.1f} %" for share in facts["by_frame"])
    )
    section = f"<section><h2>What {Path(name).name} looks at{weights}</h2>{drawn}<p class=soft>{text}</p></section>"
    return facts, section


def _model(name: str, data: "VideoSet") -> "tuple[ClipModel, bool]":
    """The model and whether it is trained."""
    from seqseg.cli.console.trained import load_trained
    from seqseg.models.build import build_model, list_models

    if name in list_models():
        return build_model(name, classes=list(data.classes)), False
    return load_trained(argparse.Namespace(trained=name, checkpoint="best")), True


def _clips(model: "ClipModel", data: "VideoSet") -> "np.ndarray":
    """Some clips (n, t, h, w, 3) from the whole set, of the model's size or no larger than LARGEST."""
    import dataclasses

    import numpy as np

    from seqseg.data.clips.placing import place_clip
    from seqseg.data.clips.windows import read_window
    from seqseg.data.every_frame import sample_places
    from seqseg.errors import DataError
    from seqseg.geometry import make_resizing
    from streams.errors import SourceError

    timesteps = min(TIMESTEPS, max(map(len, data.videos))) if model.initial_state(1, 64, 64) else 1
    height, width = model.card.size or data.videos[0].size
    scale = min(1.0, LARGEST / max(height, width))
    resizing = make_resizing("letterbox", (max(32, round(height * scale)), max(32, round(width * scale))))
    clips: list[np.ndarray] = []
    broken: Exception | None = None
    for place in sample_places(data.videos, 6 * CLIPS)[::2]:
        video = data.videos[place.video]
        try:
            bare = dataclasses.replace(video, masks=None)  # broken masks do not matter here
            frames, masks = read_window(bare, max(0, min(place.index, len(video) - timesteps)), timesteps)
        except (DataError, SourceError) as error:
            broken = error  # listed among the problems
            continue
        clips.append(place_clip(frames, masks, resizing.place(*frames[0].shape[:2]))[0])
    if not clips:
        raise DataError(f"there is no clip to measure the model on: {broken}")
    return np.stack(clips[:: max(1, len(clips) // CLIPS)][:CLIPS]).astype("float32")


def _condition(model: "ClipModel") -> "np.ndarray | None":
    import numpy as np

    return np.zeros((CLIPS, model.card.condition), "float32") if model.card.condition else None
