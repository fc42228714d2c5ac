"""Learning from frames without labels, as `[training] unlabelled` chooses it.

Every step takes a batch of clips with labels and one without; a method adds the cost of the second one to the loss.
"""

import functools
from collections.abc import Mapping
from typing import Any

from seqseg.config import DataConfig, Experiment
from seqseg.errors import ConfigError
from seqseg.models.clip_model import ClipModel
from seqseg.registry import as_table, make, suggestion
from seqseg.training.tasks.task import Task
from seqseg.training.unlabelled.consistency import Consistency
from seqseg.training.unlabelled.denoising import Denoising
from seqseg.training.unlabelled.learning import UnlabelledLearning
from seqseg.training.unlabelled.mean_teacher import MeanTeacher
from seqseg.training.unlabelled.next_frame import JointNextFrame

METHODS: dict[str, Any] = {
    "consistency": Consistency,
    "mean_teacher": MeanTeacher,
    "next_frame": JointNextFrame,
    "ladder": Denoising,
}
"""Methods by name; each takes the network, the steps of the run, and its own options."""


def chosen_method(experiment: Experiment, task: Task) -> tuple[str, dict[str, Any]] | None:
    """(name, options) of `training.unlabelled`, or None.

    Raises:
        ConfigError: there is no such method, or a setting that does not go with learning from unlabelled frames.
    """
    training, data = experiment.training, experiment.data
    wanted = training.unlabelled
    options = as_table(wanted)
    name = options.pop("name", None)
    if name == "none":
        _check_without_method(options, data, task)
        return None
    if not isinstance(name, str) or name not in METHODS:
        close = suggestion(name, METHODS) if isinstance(name, str) else ""
        raise ConfigError(f"training.unlabelled needs a name, one of none, {', '.join(METHODS)}; got {wanted!r}{close}")
    if not task.needs_labels:
        raise ConfigError(f"training.unlabelled is {name}, but a frame predictor needs no labels; leave it out")
    if training.carry_state:
        raise ConfigError(
            f"training.carry_state walks through videos in order, and training.unlabelled = {name} draws clips from "
            "anywhere; turn one of them off"
        )
    if task.vectors:
        raise ConfigError(f"training.unlabelled = {name} takes no vectors beside frames yet; leave model.condition out")
    if METHODS[name].needs_motion and data.timesteps < 2:
        raise ConfigError(
            f"training.unlabelled = {name} looks from one frame to the next, but data.timesteps is {data.timesteps}; "
            "use 2 or more"
        )
    return name, options


def make_method(
    chosen: tuple[str, Mapping[str, Any]] | None, network: ClipModel, *, steps: int
) -> UnlabelledLearning | None:
    """The method for `network` in a run of `steps` steps; None when none is chosen.

    Raises:
        ConfigError: an unknown option, or a model or a value that the method cannot use.
    """
    if chosen is None:
        return None
    name, options = chosen
    options = {key: value for key, value in options.items() if key != "batch"}
    method: UnlabelledLearning = make(
        {name: functools.partial(METHODS[name], network, steps)}, "training.unlabelled", name, **options
    )
    return method


def _check_without_method(options: Mapping[str, Any], data: DataConfig, task: Task) -> None:
    if data.labelled is not None and not task.needs_labels:
        raise ConfigError("data.labelled keeps some labels, but a frame predictor needs none; leave it out")
    if options:
        raise ConfigError(f"training.unlabelled none takes no options, got {', '.join(options)}")
    if data.unlabelled is not None:
        raise ConfigError(
            f"data.unlabelled is {data.unlabelled}, but training.unlabelled is none, so nothing would learn from it; "
            f"set it to one of {', '.join(METHODS)}"
        )
