"""Whether data, model and loss go together; what was not chosen is chosen to fit."""

import dataclasses

from seqseg.errors import ConfigError
from seqseg.evaluation.condition import check_vectors
from seqseg.losses import FRAME_LOSSES, LOSSES
from seqseg.models.presets import FRAME_PRESETS

AUTO = "auto"


@dataclasses.dataclass(frozen=True)
class Agreement:
    """The head and loss to train with, and `notes`, sentences about what was chosen for the user.

    `loss` is a name or a table with one, as `[training] loss` takes it. `vectors` says whether the model takes those
    of the data.
    """

    head: str
    loss: object
    vectors: bool
    notes: tuple


def agree(experiment, data):
    """The `Agreement` of an `Experiment` with its training set.

    Several labels a pixel take the multi-label head and binary cross-entropy where the user chose none; exclusive
    classes may be trained with that head too.

    Raises:
        ConfigError: a head, loss or condition that was chosen does not fit the data.
    """
    options, notes = experiment.model.options, []
    if _predicts_frames(experiment):
        return _agree_on_frames(experiment)
    head = options.get("head", "multi_label" if data.multi_label else "softmax")
    loss = experiment.training.loss
    if data.multi_label and "head" not in options:
        notes.append(f"pixels of {data.name} may show several classes: the model takes the multi_label head")
    if data.multi_label and head != "multi_label":
        raise ConfigError(
            f'model.head is "{head}", which finds one class a pixel, but pixels of {data.name} may show several; '
            'leave model.head out or take "multi_label"'
        )
    if loss == AUTO:
        loss = "binary_cross_entropy" if head == "multi_label" else "cross_entropy"
        if head == "multi_label":
            notes.append("the loss is binary_cross_entropy, a yes or no for each class")
    _check_loss(loss, head)
    notes += check_vectors(options.get("condition", 0), data)
    return Agreement(head, loss, bool(options.get("condition", 0)), tuple(notes))


def _predicts_frames(experiment):
    """Whether the run is about next frames: the model was made for it, its head is, or the task says so."""
    model, task = experiment.model, experiment.training.task
    of_model = model.name in FRAME_PRESETS or model.options.get("head") == "frame"
    if task == "segment" and of_model:
        raise ConfigError(f"training.task is segment, but {model.name} predicts frames; leave it out")
    head = model.options.get("head", "frame")
    if task == "next_frame" and head != "frame":
        raise ConfigError(f'training.task is next_frame, but model.head is {head}; leave it out, or take "frame"')
    if not of_model and task != "next_frame" and experiment.training.sampling != "teacher":
        raise ConfigError("training.sampling is for predictors of frames; set training.task = next_frame")
    return of_model or task == "next_frame"


def _agree_on_frames(experiment):
    if experiment.model.options.get("condition", 0):
        raise ConfigError("model.condition does not go with predicting frames; leave it out")
    loss = experiment.training.loss
    notes = ()
    if loss == AUTO:
        loss, notes = "l2", ("the loss is l2, the mean squared error of the next frame",)
    name = loss if isinstance(loss, str) else loss.get("name")
    if name in LOSSES:
        raise ConfigError(
            f"training.loss {name} is for classes, but the model predicts frames; take one of {', '.join(FRAME_LOSSES)}"
        )
    return Agreement("frame", loss, False, notes)


def _check_loss(loss, head):
    name = loss if isinstance(loss, str) else loss.get("name")
    kind = LOSSES.get(name) if isinstance(name, str) else None
    if kind is None or head != "multi_label" or kind.multi_label:
        return
    fitting = ", ".join(name for name, other in LOSSES.items() if other.multi_label)
    raise ConfigError(
        f"training.loss {name} is for one class a pixel, but the model's head is multi_label; take one of {fitting}, "
        "or leave training.loss out"
    )
