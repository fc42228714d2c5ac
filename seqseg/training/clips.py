"""The clips of a run, cut from its videos as the experiment asks."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from seqseg.config import Experiment
from seqseg.data.augment.config import make_augmentation
from seqseg.data.clips.pieces import pieces
from seqseg.data.clips.pipeline import clip_batches, clip_steps, feed, stream_batches, stream_steps
from seqseg.data.clips.stills import make_still_walk
from seqseg.data.video import VideoSet
from seqseg.errors import ConfigError
from seqseg.geometry import Resizing

Batch: TypeAlias = tuple[Any, np.ndarray]
"""(input, target): the input an array, or a tuple or dict of arrays, as the network takes it."""


def training_clips(
    experiment: Experiment, data: VideoSet, *, resizing: Resizing, vectors: bool, few: bool
) -> Callable[[int], Iterator[Batch]]:
    """step -> an iterator over the batches from that step on: always the same ones.

    Args:
        experiment, data: of the run.
        resizing: to the size of the network.
        vectors: whether batches hold the vectors of the data.
        few: leave out clips without a label, since few frames have one.

    Raises:
        ConfigError: settings that `training.carry_state` excludes.
    """
    config, training = experiment.data, experiment.training
    augment = make_augmentation(experiment.augment, data)
    if training.carry_state:
        _check_carrying(experiment)
        dataset = stream_batches(
            data, timesteps=config.timesteps, batch=training.batch, resizing=resizing, seed=training.seed,
            augment=augment, vectors=vectors,
        )  # fmt: skip
    else:
        dataset = clip_batches(
            data, timesteps=config.timesteps, batch=training.batch, resizing=resizing, seed=training.seed,
            augment=augment, vectors=vectors, stride=config.stride, clips=_clips(experiment, few),
            stills=make_still_walk(config.stills_as_clips),
        )  # fmt: skip
    return lambda start: feed(dataset, start=start)


def steps_per_epoch(experiment: Experiment, data: VideoSet, *, few: bool = False) -> int:
    """The steps of an epoch: `training.steps_per_epoch`, or one pass over the clips."""
    config, training = experiment.data, experiment.training
    if training.steps_per_epoch:
        return training.steps_per_epoch
    if training.carry_state:
        return stream_steps(data, timesteps=config.timesteps, batch=training.batch)
    if config.stills_as_clips:
        return -(-sum(len(video.labelled) for video in data.videos) // training.batch)
    clips = _clips(experiment, few)
    return clip_steps(data, timesteps=config.timesteps, batch=training.batch, stride=config.stride, clips=clips)


def validation_clips(
    experiment: Experiment, validation: VideoSet, *, resizing: Resizing, vectors: bool
) -> Iterator[Batch]:
    """The batches of one pass over the validation set, in which every frame is labelled once."""
    config = experiment.data
    dataset = clip_batches(
        validation, timesteps=config.timesteps, resizing=resizing, batch=experiment.training.batch,
        vectors=vectors, shuffle=False, repeat=False, drop_remainder=False, once=True, clips=config.clips,
    )  # fmt: skip
    batches: Iterator[Batch] = feed(dataset)
    return batches


def count_validation_clips(experiment: Experiment, validation: VideoSet, resizing: Resizing) -> int:
    """How many clips `validation_clips` gives."""
    return len(pieces(validation.videos, experiment.data.timesteps, resizing, clips=experiment.data.clips))


def _clips(experiment: Experiment, few: bool) -> str:
    return "labelled" if few and experiment.data.clips == "all" else experiment.data.clips


def _check_carrying(experiment: Experiment) -> None:
    config = experiment.data
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
    if config.stills_as_clips:
        raise ConfigError(
            "data.stills_as_clips makes a clip of every labelled frame, but training.carry_state walks through "
            "whole videos; turn one of them off"
        )
