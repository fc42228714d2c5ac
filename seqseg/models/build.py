"""Build a model by name, write it to one file, read it back."""

import contextlib
import dataclasses
import inspect
import zipfile
from pathlib import Path

import keras
import numpy as np

from seqseg.errors import ConfigError, ModelError, SeqsegError
from seqseg.files import replacing_path
from seqseg.models.card import ModelCard, default_palette
from seqseg.models.clip_model import ClipModel
from seqseg.models.file_checks import require_config
from seqseg.models.frames.predictor import FramePredictor
from seqseg.models.head import check_head, check_output, score_maps
from seqseg.models.ladder.segmenter import LadderSegmenter
from seqseg.models.levels import level_of
from seqseg.models.moving import MovingSegmenter
from seqseg.models.presets import FRAME_PRESETS, PRESETS
from seqseg.models.pretrained.finding import find_model
from seqseg.models.segmenter import Segmenter
from seqseg.models.temporal import TEMPORAL, as_residuals, memories, table_of
from seqseg.registry import make

_KINDS = {"backbone": Segmenter, "trunk": FramePredictor, "stages": LadderSegmenter, "net": MovingSegmenter}
"""The models by what a preset gives them to be made of."""


def build_model(
    name,
    *,
    classes=1,
    channels=3,
    palette=None,
    void=255,
    temporal=None,
    head=None,
    output=None,
    condition=0,
    stack=1,
    **options,
):
    """A new model with random weights.

    Args:
        name: one of `list_models()`.
        classes: how many classes, or their names; predictors of frames need none.
        channels: of the images; a model of 1 takes the brightness of RGB.
        palette: (classes, 3) colours of 0–255; None gives distinct ones.
        void: the label of pixels that do not count.
        temporal: memories added to the preset's own, at any level: "convgru" (at the coarsest), {"P3": "convlstm"} or
            {"P2": {"name": "convgru", "filters": 32, "layers": 2, "residual": True}}; see `temporal/places.py`.
        head: "softmax", "sigmoid" (two classes, one score), "multi_label", or "frame" to predict the next frame; see
            `head.py`. None is "frame" for a preset made for it, else "softmax".
        output: how a "frame" head gives frames: "residual", "plain" or "bounded"; None is the preset's own.
        condition: length of the vector that each call takes and that modulates the coarsest level; 0 for none.
        stack: frames that the network sees at once, as channels: the current one and those before it.
        options: the preset's own, for example `filters=32`.

    Raises:
        ConfigError: no such preset, or an option that it does not take.

    Example:
        >>> model = build_model("unet_lstm", classes=["background", "cell"], filters=16)
    """
    names = _class_names(classes)
    for option, value in (("channels", channels), ("stack", stack)):
        if not isinstance(value, int) or value < 1:
            raise ConfigError(f"{option} must be at least 1, got {value!r}")
    palette = default_palette(len(names)) if palette is None else np.asarray(palette)
    if palette.shape != (len(names), 3):
        raise ConfigError(
            f"the palette needs one colour of 3 parts for each of {len(names)} classes, got {palette.shape}"
        )
    head = _head(name, head, output, len(names))
    if not isinstance(condition, int) or condition < 0:
        raise ConfigError(f"condition is the length of a vector, at least 0, got {condition!r}")
    default = "frame" if name in FRAME_PRESETS else "softmax"
    added = {"temporal": temporal, "head": None if head == default else head, "output": output}
    added |= {"condition": condition or None}
    asked = {key: _in_words(value) for key, value in options.items()} | {
        key: value for key, value in added.items() if value is not None
    }
    with _options_at_fault(name, asked):
        parts = _parts(name, score_maps(head, len(names), channels), options)
        own_output = parts.pop("output", "residual")
        kind = next(kind for part, kind in _KINDS.items() if part in parts)
        if kind is not Segmenter:
            _refuse(name, temporal=temporal, condition=condition, stack=stack - 1)
        backbone = parts.get("backbone")
        if temporal is not None:
            if not backbone.built:  # encoders with taps know their channels only then
                backbone.build((None, None, None, channels * stack))
            parts["temporal"] = _joined(name, parts["temporal"], memories(TEMPORAL, temporal, backbone.channels))
    card = ModelCard(
        model=name,
        options=asked,
        classes=names,
        palette=tuple(tuple(int(part) for part in colour) for colour in palette),
        void=void,
        channels=channels,
        head=head,
        output=output or own_output,
        condition=condition,
        stack=stack,
    )
    if backbone is not None:
        card = dataclasses.replace(card, input_scale=(backbone.scale, backbone.offset))
    with _options_at_fault(name, asked):
        return kind(card=card, name=name, **parts)


def _in_words(value):
    """A part that was given as itself, in words: a card is plain data, and the part is in the model's file."""
    return f"{value.name} ({type(value).__name__})" if isinstance(value, keras.layers.Layer) else value


