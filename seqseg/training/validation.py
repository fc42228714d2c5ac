"""The score after an epoch: one table of counts over the whole validation set, at the working size."""

import dataclasses

import numpy as np

from seqseg.errors import DataError
from seqseg.evaluation.counting import Counting, counting_of, mean_iou

SAMPLES = 4
"""Pictures to look at each epoch, always the same ones, evenly spread over the validation set."""


@dataclasses.dataclass(frozen=True)
class Validation:
    """What the validation set says of a model.

    Attributes:
        counts: int64, of labels and predictions, as `counting` counts them: a confusion matrix unless a pixel may
            show several classes.
        loss: the same mean as in training, over the whole set.
        samples: list of (image, labels, prediction).
        counting: a `Counting`.
    """

    counts: np.ndarray
    loss: float
    samples: list
    counting: Counting

    @property
    def score(self):
        """What chooses the best epoch."""
        return self.miou

    @property
    def figures(self):
        """The columns of metrics.csv."""
        return {"val_miou": self.miou, "val_pixel_accuracy": self.pixel_accuracy}

    @property
    def miou(self):
        """The mean IoU over the classes that are there."""
        return mean_iou(self.counting, self.counts)

    @property
    def pixel_accuracy(self):
        """The share of labelled pixels named right; of answers, where each class of a pixel is one."""
        return self.counting.accuracy(self.counts)


def validate(setup, *, stop=lambda: False, watch=lambda batch: None):
    """Score the network on the validation set; None if `stop()` came true on the way.

    Args:
        setup: a `Setup`.
        stop: asked after every batch.
        watch: told the number of batches done.

    Raises:
        DataError: no pixel of the validation set is labelled.
    """
    counting, void = counting_of(setup.validation), setup.validation.void
    counts = np.zeros(counting.shape, "int64")
    loss = weight = 0.0
    samples = []
    shown = set(np.linspace(0, setup.validation_clips - 1, SAMPLES).round().astype(int).tolist())
    clips_done = 0
    for number, (inputs, labels) in enumerate(setup.validation_batches(), start=1):
        batch = {"clips": inputs["clip"], "condition": inputs["condition"]} if isinstance(inputs, dict) else {}
        clips = batch.setdefault("clips", inputs)
        outputs = setup.scorer.predict_on_batch(batch | {"labels": labels})
        predictions = np.asarray(outputs["classes"])
        counts += counting.count(labels, predictions)
        loss += float(outputs["loss"][0])
        weight += float(outputs["weight"][0])
        rows = zip(clips, labels, predictions, strict=True)
        samples += [_sample(*row, void) for clip, row in enumerate(rows, start=clips_done) if clip in shown]
        clips_done += len(clips)
        if stop():
            return None
        watch(number)
    if not counts.any():
        raise DataError(
            f"no pixel of the validation set {setup.validation.name} is labelled, so no model can be chosen; "
            "name another one with data.val"
        )
    return Validation(counts, loss / weight if weight else 0.0, samples, counting)


def _sample(clip, labels, predictions, void):
    """The last labelled frame of a clip: there the memory has seen most."""
    labelled = np.flatnonzero((labels != void).reshape(len(labels), -1).any(axis=1))
    index = labelled[-1] if len(labelled) else len(clip) - 1
    return clip[index], labels[index], predictions[index]
