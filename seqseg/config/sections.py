"""The settings of an experiment, section by section; the classes check themselves."""

from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_type_hints

from seqseg.config.types import Size, check_field


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
    # labelled_last: a clip for every labelled frame, which is its last; for sets with few labels, such as Cityscapes'
    # sequences; labelled: without the clips that have no label
    clips: Literal["all", "labelled", "labelled_last"] = "all"
    # every labelled frame becomes a clip of a crop that moves, shakes and zooms; true, or a table of its maxima a
    # frame, {speed = 6.0, shake = 1.0, zoom = 0.005}; see data/clips/stills.py
    stills_as_clips: bool | dict[str, Any] = False
    labelled: str | None = (
        None  # which training frames keep their labels: "10%", or a file; see data/selection/few_labels.py
    )
    labelled_seed: int = _at_least(0, 0)  # of the draw of a share
    # frames without labels that training.unlabelled learns from, as KIND:PATH; None = those of `source`, all of them
    unlabelled: str | None = None
    # (height, width) of the network's input; None = that of the first frame, "native" = every frame keeps its own
    size: Size | Literal["native"] | None = None
    # how they are brought to it: letterbox, resize, tile, or {name = "letterbox", enlarge = true, border = 0}
    resize: str | dict[str, Any] = "letterbox"
    val: str | None = None  # another source to validate on; None = the val split of `source`
    skip_bad: bool = False  # read everything once and leave out broken frames, listed in the run's left_out.txt
    map: str | dict[str, Any] | None = None  # [data.map] new = ["old", …], or a name; see data/labels/class_map.py

    def __post_init__(self) -> None:
        _check(self, "data")


@dataclass(frozen=True)
class AugmentConfig:
    """Augmentation of the training clips: one draw a clip, the same for image, mask and every frame.

    `seqseg inspect KIND:PATH --augment` draws it.
    """

    enabled: bool = True
    flip: float = _between(0, 1, 0.5)  # probability of a left-right mirror
    flip_vertical: float = _between(0, 1, 0.0)  # probability of an upside-down mirror
    scale: tuple[float, float] = field(default=(0.75, 1.5), metadata={"above": 0, "ascending": True})  # zoom, from-to
    rotate: float = _between(0, 180, 10.0)  # degrees, either way
    shift: float = _between(0, 1, 0.1)  # fraction of the size, either way
    shear: float = _between(0, 40, 0.0)  # degrees of either axis, either way
    perspective: float = _between(0, 0.2, 0.0)  # the most that each corner moves, as a fraction of the size
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
    cutout: float = _between(0, 1, 0.0)  # the largest rectangle of one colour, as a fraction of the size
    crop: Size | None = None  # (height, width) cut out at random; None = the whole frame
    balanced_crop: float = _between(0, 1, 0.0)  # probability that the crop holds a class drawn inversely to its share
    copy_paste: float = _between(0, 1, 0.0)  # probability that objects of another clip are laid over this one
    paste_classes: list[str] = field(default_factory=list)  # the names of the classes that are such objects
    speed: tuple[float, float] = field(default=(1.0, 1.0), metadata={"above": 0, "ascending": True})  # times its own
    reverse: float = _between(0, 1, 0.0)  # probability of going backwards
    pause: float = _between(0, 1, 0.0)  # probability that a frame is repeated for up to half of the clip
    drop: float = _between(0, 1, 0.0)  # probability of each frame to be dropped
    noise_frame: float = _between(
        0, 1, 0.0
    )  # probability of each frame but the last to be noise or a frame of another clip
    # (darkest, brightest) fraction of the light, drawn for each frame
    low_light: tuple[float, float] | None = field(default=None, metadata={"above": 0, "at_most": 1, "ascending": True})
    sensor_noise: tuple[float, float] | None = field(  # (worst, best) in dB, drawn for each frame; 20 is strong
        default=None, metadata={"at_least": 0, "at_most": 100, "ascending": True}
    )
    frame_damage: float = _between(0, 1, 0.0)  # fraction of frames that are black, frozen, half overwritten or covered

    def __post_init__(self) -> None:
        _check(self, "augment")


@dataclass(frozen=True)
class TrainingConfig:
    """How to train: the optimizer is AdamW."""

    epochs: int = _at_least(1, 50)
    batch: int = _at_least(1, 4)
    steps_per_epoch: int | None = _at_least(1, None)  # None = one pass over the clips
    learning_rate: float = _above(0, 1e-3)
    encoder_rate: float = _above(0, 1.0)  # factor on the encoder's learning rate; 0.1 for pretrained weights
    schedule: Literal["cosine", "poly", "constant"] = "cosine"
    warmup_steps: int = _at_least(0, 0)
    weight_decay: float = _at_least(0, 1e-4)  # AdamW's: every kernel shrinks by rate x decay a step
    l2: float = _at_least(0, 0.0)  # times the kernels' squares, added to the loss; see `seqseg.models.add_l2`
    clip_norm: float | None = _above(0, 1.0)  # global norm of the gradient; None = not clipped
    initial_weights: str | None = None  # a .keras file to start from; None = random
    initial_match: Literal["all", "matching"] = "all"  # all weights, or those with the same place and shape
    # of the average of the weights, which is then validated and saved: 0.998 looks back some 500 steps; 0 = none
    ema: float = _between(0, 0.99999, 0.0)
    # a name in seqseg.losses.LOSSES, or {name = "focal", gamma = 3.0}; auto = by the model's head
    loss: str | dict[str, Any] = "auto"
    class_weights: Literal["none", "median_frequency", "inverse_log", "inverse", "effective_number"] | list[float] = (
        field(default="none", metadata={"at_least": 0})
    )
    # learning without labels: "consistency", "mean_teacher", "next_frame", "ladder", or a table of one with its
    # options, {name = "mean_teacher", weight = 1.0, decay = 0.99}; see training/unlabelled/
    unlabelled: str | dict[str, Any] = "none"
    task: Literal["auto", "segment", "next_frame"] = "auto"  # auto = by the model's head
    # next frames: "teacher", "scheduled", "reverse_scheduled" or {name = "scheduled", until = 5000}; see sampling.py
    sampling: str | dict[str, Any] = "teacher"
    context: int | None = _at_least(1, None)  # next frames: how many are given before the roll-out; None = all
    # how many frames at the beginning of each clip only update the memory, without loss and gradient
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
        checked = check_field(f"{section}.{item.name}", getattr(config, item.name), types[item.name], item.metadata)
        object.__setattr__(config, item.name, checked)