def _head(name, head, output, classes):
    """The requested head, or the preset's own."""
    made_for_frames = name in FRAME_PRESETS
    head = head or ("frame" if made_for_frames else "softmax")
    check_head(head, classes)
    if made_for_frames and head != "frame":
        raise ConfigError(f"{name} predicts frames and has no {head} head; leave head out, or choose another model")
    if output is not None:
        check_output(output)
        if head != "frame":
            raise ConfigError(f'output = {output!r} says how frames are predicted; it needs head = "frame"')
    return head


def _refuse(name, **options):
    for option, value in options.items():
        if value:
            raise ConfigError(f"{name} has a shape of its own and takes no {option}; leave it out")


@contextlib.contextmanager
def _options_at_fault(name, options):
    """Turn Keras' errors about values such as filters=-3 into one line that names them all."""
    try:
        yield
    except SeqsegError:
        raise
    except (ValueError, TypeError) as error:
        if not options:
            raise
        given = ", ".join(f"{key}={value!r}" for key, value in options.items())
        raise ConfigError(f"{name} cannot be built with {given}: {_first_line(error)}") from error


def _parts(name, scores, options):
    """The preset's parts; a preset that makes the maps of scores itself gets the number of classes."""
    if "classes" in options:
        raise ConfigError(f"the classes of {name} are build_model's own argument, not an option of the model")
    if options.get("norm") == "none":  # a config has no null
        options |= {"norm": None}
    known = inspect.signature(PRESETS[name]).parameters if name in PRESETS else ()
    return make(PRESETS, "model", name, **options, **({"classes": scores} if "classes" in known else {}))


def from_image_model(model, temporal):
    """A video model with the weights of an image model, which gives exactly the same until it is trained.

    The memories are residuals that start at zero; see `Memory`.

    Args:
        model: a `Segmenter`; it stays as it is.
        temporal: as for `build_model`.

    Raises:
        ModelError: the model does not decompose into encoder, memory and decoder.

    Example:
        >>> video = from_image_model(build_model("unet", classes=2), {"P3": "convgru"})
    """
    if not isinstance(model, Segmenter):
        raise ModelError(f"{model.card.model} has a shape of its own and no levels to add a memory at")
    temporal = as_residuals(temporal, model.backbone.levels)
    added = memories(TEMPORAL, temporal, model.backbone.channels)
    kept = {place: _copy(cell) for place, cell in model.temporal.items()}
    parts = {name: _copy(getattr(model, name)) for name in ("backbone", "decoder")}
    before = table_of(model.card.options.get("temporal"), model.backbone.levels)
    card = dataclasses.replace(model.card, options=model.card.options | {"temporal": before | temporal})
    video = Segmenter(temporal=_joined(card.model, kept, added), card=card, name=model.name, **parts)
    names = [name for name in ("backbone", "decoder", "head", "film") if getattr(model, name) is not None]
    pairs = [(getattr(video, name), getattr(model, name)) for name in names]
    pairs += [(video.temporal[place], cell) for place, cell in model.temporal.items()]
    for ours, theirs in pairs:
        for mine, other in zip(ours.variables, theirs.variables, strict=True):
            mine.assign(other.value)
    return video


def _copy(part):
    return keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(part))


def _joined(name, own, added):
    taken = {level_of(place) for place in own} & {level_of(place) for place in added}
    if taken:
        raise ConfigError(
            f"{name} has a memory at {min(taken)} already; put the other at another level, or leave its own out"
        )
    return own | added


def list_models():
    """The names that `build_model` knows."""
    return sorted(PRESETS)


def save_model(model, path):
    """Write weights, architecture and `ModelCard` to one `.keras` file, which appears complete or not at all."""
    path = Path(path)
    if path.suffix != ".keras":
        raise ConfigError(f"a model is saved to a .keras file, got {path}")
    with replacing_path(path) as part:
        model.save(part)


def load_model(path):
    """Read what `save_model` wrote: a `.keras` file, a ready model by its name, or one that was pulled.

    Raises:
        ModelError: there is no such model, it is not a seqseg model, or its weights are another architecture's.

    Example:
        >>> model = load_model("voc")
    """
    path = find_model(path)
    if not zipfile.is_zipfile(path):
        raise ModelError(f"{path} is not a .keras file (or is cut off); copy it again or train anew")
    require_config(path)
    try:
        model = keras.saving.load_model(path, compile=False)
    except SeqsegError as error:
        raise ModelError(f"{path} does not load: {error}") from error
    except Exception as error:  # Keras, its engine and HDF5 raise many kinds for what is damaged
        raise ModelError(f"{path} does not load as a seqseg model: {_first_line(error)}") from error
    if not isinstance(model, ClipModel):
        raise ModelError(f"{path} holds a {type(model).__name__}, not a seqseg model; build one with build_model")
    return model


def _class_names(classes):
    if isinstance(classes, int):
        if classes < 1:
            raise ConfigError(f"classes must be at least 1, got {classes}")
        return tuple(f"class {k}" for k in range(classes))
    names = tuple(classes)
    if not names or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"classes must be a number or a list of names, got {classes!r}")
    return names


def _first_line(error):
    return str(error).strip().split("\n")[0]
