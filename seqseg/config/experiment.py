"""TOML → Experiment: what to train, on what, and how; strict, so that a typo is an error and not a default.

Every value is known by a dotted key (`data.timesteps`), whether it comes from a TOML line, a flag or `--set`.
A key that may be absent takes `"none"`. The classes check themselves: a config made in Python is as strict as a file.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_type_hints

from seqseg.config.text import parse_value, toml_table
from seqseg.config.types import Size, check_field
from seqseg.errors import ConfigError
from seqseg.registry import nearest


def load_experiment(
    path: str | os.PathLike[str] | None = None, overrides: Mapping[str, object] | None = None
) -> "Experiment":
    """The experiment in a TOML file (or all defaults), with overrides by dotted key laid over it.

    An override that is text is read as a TOML value where that makes sense: `{"training.epochs": "5"}` is 5 epochs.
    Raises ConfigError naming the dotted key.

    >>> load_experiment(overrides={"data.timesteps": "5", "data.size": "45x61"}).data.size
    (45, 61)
    """
    tables = _with_current_keys(_read_toml(Path(path))) if path is not None else {}
    for key, value in (overrides or {}).items():
        _lay_over(tables, _current_key(key), value)
    return experiment_from(tables)


def experiment_from(tables: Mapping[str, Any]) -> "Experiment":
    """The experiment held in nested dicts as TOML gives them."""
    tables = _with_current_keys(tables)
    for section, values in tables.items():
        if section not in SECTIONS:
            raise ConfigError(f"unknown section [{section}]{_did_you_mean(section)}; there are: {', '.join(SECTIONS)}")
        if not isinstance(values, Mapping):
            raise ConfigError(f"[{section}] must be a section with keys, got {section} = {values!r}")
    return Experiment(**{section: _build(section, tables.get(section, {})) for section in SECTIONS})


def dump_experiment(experiment: "Experiment") -> str:
    """TOML text that loads back equal, every key written out."""
    tables = []
    for section in SECTIONS:
        values = {item.name: getattr(getattr(experiment, section), item.name) for item in fields(SECTIONS[section])}
        values |= _options_to_write(values.pop("options", {}))
        tables.append(toml_table(section, values))
    return "\n".join(tables)


def _options_to_write(options: Mapping[str, Any]) -> Mapping[str, Any]:
    for key, value in options.items():
        if value is None:  # TOML has no null, and "none" may be a word the model knows
            raise ConfigError(f"model.{key} is None, which a config cannot hold; leave the option out")
    return options


def _at_least(least: float, default: Any) -> Any:
    return field(default=default, metadata={"at_least": least})


def _above(bound: float, default: Any) -> Any:
    return field(default=default, metadata={"above": bound})


def _between(least: float, most: float, default: Any) -> Any:
    return field(default=default, metadata={"at_least": least, "at_most": most})


@dataclass(frozen=True)
class ModelConfig:
    """Which preset, and its options: in TOML every key of [model] but `name` is an option of the preset."""

    name: str = "unet_lstm"
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(self, "model")


@dataclass(frozen=True)
class DataConfig:
    """What to train on, as `kind:path`, and how clips are cut from it."""

    source: str = "shapes"
    timesteps: int = _at_least(1, 8)  # frames in a clip; 1 = single images
    stride: int | None = _at_least(1, None)  # frames from one clip's start to the next one's; None = timesteps
    # labelled_last: a clip for every labelled frame, ending there; for sets with few labels, as Cityscapes' sequences;
    # labelled: without those that hold no label
    clips: Literal["all", "labelled", "labelled_last"] = "all"
    # every labelled frame becomes a clip by a crop that travels, shakes and zooms; true, or a table of its largest
    # {speed = 6.0, shake = 1.0, zoom = 0.005} a frame; see data/clips/stills.py
    stills_as_clips: bool | dict[str, Any] = False
    labelled: str | None = None  # which training frames keep their labels: "10%", or a file; see data/few_labels.py
    labelled_seed: int = _at_least(0, 0)  # of the draw of a share
    # frames without labels that training.unlabelled learns from, as KIND:PATH; None = those of `source`, all of them
    unlabelled: str | None = None
    # (height, width) the frames are brought to; None = that of the first frame, "native" = each at its own
    size: Size | Literal["native"] | None = None
    # how: letterbox, resize, tile, or {name = "letterbox", enlarge = true, border = 0}; see seqseg/geometry.py
    resize: str | dict[str, Any] = "letterbox"
    val: str | None = None  # another source to validate on; None = the val split of `source`
    skip_bad: bool = False  # read everything once and leave out what is broken, listed in the run's left_out.txt
    map: str | dict[str, Any] | None = None  # [data.map] new = ["old", …], or a name; see data/labels/class_map.py

    def __post_init__(self) -> None:
        _check(self, "data")


@dataclass(frozen=True)
class AugmentConfig:
    """How clips are varied while training: one draw a clip, the same for image, mask and every frame.

    `seqseg inspect KIND:PATH --augment` shows what it comes to.
    """

    enabled: bool = True
    flip: float = _between(0, 1, 0.5)  # probability of a left-right mirror
    flip_vertical: float = _between(0, 1, 0.0)  # probability of an upside-down mirror
    scale: tuple[float, float] = field(default=(0.75, 1.5), metadata={"above": 0, "ascending": True})  # zoom, from-to
    rotate: float = _between(0, 180, 10.0)  # degrees, either way
    shift: float = _between(0, 1, 0.1)  # fraction of the size, either way
    shear: float = _between(0, 40, 0.0)  # degrees either axis is slanted by, either way
    perspective: float = _between(0, 0.2, 0.0)  # fraction of the size that each corner moves by, at most
    # (standard deviation, smoothness) of a random smooth deformation, in pixels; the second 3x the first or more
    elastic: tuple[float, float] = field(default=(0.0, 16.0), metadata={"at_least": 0})
    colour: float = _between(0, 1, 0.2)  # strength of brightness, contrast, gamma and each channel's gain
    hue: float = _between(0, 180, 0.0)  # degrees, either way
    saturation: float = _between(0, 1, 0.0)  # times 1 - this to 1 + this
    blur: float = _between(0, 20, 0.0)  # pixels, the largest standard deviation
    noise: float = _between(0, 128, 0.0)  # grey levels of 255, the largest standard deviation
    jpeg: tuple[float, float] | None = field(  # (worst, best) quality the frames are compressed with
        default=None, metadata={"at_least": 1, "at_most": 100, "ascending": True}
    )
    cutout: float = _between(0, 1, 0.0)  # fraction of the size that a rectangle of one colour takes, at most
    crop: Size | None = None  # (height, width) cut out at random; None = the whole frame
    balanced_crop: float = _between(0, 1, 0.0)  # probability that the crop holds a class drawn inversely to its share
    copy_paste: float = _between(0, 1, 0.0)  # probability that objects of another clip are laid over this one
    paste_classes: list[str] = field(default_factory=list)  # the names of the classes that are such objects
    speed: tuple[float, float] = field(default=(1.0, 1.0), metadata={"above": 0, "ascending": True})  # times its own
    reverse: float = _between(0, 1, 0.0)  # probability of going backwards
    pause: float = _between(0, 1, 0.0)  # probability that a frame is held for up to half of the clip
    drop: float = _between(0, 1, 0.0)  # probability of each frame to be missed
    noise_frame: float = _between(0, 1, 0.0)  # probability of each frame but the last to be noise or of elsewhere
    # (darkest, brightest) share of the light, of each frame by itself
    low_light: tuple[float, float] | None = field(default=None, metadata={"above": 0, "at_most": 1, "ascending": True})
    sensor_noise: tuple[float, float] | None = field(  # (worst, best) in dB, of each frame by itself; 20 is strong
        default=None, metadata={"at_least": 0, "at_most": 100, "ascending": True}
    )
    frame_damage: float = _between(0, 1, 0.0)  # share of frames that are black, frozen, half overwritten or hidden

    def __post_init__(self) -> None:
        _check(self, "augment")


@dataclass(frozen=True)
class TrainingConfig:
    """How to train: the optimizer is AdamW."""

    epochs: int = _at_least(1, 50)
    batch: int = _at_least(1, 4)
    steps_per_epoch: int | None = _at_least(1, None)  # None = one pass over the clips
    learning_rate: float = _above(0, 1e-3)
    encoder_rate: float = _above(0, 1.0)  # times the learning rate for the encoder; 0.1 when its weights are another's
    schedule: Literal["cosine", "poly", "constant"] = "cosine"
    warmup_steps: int = _at_least(0, 0)
    weight_decay: float = _at_least(0, 1e-4)  # AdamW's own: every kernel shrinks by rate x decay a step
    l2: float = _at_least(0, 0.0)  # times the kernels' squares, added to the loss; see `seqseg.models.add_l2`
    clip_norm: float | None = _above(0, 1.0)  # global norm of the gradient; None = not clipped
    initial_weights: str | None = None  # a .keras file to start from; None = random
    initial_match: Literal["all", "matching"] = "all"  # the same architecture, or what has the same place and shape
    # of the average of the weights, which is then validated and saved: 0.998 looks back some 500 steps; 0 = none
    ema: float = _between(0, 0.99999, 0.0)
    # a name in seqseg.losses.LOSSES, or {name = "focal", gamma = 3.0}; auto = what fits the model's head
    loss: str | dict[str, Any] = "auto"
    class_weights: Literal["none", "median_frequency", "inverse_log", "inverse", "effective_number"] | list[float] = (
        field(default="none", metadata={"at_least": 0})
    )
    # what teaches without labels: "consistency", "mean_teacher", "next_frame", "ladder", or a table of one with its
    # options, {name = "mean_teacher", weight = 1.0, decay = 0.99}; see training/unlabelled/
    unlabelled: str | dict[str, Any] = "none"
    task: Literal["auto", "segment", "next_frame"] = "auto"  # auto = what the model's head is for
    # next frames: "teacher", "scheduled", "reverse_scheduled" or {name = "scheduled", until = 5000}; see sampling.py
    sampling: str | dict[str, Any] = "teacher"
    context: int | None = _at_least(1, None)  # next frames: how many are given ahead of the roll-out; None = all
    # of each clip's frames, how many only move the memory on, without loss and gradient, ahead of those that teach
    forward_frames: int = _at_least(0, 0)
    carry_state: bool = False  # long videos in order: the state crosses clips, the gradient does not
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    seed: int = _at_least(0, 0)
    validate_every: int = _at_least(1, 1)  # epochs
    patience: int | None = _at_least(1, None)  # validations without a better score before stopping; None = never

    def __post_init__(self) -> None:
        _check(self, "training")


@dataclass(frozen=True)
class Experiment:
    """All that decides a run."""

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)


RENAMED = {"data.fit": "data.resize"}
"""Former keys, which still work: old dotted key -> new one."""

SECTIONS: dict[str, type] = {
    "model": ModelConfig,
    "data": DataConfig,
    "augment": AugmentConfig,
    "training": TrainingConfig,
}


def _check(config: Any, section: str) -> None:
    types = get_type_hints(type(config))
    for item in fields(config):
        checked = check_field(f"{section}.{item.name}", getattr(config, item.name), types[item.name], item.metadata)
        object.__setattr__(config, item.name, checked)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"no config file at {path}; give the path of a .toml file") from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder; give the path of a .toml file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None


def _current_key(key: str) -> str:
    """`data.fit.border` -> `data.resize.border`."""
    for former, current in RENAMED.items():
        if key == former or key.startswith(f"{former}."):
            return current + key.removeprefix(former)
    return key


def _with_current_keys(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The same tables with every former key under its present name."""
    current = dict(tables)
    for former, key in RENAMED.items():
        section, _, name = former.partition(".")
        values = current.get(section)
        if isinstance(values, Mapping) and name in values:
            new = key.partition(".")[2]
            if new in values:
                raise ConfigError(f"{former} is the former name of {key}, and both are set; leave {former} out")
            current[section] = {new if one == name else one: value for one, value in values.items()}
    return current


