"""From an `Experiment` to everything that training works with: data, network, optimizer, batches."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import keras

from seqseg.config import DataConfig, Experiment
from seqseg.data.selection.apart import apart
from seqseg.data.selection.few_labels import keep_labels, notes_of_missing
from seqseg.data.selection.opening import SetOpener
from seqseg.data.video import VideoSet
from seqseg.errors import ConfigError
from seqseg.evaluation.scorer import Scorer
from seqseg.geometry import Resizing, make_resizing
from seqseg.layers.compiling import jit_compile
from seqseg.models.build import build_model
from seqseg.models.clip_model import ClipModel
from seqseg.models.surgery import add_l2, freeze_all_but_memories
from seqseg.models.weights import load_matching_weights, load_weights
from seqseg.training.clips import Batch, count_validation_clips, steps_per_epoch, training_clips, validation_clips
from seqseg.training.devices.team import ALONE, Team
from seqseg.training.optimizing.fast_forward import check_forward_frames
from seqseg.training.optimizing.learner import Learner
from seqseg.training.optimizing.long_windows import CarriedState
from seqseg.training.optimizing.schedules import WarmUpThen, make_optimizer, make_schedule
from seqseg.training.tasks import choose_task
from seqseg.training.tasks.task import Task
from seqseg.training.unlabelled import chosen_method, make_method
from seqseg.training.unlabelled.batches import open_unlabelled
from seqseg.training.unlabelled.learning import UnlabelledLearning


@dataclass(frozen=True)
class Setup:
    """What a run works with.

    Attributes:
        task: its batches, loss, score and validation.
        data, validation: the two sets of videos.
        learner: the network with its training step.
        scorer: the network as validation runs it.
        batches: step -> an iterator over (input, target) from that step on, always the same ones.
        validation_batches: () -> an iterator over the validation set, in which each frame is labelled once.
        validation_clips: how many clips that gives.
        steps: of an epoch.
        schedule: step -> learning rate.
        notes: what a user should know before the start, in sentences.
    """

    task: Task
    data: VideoSet
    validation: VideoSet
    learner: Learner
    scorer: Scorer
    batches: Callable[[int], Iterator[Batch]]
    validation_batches: Callable[[], Iterator[Batch]]
    validation_clips: int
    steps: int
    schedule: Callable[[int], Any]
    notes: tuple[str, ...] = ()

    @property
    def network(self) -> ClipModel:
        """The model that is validated and saved."""
        return self.learner.kept

    @property
    def variables(self) -> list[keras.Variable]:
        """All that training changes: weights, statistics, seeds, carried memory, scores, optimizer."""
        learner = self.learner
        return [*learner.variables, *learner.score.variables, *learner.optimizer.variables]


def set_up(experiment: Experiment, opener: SetOpener | None = None, team: Team = ALONE) -> Setup:
    """Open the data and build the network. Writes nothing.

    Args:
        experiment: all settings.
        opener: opens the data; with `data.skip_bad` it leaves out what is broken and keeps a list.
        team: the devices that share the batches out.

    Raises:
        ConfigError, DataError, ModelError: settings, data and model do not go together; see the message.
    """
    training = experiment.training
    opener = opener or SetOpener(skip=experiment.data.skip_bad)
    data = _open_training_set(experiment.data, opener)
    validation = opener.open(experiment.data.val or experiment.data.source, split="val", class_map=experiment.data.map)
    if experiment.data.independent:
        if experiment.data.timesteps > 1:
            raise ConfigError(
                "data.independent makes every frame a video of its own; set data.timesteps to 1, got "
                f"{experiment.data.timesteps}"
            )
        data, validation = apart(data), apart(validation)
    task = choose_task(experiment, data)
    task.check_validation(validation)
    chosen = chosen_method(experiment, task)
    few = chosen is not None or experiment.data.labelled is not None
    resizing = _resizing(experiment.data, data)
    clips = training_clips(experiment, data, resizing=resizing, vectors=task.vectors, few=few)
    unlabelled = open_unlabelled(experiment, chosen, data, resizing, opener)
    epoch = steps_per_epoch(experiment, data, few=few)
    steps = training.epochs * epoch
    # After the data is open and before the first weight is drawn: the same seed gives the same network.
    keras.utils.set_random_seed(training.seed)
    network, weights_notes = _network(experiment, data, resizing, task.head)
    schedule, method = make_schedule(training, steps=steps), make_method(chosen, network, steps=steps)
    motion = method is not None and method.motion
    learner = _learner(experiment, task, network, resizing, schedule, method)

    def batches(start: int) -> Iterator[Batch]:
        whole = unlabelled.beside(task.batches(clips(start), start=start), start=start, motion=motion)
        return team.share(whole)

    def validation_batches() -> Iterator[Batch]:
        cut = validation_clips(experiment, validation, resizing=resizing, vectors=task.vectors)
        return task.validation_batches(cut, validation)

    missing = notes_of_missing(data) if few else ()
    return Setup(
        task, data, validation, learner, task.scorer(learner.kept, learner.loss), batches, validation_batches,
        validation_clips=count_validation_clips(experiment, validation, resizing), steps=epoch, schedule=schedule,
        notes=(*task.notes, *missing, *unlabelled.notes, *weights_notes),
    )  # fmt: skip


def _open_training_set(config: DataConfig, opener: SetOpener) -> VideoSet:
    data = opener.open(config.source, split="train", class_map=config.map)
    return data if config.labelled is None else keep_labels(data, config.labelled, seed=config.labelled_seed)


def _resizing(config: DataConfig, data: VideoSet) -> Resizing:
    if isinstance(config.size, str):  # native
        return make_resizing(config.resize, None)
    return make_resizing(config.resize, config.size or data.videos[0].size)


def _network(experiment: Experiment, data: VideoSet, resizing: Resizing, head: str) -> tuple[ClipModel, list[str]]:
    """The network with its first weights, and notes about where they are from."""
    model, training = experiment.model, experiment.training
    _check_channels(model.options.get("channels", 3), data)
    options = model.options | {"head": head} | ({"stack": experiment.data.stack} if experiment.data.stack > 1 else {})
    network = build_model(model.name, classes=data.classes, palette=data.palette, void=data.void, **options)
    trained = {"timesteps": experiment.data.timesteps, "size": resizing.size, "fit": resizing.to_card()}
    network.card = replace(network.card, **trained)
    if training.l2:
        add_l2(network, training.l2)
    if training.initial_weights is None:
        return network, []
    if training.initial_match == "all":
        load_weights(network, training.initial_weights)
        return network, []
    matching = load_matching_weights(network, training.initial_weights, other_shapes="skip")
    return network, [f"{training.initial_weights}: {matching}"]


def _check_channels(channels: Any, data: VideoSet) -> None:
    if channels not in (1, 3):
        raise ConfigError(
            f"model.channels is {channels}, but the frames of {data.name} have 3, RGB; leave it out, take 1 for their "
            "brightness, or see several frames at once with data.stack"
        )


def _learner(
    experiment: Experiment,
    task: Task,
    network: ClipModel,
    resizing: Resizing,
    schedule: WarmUpThen,
    method: UnlabelledLearning | None,
) -> Learner:
    training = experiment.training
    if training.learns == "memories":
        freeze_all_but_memories(network)
    learner = Learner(
        network, carried=_carried(experiment, network, resizing), score=task.metric(), first=task.always_given,
        method=method, forward=_forward_frames(experiment, network, method),
    )  # fmt: skip
    optimizer = make_optimizer(training, learner.trainable_variables, schedule, encoder=network.encoder_variables)
    learner.compile(optimizer=optimizer, loss=task.loss(), jit_compile=jit_compile())
    if training.ema:
        if method is not None and method.kept is not network:
            raise ConfigError(
                f"training.unlabelled = {method.name} validates and saves an average of its own; leave training.ema out"
            )
        learner.keep_average()
    return learner


def _carried(experiment: Experiment, network: ClipModel, resizing: Resizing) -> CarriedState | None:
    if not experiment.training.carry_state:
        return None
    size = (experiment.augment.enabled and experiment.augment.crop) or resizing.size
    if size is None:  # refused already, when the clips were cut
        raise ConfigError("training.carry_state needs a data.size of HEIGHTxWIDTH, got native")
    height, width = size
    return CarriedState(network, batch=experiment.training.batch, height=height, width=width)


def _forward_frames(experiment: Experiment, network: ClipModel, method: UnlabelledLearning | None) -> int:
    frames = experiment.training.forward_frames
    if frames and method is not None:
        raise ConfigError(
            f"training.forward_frames is {frames}, but does not go with training.unlabelled; leave one of them out"
        )
    check_forward_frames(network, frames, timesteps=experiment.data.timesteps)
    return frames
