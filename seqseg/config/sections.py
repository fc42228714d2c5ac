"""The settings of an experiment, section by section; the classes check themselves."""

from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_type_hints

from seqseg.config.types import Size, check_field


def _setting(default: Any, about: str, **limits: Any) -> Any:
    """A field with its meaning, which `seqseg help settings` shows, and its limits, which `check_field` holds."""
    metadata = limits | {"about": about}
    if isinstance(default, dict | list):
        return field(default_factory=type(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class ModelConfig:
    """Which preset, and its options: in TOML every key of [model] but `name` is an option of the preset."""

    name: str = _setting("unet_lstm", "the preset, one of `seqseg models`")
    options: dict[str, Any] = _setting({}, "every other key of [model]: the options of the preset, `seqseg help parts`")

    def __post_init__(self) -> None:
        _check(self, "model")


@dataclass(frozen=True)
class DataConfig:
    """What to train on, as `kind:path`, and how clips are cut from it."""

    source: str = _setting("shapes", "the data as KIND:PATH, `seqseg help kinds`; several are joined by ' + '")
    timesteps: int = _setting(8, "frames in a clip; 1 = single images", at_least=1)
    stack: int = _setting(
        1, "frames that the network sees at once, as channels: the current one and those before it", at_least=1
    )
    independent: bool = _setting(
        False, "frames do not belong together: every one is a video of its own, and no memory crosses between them"
    )
    stride: int | None = _setting(None, "frames from one clip's start to the next one's; none = timesteps", at_least=1)
    clips: Literal["all", "labelled", "labelled_last"] = _setting(
        "all",
        "which clips are taken; labelled: those with a label in them; labelled_last: one for every labelled frame, "
        "which is its last, for sets with few labels such as Cityscapes' sequences",
    )
    stills_as_clips: bool | dict[str, Any] = _setting(
        False,
        "every labelled frame becomes a clip of a crop that moves, shakes and zooms: true, or a table of the largest "
        "change a frame, {speed = 6.0, shake = 1.0, zoom = 0.005}",
    )
    labelled: str | None = _setting(
        None, 'which training frames keep their labels: a share "10%" or a file; none = all'
    )
    labelled_seed: int = _setting(0, "of the draw of that share", at_least=0)
    unlabelled: str | None = _setting(
        None, "frames without labels that training.unlabelled learns from, as KIND:PATH; none = all frames of source"
    )
    size: Size | Literal["native"] | None = _setting(
        None, "of the network's input; none = that of the first frame, native = every frame keeps its own"
    )
    resize: str | dict[str, Any] = _setting(
        "letterbox",
        "how frames are brought to that size: letterbox, resize, tile, or a table of one with its options, "
        '{name = "letterbox", enlarge = true, border = 0}',
    )
    val: str | None = _setting(None, "another source to validate on; none = the val split of source")
    skip_bad: bool = _setting(
        False, "read everything once and leave out broken frames, which left_out.txt in the run folder lists"
    )
    map: str | dict[str, Any] | None = _setting(
        None, '[data.map] new = ["old", …]: merges, drops and renames classes; or the name or file of such a map'
    )

    def __post_init__(self) -> None:
        _check(self, "data")


@dataclass(frozen=True)
class AugmentConfig:
    """Augmentation of the training clips: one draw a clip, the same for image, mask and every frame.

    `seqseg inspect KIND:PATH --augment` draws it.
    """

    enabled: bool = _setting(True, "whether clips are augmented at all")
    flip: float = _setting(0.5, "probability of a left-right mirror", at_least=0, at_most=1)
    flip_vertical: float = _setting(0.0, "probability of an upside-down mirror", at_least=0, at_most=1)
    scale: tuple[float, float] = _setting((0.75, 1.5), "zoom, from-to", above=0, ascending=True)
    rotate: float = _setting(10.0, "degrees, either way", at_least=0, at_most=180)
    shift: float = _setting(0.1, "fraction of the size, either way", at_least=0, at_most=1)
    shear: float = _setting(0.0, "degrees of either axis, either way", at_least=0, at_most=40)
    perspective: float = _setting(
        0.0, "the most that each corner moves, as a fraction of the size", at_least=0, at_most=0.2
    )
    elastic: tuple[float, float] = _setting(
        (0.0, 16.0),
        "(deviation, smoothness) in pixels of a random smooth deformation; the second at least 3 times the first",
        at_least=0,
    )
    colour: float = _setting(
        0.2, "strength of brightness, contrast, gamma and each channel's gain", at_least=0, at_most=1
    )
    hue: float = _setting(0.0, "degrees, either way", at_least=0, at_most=180)
    saturation: float = _setting(0.0, "times 1 - this to 1 + this", at_least=0, at_most=1)
    blur: float = _setting(0.0, "pixels, the largest standard deviation", at_least=0, at_most=20)
    noise: float = _setting(0.0, "grey levels of 255, the largest standard deviation", at_least=0, at_most=128)
    jpeg: tuple[float, float] | None = _setting(
        None, "(worst, best) quality the frames are compressed with", at_least=1, at_most=100, ascending=True
    )
    cutout: float = _setting(
        0.0, "the largest rectangle of one colour, as a fraction of the size", at_least=0, at_most=1
    )
    crop: Size | None = _setting(None, "cut out at random; none = the whole frame")
    balanced_crop: float = _setting(
        0.0, "probability that the crop holds a class drawn inversely to its share", at_least=0, at_most=1
    )
    copy_paste: float = _setting(
        0.0, "probability that objects of another clip are laid over this one", at_least=0, at_most=1
    )
    paste_classes: list[str] = _setting([], "the names of the classes that are such objects")
    speed: tuple[float, float] = _setting((1.0, 1.0), "times the clip's own", above=0, ascending=True)
    reverse: float = _setting(0.0, "probability of going backwards", at_least=0, at_most=1)
    pause: float = _setting(
        0.0, "probability that a frame is repeated for up to half of the clip", at_least=0, at_most=1
    )
    drop: float = _setting(0.0, "probability of each frame to be dropped", at_least=0, at_most=1)
    noise_frame: float = _setting(
        0.0, "probability of each frame but the last to be noise or a frame of another clip", at_least=0, at_most=1
    )
    low_light: tuple[float, float] | None = _setting(
        None, "(darkest, brightest) fraction of the light, drawn for each frame", above=0, at_most=1, ascending=True
    )
    sensor_noise: tuple[float, float] | None = _setting(
        None, "(worst, best) in dB, drawn for each frame; 20 is strong", at_least=0, at_most=100, ascending=True
    )
    frame_damage: float = _setting(
        0.0, "fraction of frames that are black, frozen, half overwritten or covered", at_least=0, at_most=1
    )
    denoise: bool = _setting(
        False, "clean the frames as `seqseg stream --denoise` will, each clip from its first frame"
    )

    def __post_init__(self) -> None:
        _check(self, "augment")


@dataclass(frozen=True)
class TrainingConfig:
    """How to train."""

    epochs: int = _setting(50, "how many", at_least=1)
    batch: int = _setting(4, "clips a step", at_least=1)
    steps_per_epoch: int | None = _setting(None, "none = one pass over the clips", at_least=1)
    learning_rate: float = _setting(1e-3, "the highest, which the schedule starts from", above=0)
    encoder_rate: float = _setting(1.0, "factor on the encoder's learning rate; 0.1 for pretrained weights", above=0)
    optimizer: str | dict[str, Any] = _setting(
        "adamw", 'adamw, adam, sgd or rmsprop, or a table of one with its options, {name = "sgd", momentum = 0.9}'
    )
    schedule: str | dict[str, Any] = _setting(
        "cosine",
        "how the learning rate falls: cosine, poly, constant, exponential, staircase, drops, or a table of one with "
        'its options, {name = "drops", at = [0.5, 0.75], factor = 0.1}',
    )
    warmup_steps: int = _setting(0, "steps in which the learning rate rises from 0", at_least=0)
    weight_decay: float = _setting(1e-4, "as AdamW's: every kernel shrinks by rate x decay a step", at_least=0)
    l2: float = _setting(0.0, "times the kernels' squares, added to the loss", at_least=0)
    clip_norm: float | None = _setting(1.0, "largest global norm of the gradient; none = not clipped", above=0)
    initial_weights: str | None = _setting(None, "a .keras file to start from; none = random")
    initial_match: Literal["all", "matching"] = _setting(
        "all", "which weights that file must have: all, or those with the same place and shape"
    )
    learns: Literal["all", "memories"] = _setting(
        "all", "memories = only they are trained, on an image model that stays as it is; minutes instead of hours"
    )
    ema: float = _setting(
        0.0,
        "of the average of the weights, which is then validated and saved: 0.998 looks back some 500 steps; 0 = none",
        at_least=0,
        at_most=0.99999,
    )
    loss: str | dict[str, Any] = _setting(
        "auto", 'a loss of `seqseg help parts`, or {name = "focal", gamma = 3.0}; auto = by the model\'s head'
    )
    class_weights: Literal["none", "median_frequency", "inverse_log", "inverse", "effective_number"] | list[float] = (
        _setting("none", "how rare classes count more, or a list of one weight a class", at_least=0)
    )
    unlabelled: str | dict[str, Any] = _setting(
        "none",
        "learning without labels: consistency, mean_teacher, next_frame, ladder, or a table of one with its options, "
        '{name = "mean_teacher", weight = 1.0, decay = 0.99}',
    )
    task: Literal["auto", "segment", "next_frame"] = _setting("auto", "auto = by the model's head")
    sampling: str | dict[str, Any] = _setting(
        "teacher",
        "next frames: what the network sees during training: teacher, scheduled, reverse_scheduled or a table, "
        '{name = "scheduled", until = 5000}',
    )
    context: int | None = _setting(None, "next frames: how many are given before the roll-out; none = all", at_least=1)
    forward_frames: int = _setting(
        0, "how many frames at the beginning of each clip only update the memory, without loss and gradient", at_least=0
    )
    carry_state: bool = _setting(False, "long videos in order: the state crosses clips, the gradient does not")
    precision: Literal["float32", "mixed_bfloat16"] = _setting("float32", "of the computation; weights are float32")
    seed: int = _setting(0, "of weights, order and augmentation", at_least=0)
    validate_every: int = _setting(1, "epochs from one validation to the next", at_least=1)
    keep_every: int | None = _setting(
        None,
        "epochs from one kept model to the next: epoch_0010.keras, …, beside best.keras and last.keras",
        at_least=1,
    )
    patience: int | None = _setting(
        None, "validations without a better score before training stops; none = it never stops early", at_least=1
    )

    def __post_init__(self) -> None:
        _check(self, "training")


@dataclass(frozen=True)
class Experiment:
    """All settings of a run."""

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
        limits = {name: value for name, value in item.metadata.items() if name != "about"}
        checked = check_field(f"{section}.{item.name}", getattr(config, item.name), types[item.name], limits)
        object.__setattr__(config, item.name, checked)