def _lay_over(tables: dict[str, Any], key: str, value: object) -> None:
    section, _, rest = key.partition(".")
    if not rest or section not in SECTIONS:
        raise ConfigError(f"unknown key {key}{_did_you_mean(key)}")
    *parents, last = rest.split(".")
    table = tables.setdefault(section, {})
    for parent in parents:
        if isinstance(table.get(parent), str):  # `loss = "focal"` is short for a table of its name alone
            table[parent] = {"name": table[parent]}
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{key} cannot be set: {parent} is {table!r}, not a table")
    if isinstance(table, dict):  # when the section itself is malformed, the check that follows says so
        table[last] = parse_value(value, keep_text=_holds_text(key)) if isinstance(value, str) else value


def _holds_text(key: str) -> bool:
    section, _, name = key.partition(".")
    kind = get_type_hints(SECTIONS[section]).get(name)
    return kind in (str, str | None)


def _build(section: str, values: Mapping[str, Any]) -> Any:
    kind = SECTIONS[section]
    if kind is ModelConfig:
        options = {key: value for key, value in values.items() if key != "name"}
        return ModelConfig(options=options, **{key: value for key, value in values.items() if key == "name"})
    names = [item.name for item in fields(kind)]
    for key in values:
        if key not in names:
            raise ConfigError(f"unknown key {section}.{key}{_did_you_mean(f'{section}.{key}')}")
    return kind(**values)


def _did_you_mean(key: str) -> str:
    """The nearest right key: of the same name in another section, else the one spelt most like it."""
    last = key.rpartition(".")[2]
    known = known_keys()
    if "." not in key and nearest(key, SECTIONS):
        return f"; did you mean {nearest(key, SECTIONS)[0]}?"
    close = [other for other in known if other.rpartition(".")[2] == last] or nearest(key, known)
    return f"; did you mean {close[0]}?" if close else f"; the keys are: {', '.join(known)}"


def known_keys() -> list[str]:
    """Every dotted key, but for the options of the model, which its preset knows."""
    return [f"{section}.{item.name}" for section, kind in SECTIONS.items() for item in _settings(kind)]


def _settings(kind: type) -> list[Field[Any]]:
    return [item for item in fields(kind) if item.name != "options"]
