"""Batches of clips with labels and without, side by side."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from seqseg.config import Experiment
from seqseg.data.augment.config import make_augmentation
from seqseg.data.clips.pipeline import clip_batches, feed
from seqseg.data.flow import flow_back
from seqseg.data.selection.few_labels import without_labels
from seqseg.data.selection.opening import SetOpener
from seqseg.data.video import VideoSet
from seqseg.errors import DataError
from seqseg.geometry import Resizing
from seqseg.training.clips import Batch
from seqseg.training.unlabelled.learning import check_number

FINE = 32  # parts of a pixel: as whole numbers, flow keeps its precision in any number format of the network


class Unlabelled:
    """The clips without labels of a run.

    Attributes:
        notes: a sentence about them.
    """

    def __init__(
        self, experiment: Experiment, chosen: tuple[str, dict[str, Any]], data: VideoSet, resizing: Resizing
    ) -> None:
        name, options = chosen
        config, training = experiment.data, experiment.training
        batch = options.get("batch", training.batch)
        check_number("batch", batch, least=1, whole=True)
        without = replace(experiment.augment, balanced_crop=0.0, copy_paste=0.0, paste_classes=[])  # they need labels
        self._dataset = clip_batches(
            data, timesteps=config.timesteps, stride=config.stride, batch=batch, resizing=resizing,
            augment=make_augmentation(without, data), seed=training.seed + 1,  # another order than the labelled clips
        )  # fmt: skip
        self.notes = (f"{name} learns from {data.frames} frames of {data.name} without their labels",)

    def clips(self, start: int) -> Iterator[np.ndarray]:
        """Batches of clips (m, t, h, w, 3) from step `start` on, always the same ones.

        They are augmented as the labelled ones, except for what needs labels: copy-paste and balanced crops.
        """
        for clips, _ in feed(self._dataset, start=start):
            yield clips

    def beside(self, labelled: Iterable[Batch], *, start: int, motion: bool = False) -> Iterator[Batch]:
        """Batches from step `start` on for an `UnlabelledLearning`; see `with_unlabelled`."""
        return with_unlabelled(labelled, self.clips(start), motion=motion)


class NoUnlabelled:
    """For a run without a method that learns from unlabelled clips."""

    notes: tuple[str, ...] = ()

    def beside(self, labelled: Iterable[Batch], *, start: int, motion: bool = False) -> Iterator[Batch]:
        """The labelled batches alone."""
        return iter(labelled)


def open_unlabelled(
    experiment: Experiment,
    chosen: tuple[str, dict[str, Any]] | None,
    data: VideoSet,
    resizing: Resizing,
    opener: SetOpener,
) -> Unlabelled | NoUnlabelled:
    """The frames to learn from without labels: of `data.unlabelled`, or all of the training set.

    A `frames:` source is used whole, any other kind by its train split, so that no frame is learnt from and scored on.

    Raises:
        DataError: there are none, or every video is a single frame where clips are longer.
        ConfigError: a batch below 1.
    """
    if chosen is None:
        return NoUnlabelled()
    source, timesteps = experiment.data.unlabelled, experiment.data.timesteps
    if source is not None:
        data = opener.open(source, split="all" if source.partition(":")[0] == "frames" else "train")
    data = without_labels(data)
    longest = max(map(len, data.videos))
    if timesteps > 1 and longest < 2:
        raise DataError(
            f"every video of {data.name} is a single frame, so there is no motion that clips of {timesteps} frames "
            "could show; set data.timesteps to 1, or name other frames with data.unlabelled"
        )
    return Unlabelled(experiment, chosen, data, resizing)


def with_unlabelled(
    labelled: Iterable[Batch], unlabelled: Iterable[np.ndarray], *, motion: bool = False
) -> Iterator[Batch]:
    """Batches (clips, labels) and batches of clips -> ({"labelled": clips, "unlabelled": clips}, labels).

    With `motion` there is "flow" too, int16 (m, t - 1, h, w, 2): where each pixel of the unlabelled frames was in the
    frame before, in 32nds of a pixel.

    Raises:
        DataError: with motion, frames that are too small for optical flow.
    """
    for (clips, labels), others in zip(labelled, unlabelled, strict=True):
        inputs = {"labelled": clips, "unlabelled": others}
        if motion:
            inputs["flow"] = np.stack([_flow(clip) for clip in others])
        yield inputs, labels


def _flow(clip: np.ndarray) -> np.ndarray:
    pairs = zip(clip[1:], clip[:-1], strict=True)
    flows = [flow_back(image, earlier, effort="fast") for image, earlier in pairs]
    return np.asarray(np.clip(np.rint(np.stack(flows) * FINE), -32768, 32767), "int16")
