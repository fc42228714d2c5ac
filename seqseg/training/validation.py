"""The score after an epoch: one confusion matrix over the whole validation set, at the working size."""

import dataclasses

import numpy as np

from seqseg.errors import DataError
from seqseg.metrics import confusion_matrix, iou_from_confusion, mean_present, pixel_accuracy

SAMPLES = 4
"""Pictures to look at each epoch, always the same ones, evenly spread over the validation set."""


@dataclasses.dataclass(frozen=True)
class Validation:
    """What the validation set says of a model.

    Attributes:
        confusion: int64 (classes, classes).
        loss: the same mean as in training, over the whole set.
        samples: list of (image, labels, prediction).
    """

    confusion: np.ndarray
    loss: float
    samples: list

    @property
    def miou(self):
        """The mean IoU over the classes that are there."""
        return mean_present(iou_from_confusion(self.confusion))

    @property
    def pixel_accuracy(self):
        """The share of labelled pixels named right."""
        return pixel_accuracy(self.confusion)


def validate(lesson, *, stop=lambda: False, watch=lambda batch: None):
    """Score the network on the validation set; None if `stop()` came true on the way.

    Args:
        lesson: a `Lesson`.
        stop: asked after every batch.
        watch: told the number of batches done.

    Raises:
        DataError: no pixel of the validation set is labelled.
    """
    classes, void = len(lesson.validation.classes), lesson.validation.void
    confusion = np.zeros((classes, classes), "int64")
    loss = weight = 0.0
    samples = []
    shown = set(np.linspace(0, lesson.validation_clips - 1, SAMPLES).round().astype(int).tolist())
    clips_done = 0
    for number, (clips, labels) in enumerate(lesson.validation_batches(), start=1):
        outputs = lesson.labeller.predict_on_batch({"clips": clips, "labels": labels})
        predictions = np.asarray(outputs["classes"])
        confusion += confusion_matrix(labels, predictions, classes, void=void)
        loss += float(outputs["loss"][0])
        weight += float(outputs["weight"][0])
        rows = zip(clips, labels, predictions, strict=True)
        samples += [_sample(*row, void) for clip, row in enumerate(rows, start=clips_done) if clip in shown]
        clips_done += len(clips)
        if stop():
            return None
        watch(number)
    if not confusion.any():
        raise DataError(
            f"no pixel of the validation set {lesson.validation.name} is labelled, so no model can be chosen; "
            "name another one with data.val"
        )
    return Validation(confusion, loss / weight if weight else 0.0, samples)


def _sample(clip, labels, predictions, void):
    """The last labelled frame of a clip: there the memory has seen most."""
    labelled = np.flatnonzero((labels != void).any(axis=(1, 2)))
    index = labelled[-1] if len(labelled) else len(clip) - 1
    return clip[index], labels[index], predictions[index]
