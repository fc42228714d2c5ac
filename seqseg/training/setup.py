"""Everything that an `Experiment` asks for, made real: data, network, optimizer, batches."""

import dataclasses
from collections.abc import Callable

import keras

from seqseg.data.augment.config import make_augmentation
from seqseg.data.clips.next_frames import next_frames
from seqseg.data.clips.pieces import pieces
from seqseg.data.clips.pipeline import clip_batches, clip_steps, feed, stream_batches, stream_steps
from seqseg.data.clips.stills import make_still_walk
from seqseg.data.selection.few_labels import keep_labels, notes_of_missing
from seqseg.data.selection.opening import Screening
from seqseg.data.statistics import label_counts
from seqseg.data.video import VideoSet
from seqseg.errors import ConfigError, DataError
from seqseg.evaluation.class_scorer import ClassScorer
from seqseg.evaluation.frame_scorer import FrameScorer
from seqseg.evaluation.known_labels import with_known_labels
from seqseg.geometry import NATIVE, make_resizing
from seqseg.layers.compiling import jit_compile
from seqseg.losses import FRAME_LOSSES, LOSSES, class_weights
from seqseg.models import ClipModel, add_l2, build_model, load_matching_weights, load_weights
from seqseg.registry import make
from seqseg.training.agreement import agree
from seqseg.training.next_frames.setup import frame_batches
from seqseg.training.optimizing.fast_forward import check_forward_frames, without_labels
from seqseg.training.optimizing.learner import Learner
from seqseg.training.optimizing.long_windows import CarriedState
from seqseg.training.optimizing.schedules import make_optimizer, make_schedule
from seqseg.training.task import NEXT_FRAME, SEGMENT, Task, task_of
from seqseg.training.unlabelled import chosen_method, make_method
from seqseg.training.unlabelled.batches import open_unlabelled


@dataclasses.dataclass(frozen=True)
class Setup:
    """What a run works with.

    Attributes:
        data, validation: the two sets of videos.
        learner: the network with its training step.
        scorer: the network as validation runs it.
        batches: step -> iterator over (input, labels) from that step on, always the same.
        validation_batches: () -> iterator over (clips, labels), each frame labelled once.
        validation_clips: how many clips that gives.
        steps: of an epoch.
        schedule: step -> learning rate.
        notes: what a user should know about the start, in plain sentences.
        task: what it is scored by.
    """

    data: VideoSet
    validation: VideoSet
    learner: Learner
    scorer: ClassScorer | FrameScorer
    batches: Callable
    validation_batches: Callable
    validation_clips: int
    steps: int
    schedule: Callable
    notes: tuple = ()
    task: Task = SEGMENT

    @property
    def network(self) -> ClipModel:
        """The model that is validated and saved."""
        return self.learner.kept

    @property
    def variables(self):
        """All that changes while training: weights, statistics, seeds, carried memory, scores, optimizer."""
        learner = self.learner
        return [*learner.variables, *learner.score.variables, *learner.optimizer.variables]


