"""Batches of clips with labels and without, side by side."""

import dataclasses

import numpy as np

from seqseg.data.augment.config import make_augmentation
from seqseg.data.clips.pipeline import clip_batches, feed
from seqseg.data.flow import flow_back
from seqseg.data.selection.few_labels import without_labels
from seqseg.errors import DataError
from seqseg.training.unlabelled.learning import check_number

FINE = 32  # parts of a pixel: as whole numbers, flow keeps its precision whatever the network computes in


class Unlabelled:
    """The clips that are learnt from without labels.

    Attributes:
        notes: a sentence about them.
    """

    def __init__(self, experiment, chosen, data, resizing):
        name, options = chosen
        config, training = experiment.data, experiment.training
        batch = options.get("batch", training.batch)
        check_number("batch", batch, least=1, whole=True)
        needs_labels = {"balanced_crop": 0.0, "copy_paste": 0.0, "paste_classes": []}
        augment = make_augmentation(dataclasses.replace(experiment.augment, **needs_labels), data)
        self._dataset = clip_batches(
            data, timesteps=config.timesteps, stride=config.stride, batch=batch, resizing=resizing, augment=augment,
            seed=training.seed + 1,  # another order than that of the labelled clips
        )  # fmt: skip
        self.notes = (f"{name} learns from {data.frames} frames of {data.name} without their labels",)

    def clips(self, start):
        """Batches of clips (m, t, h, w, 3) from step `start` on, always the same.

        They are augmented as the labelled ones are, but for what needs labels: nothing is pasted, no crop balanced.
        """
        for clips, _ in feed(self._dataset, start=start):
            yield clips

    def beside(self, batches, *, motion=False):
        """start -> batches from step `start` on of what an `UnlabelledLearning` takes; see `with_unlabelled`."""
        return lambda start: with_unlabelled(batches(start), self.clips(start), motion=motion)


class NoneUnlabelled:
    """What there is where no method asks for any."""

    notes = ()


def open_unlabelled(experiment, chosen, data, resizing, screening):
    """The frames to learn from without labels: of `data.unlabelled`, or all of the training set's.

    Of `frames:` all are taken, of another kind those of its train split, so that nothing that scores is learnt from.

    Raises:
        DataError: there are none, or, where motion is to be learnt, no video is as long as a clip.
        ConfigError: a batch that makes no sense.
    """
    if chosen is None:
        return NoneUnlabelled()
    source, timesteps = experiment.data.unlabelled, experiment.data.timesteps
    if source is not None:
        data = screening.open(source, split="all" if source.partition(":")[0] == "frames" else "train")
    data = without_labels(data)
    longest = max(map(len, data.videos))
    if timesteps > 1 and longest < 2:
        raise DataError(
            f"every video of {data.name} is a single frame, so there is no motion that clips of {timesteps} frames "
            "could show; set data.timesteps to 1, or name other frames with data.unlabelled"
        )
    return Unlabelled(experiment, chosen, data, resizing)


def with_unlabelled(labelled, unlabelled, *, motion=False):
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


def _flow(clip):
    pairs = zip(clip[1:], clip[:-1], strict=True)
    flows = [flow_back(image, earlier, effort="fast") for image, earlier in pairs]
    return np.clip(np.rint(np.stack(flows) * FINE), -32768, 32767).astype("int16")
