"""The score of classes after an epoch: one table of counts over the whole validation set, at the network's size."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqseg.errors import DataError
from seqseg.evaluation.scores.counting import Counting, counting_of, mean_iou
from seqseg.training.tasks.task import Sample, Validated, shown_clips


@dataclass(frozen=True)
class ClassValidation:
    """The result of a validation.

    Attributes:
        counts: int64, of labels and predictions: a confusion matrix unless a pixel may show several classes.
        loss: the same mean as in training, over the whole set.
        samples: (image, labels, prediction) of some frames.
        counting: how `counts` were made.
    """

    counts: np.ndarray
    loss: float
    samples: list[Sample]
    counting: Counting

    @property
    def score(self) -> float:
        """The best epoch has the highest."""
        return self.miou

    @property
    def figures(self) -> dict[str, float]:
        """The columns of metrics.csv."""
        return {"val_miou": self.miou, "val_pixel_accuracy": self.pixel_accuracy}

    @property
    def miou(self) -> float:
        """The mean IoU of the classes that occur."""
        return mean_iou(self.counting, self.counts)

    @property
    def class_iou(self) -> list[float]:
        """The IoU of each class; NaN where it is neither labelled nor predicted."""
        return [float(iou) for iou in self.counting.iou(self.counts)]

    @property
    def pixel_accuracy(self) -> float:
        """The fraction of labelled pixels with the right class; where a pixel may show several, of right answers."""
        return self.counting.accuracy(self.counts)


def validate(
    setup: Validated,
    *,
    stop: Callable[[], bool] = lambda: False,
    watch: Callable[[int], None] = lambda batch: None,
) -> ClassValidation | None:
    """Score the network on the validation set; None when `stop()`, asked after every batch, says so.

    `watch` gets the number of finished batches.

    Raises:
        DataError: no pixel of the validation set is labelled.
    """
    counting, void = counting_of(setup.validation), setup.validation.void
    counts = np.zeros(counting.shape, "int64")
    loss = weight = 0.0
    samples: list[Sample] = []
    shown, clips_done = shown_clips(setup.validation_clips), 0
    for number, (inputs, labels) in enumerate(setup.validation_batches(), start=1):
        batch = _scorer_input(inputs)
        outputs = setup.scorer.predict_on_batch(batch | {"labels": labels})
        predictions = np.asarray(outputs["classes"])
        counts += counting.count(labels, predictions)
        loss += float(outputs["loss"][0])
        weight += float(outputs["weight"][0])
        rows = zip(batch["clips"], labels, predictions, strict=True)
        samples += [_sample(*row, void) for clip, row in enumerate(rows, start=clips_done) if clip in shown]
        clips_done += len(labels)
        if stop():
            return None
        watch(number)
    if not counts.any():
        raise DataError(
            f"no pixel of the validation set {setup.validation.name} is labelled, so no model can be chosen; "
            "name another one with data.val"
        )
    return ClassValidation(counts, loss / weight if weight else 0.0, samples, counting)


def _scorer_input(inputs: Any) -> dict[str, np.ndarray]:
    """Clips, or a dict of "clip" and "condition", as a `ClassScorer` takes them."""
    return (
        {"clips": inputs["clip"], "condition": inputs["condition"]} if isinstance(inputs, dict) else {"clips": inputs}
    )


def _sample(clip: np.ndarray, labels: np.ndarray, predictions: np.ndarray, void: int) -> Sample:
    """The last labelled frame of a clip, where the memory has seen the most frames."""
    labelled = np.flatnonzero((labels != void).reshape(len(labels), -1).any(axis=1))
    index = labelled[-1] if len(labelled) else len(clip) - 1
    return clip[index], labels[index], predictions[index]