def set_up(experiment, screening=None):
    """Open the data and build the network: `Experiment` -> `Setup`. Writes nothing.

    With `data.skip_bad` what is broken is left out; `screening` is then asked for what it found before, and told.

    Raises:
        ConfigError, DataError, ModelError: something does not fit; see the message.
    """
    screening = screening or Screening(skip=experiment.data.skip_bad)
    data, validation = _open(experiment.data, screening)
    agreement, resizing = agree(experiment, data), _resizing(experiment.data, data)
    chosen = chosen_method(experiment, agreement)
    few = chosen is not None or experiment.data.labelled is not None
    missing = notes_of_missing(data) if few else ()
    batches, steps = _batches(experiment, data, resizing, agreement, clips=_clips(experiment.data, few))
    unlabelled = open_unlabelled(experiment, chosen, data, resizing, screening)
    training, task, first = experiment.training, task_of(agreement.head), 1
    if task is NEXT_FRAME:
        batches, context, first = frame_batches(experiment, (data, validation), batches, steps)
    # After the data is open and before the first weight is drawn: the same seed gives the same network.
    keras.utils.set_random_seed(training.seed)
    network, told = _network(experiment, data, resizing, agreement.head)
    loss = _loss(training, agreement.loss, data, network)
    method = make_method(chosen, network, steps=training.epochs * steps)
    if method is not None:
        batches = unlabelled.beside(batches, motion=method.motion)
    carried = _carried(experiment, network, resizing.size)
    forward = _forward_frames(experiment, network, chosen, task)
    learner = Learner(
        network, carried=carried, multi_label=data.multi_label, first=first, method=method, forward=forward
    )
    schedule = make_schedule(training, steps=training.epochs * steps)
    optimizer = make_optimizer(training, learner.trainable_variables, schedule, encoder=network.encoder_variables)
    learner.compile(optimizer=optimizer, loss=loss, jit_compile=jit_compile())
    if training.ema:
        _refuse_two_averages(learner, chosen)
        learner.keep_average()

    def validation_batches():
        clips = clip_batches(
            validation, timesteps=experiment.data.timesteps, resizing=resizing, batch=training.batch,
            vectors=agreement.vectors, shuffle=False, repeat=False, drop_remainder=False, once=True,
            clips=experiment.data.clips,
        )  # fmt: skip
        if task is NEXT_FRAME:
            return next_frames(feed(clips), channels=network.card.channels)
        return with_known_labels(feed(clips), validation, experiment.data.val or experiment.data.source)

    if task is NEXT_FRAME:
        scorer = FrameScorer(learner.kept, loss, context=context)
    else:
        scorer = ClassScorer(learner.kept, loss, planes=data.multi_label)
    return Setup(
        data, validation, learner, scorer, batches, validation_batches,
        validation_clips=_validation_clips(experiment.data, validation, resizing), steps=steps,
        schedule=schedule, notes=(*agreement.notes, *missing, *unlabelled.notes, *told), task=task,
    )  # fmt: skip


def _refuse_two_averages(learner, chosen):
    if learner.kept is not learner.network:
        raise ConfigError(
            f"training.unlabelled = {chosen[0]} validates and saves an average of its own; leave training.ema out"
        )


def _open(config, screening):
    data = screening.open(config.source, split="train", class_map=config.map)
    if config.labelled is not None:
        data = keep_labels(data, config.labelled, seed=config.labelled_seed)
    validation = screening.open(config.val or config.source, split="val", class_map=config.map)
    if validation.classes != data.classes:
        raise DataError(
            f"the validation set {validation.name} has classes {', '.join(validation.classes)}, "
            f"the training set {data.name} has {', '.join(data.classes)}; they must be the same"
        )
    if (validation.multi_label, validation.vector_names) != (data.multi_label, data.vector_names):
        raise DataError(
            f"the validation set {validation.name} and the training set {data.name} differ in several labels a pixel "
            "or in vectors; validate on a set of the same kind"
        )
    return data, validation


def _validation_clips(config, validation, resizing):
    return len(pieces(validation.videos, config.timesteps, resizing, clips=config.clips))


def _resizing(config, data):
    if config.size == NATIVE:
        return make_resizing(config.resize, None)
    return make_resizing(config.resize, tuple(config.size or data.videos[0].size))


def _clips(config, few):
    """Where most clips would have no label those that have none are left out."""
    return "labelled" if few and config.clips == "all" else config.clips


