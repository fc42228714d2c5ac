"""Kinds of training: each owns its batches, loss, score and validation."""

from seqseg.config import Experiment
from seqseg.data.video import VideoSet
from seqseg.errors import ConfigError
from seqseg.models.presets import FRAME_PRESETS
from seqseg.training.tasks.next_frame import NextFrame
from seqseg.training.tasks.segmentation import Segmentation
from seqseg.training.tasks.task import Task


def choose_task(experiment: Experiment, data: VideoSet) -> Task:
    """The task of an `Experiment` on its training set; what the user left open is chosen here and noted.

    Raises:
        ConfigError: the task, the model's head, the loss or the condition do not go with each other or with the data.
        DataError: the data cannot be used for the task.
    """
    if _predicts_frames(experiment):
        return NextFrame(experiment, data)
    return Segmentation(experiment, data)


def _predicts_frames(experiment: Experiment) -> bool:
    """Whether the model's preset, its head or `training.task` asks for next frames."""
    model, task = experiment.model, experiment.training.task
    of_model = model.name in FRAME_PRESETS or model.options.get("head") == "frame"
    if task == "segment" and of_model:
        raise ConfigError(f"training.task is segment, but {model.name} predicts frames; leave it out")
    head = model.options.get("head", "frame")
    if task == "next_frame" and head != "frame":
        raise ConfigError(f'training.task is next_frame, but model.head is {head}; leave it out, or take "frame"')
    if not of_model and task != "next_frame" and experiment.training.sampling != "teacher":
        raise ConfigError("training.sampling is for frame predictors; set training.task = next_frame")
    return of_model or task == "next_frame"