def _batches(experiment, data, resizing, agreement, *, clips):
    """The batches from a step on, and how many make an epoch."""
    config, training = experiment.data, experiment.training
    cut = {"timesteps": config.timesteps, "batch": training.batch}
    augment = make_augmentation(experiment.augment, data)
    shared = cut | {"resizing": resizing, "vectors": agreement.vectors, "augment": augment, "seed": training.seed}
    if training.carry_state:
        if config.stride not in (None, config.timesteps):
            raise ConfigError(
                f"data.stride is {config.stride}, but training.carry_state walks through videos without gaps or "
                "overlap; leave data.stride out"
            )
        if config.clips != "all":
            raise ConfigError(
                f"data.clips is {config.clips}, but training.carry_state walks through videos frame by frame; "
                "turn one of them off"
            )
        dataset = stream_batches(data, **shared)
        steps = stream_steps(data, **cut)
        if config.stills_as_clips:
            raise ConfigError(
                "data.stills_as_clips makes a clip of every labelled frame, but training.carry_state walks through "
                "whole videos; turn one of them off"
            )
    elif config.stills_as_clips:
        dataset = clip_batches(data, stills=make_still_walk(config.stills_as_clips), **shared)
        steps = -(-sum(len(video.labelled) for video in data.videos) // training.batch)
    else:
        dataset = clip_batches(data, stride=config.stride, clips=clips, **shared)
        steps = clip_steps(data, stride=config.stride, clips=clips, **cut)

    def batches(start):
        fed = feed(dataset, start=start)
        if agreement.head == "frame":
            return fed
        fed = with_known_labels(fed, data, config.source)
        forward = training.forward_frames
        return without_labels(fed, forward, planes=data.planes) if forward else fed

    return batches, training.steps_per_epoch or steps


def _network(experiment, data, resizing, head):
    model = experiment.model
    options = model.options | {"head": head}
    network = build_model(model.name, classes=data.classes, palette=data.palette, void=data.void, **options)
    trained = {"timesteps": experiment.data.timesteps, "size": resizing.size, "fit": resizing.to_card()}
    network.card = dataclasses.replace(network.card, **trained)
    training = experiment.training
    if training.l2:
        add_l2(network, training.l2)
    if training.initial_weights is None:
        return network, ()
    if training.initial_match == "all":
        load_weights(network, training.initial_weights)
        return network, ()
    taken = load_matching_weights(network, training.initial_weights, other_shapes="skip")
    return network, (f"{training.initial_weights}: {taken}",)


def _loss(training, chosen, data, network):
    options = {"name": chosen} if isinstance(chosen, str) else dict(chosen)
    if not isinstance(options.get("name"), str):
        raise ConfigError(f'training.loss needs a name, such as {{name = "focal", gamma = 3.0}}; got {chosen}')
    for option, place in {"void": "the data", "class_weights": "training.class_weights"}.items():
        if option in options:
            raise ConfigError(f"training.loss takes {option} from {place}; leave it out of the loss's own options")
    if network.card.head == "frame":
        return make(FRAME_LOSSES, "training.loss", options.pop("name"), **options)
    shared = {"void": data.void, "class_weights": _weights(training.class_weights, data)}
    return make(LOSSES, "training.loss", options.pop("name"), **options, **shared)


def _weights(wanted, data):
    if isinstance(wanted, str):
        # Counting reads every mask, so only when it is asked for.
        return None if wanted == "none" else class_weights(label_counts(data), wanted)
    if len(wanted) != len(data.classes):
        raise ConfigError(
            f"training.class_weights has {len(wanted)} numbers, but {data.name} has {len(data.classes)} classes: "
            f"{', '.join(data.classes)}"
        )
    return list(wanted)


def _forward_frames(experiment, network, chosen, task):
    frames = experiment.training.forward_frames
    if frames and (chosen is not None or task is NEXT_FRAME):
        raise ConfigError(
            f"training.forward_frames is {frames}, but goes neither with next frames nor with training.unlabelled; "
            "leave it out"
        )
    check_forward_frames(network, frames, timesteps=experiment.data.timesteps)
    return frames


def _carried(experiment, network, size):
    if not experiment.training.carry_state:
        return None
    height, width = (experiment.augment.enabled and experiment.augment.crop) or size
    return CarriedState(network, batch=experiment.training.batch, height=height, width=width)
