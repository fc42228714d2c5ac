"""Training to find classes: one a pixel, or several."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from seqseg.config import Experiment
from seqseg.data.statistics import label_counts
from seqseg.data.video import VideoSet
from seqseg.errors import ConfigError, DataError
from seqseg.evaluation.class_scorer import ClassScorer
from seqseg.evaluation.condition import check_vectors
from seqseg.evaluation.known_labels import with_known_labels
from seqseg.evaluation.pictures import sample_sheet
from seqseg.losses import LOSSES, class_weights
from seqseg.metrics import MeanIoU, MultiLabelIoU
from seqseg.models.clip_model import ClipModel
from seqseg.registry import make
from seqseg.training.clips import Batch
from seqseg.training.optimizing.fast_forward import without_labels
from seqseg.training.tasks.class_validation import validate
from seqseg.training.tasks.task import AUTO, Sample, loss_options


class Segmentation:
    """Labels of pixels; see `Task`.

    Several labels a pixel take the multi-label head and binary cross-entropy where the user chose none; data with one
    class a pixel may be trained with that head too.

    Raises:
        ConfigError: a head, loss or condition that does not go with the data.
    """

    score, title, caption = "miou", "mIoU", "image | labels | prediction"
    columns: tuple[str, ...] = ("val_miou", "val_pixel_accuracy")
    needs_labels, always_given = True, 1

    validate = staticmethod(validate)

    def __init__(self, experiment: Experiment, data: VideoSet) -> None:
        self.experiment = experiment
        self.data = data
        condition = experiment.model.options.get("condition", 0)
        self.vectors = bool(condition)
        self.head, head_notes = _choose_head(experiment, data)
        self.chosen_loss, loss_notes = _choose_loss(experiment, self.head)
        self.notes = (*head_notes, *loss_notes, *check_vectors(condition, data))

    def check_validation(self, validation: VideoSet) -> None:
        data = self.data
        if validation.classes != data.classes:
            raise DataError(
                f"the validation set {validation.name} has classes {', '.join(validation.classes)}, "
                f"the training set {data.name} has {', '.join(data.classes)}; they must be the same"
            )
        if (validation.multi_label, validation.vector_names) != (data.multi_label, data.vector_names):
            raise DataError(
                f"the validation set {validation.name} and the training set {data.name} differ in several labels a "
                "pixel or in vectors; validate on a set of the same kind"
            )

    def batches(self, clips: Iterable[Batch], *, start: int) -> Iterator[Batch]:
        labelled = with_known_labels(clips, self.data, self.experiment.data.source)
        forward = self.experiment.training.forward_frames
        return without_labels(labelled, forward) if forward else labelled

    def validation_batches(self, clips: Iterable[Batch], validation: VideoSet) -> Iterator[Batch]:
        return with_known_labels(clips, validation, self.experiment.data.val or self.experiment.data.source)

    def loss(self) -> keras.losses.Loss:
        name, options = loss_options(self.chosen_loss)
        shared = {"void": self.data.void, "class_weights": _class_weights(self.experiment, self.data)}
        return make(LOSSES, "training.loss", name, **options, **shared)

    def metric(self) -> keras.metrics.Metric:
        kind = MultiLabelIoU if self.data.multi_label else MeanIoU
        return kind(len(self.data.classes), void=self.data.void, name=self.score)

    def scorer(self, network: ClipModel, loss: keras.losses.Loss) -> ClassScorer:
        return ClassScorer(network, loss, planes=self.data.multi_label)

    def sheet(self, samples: Sequence[Sample], data: VideoSet) -> np.ndarray:
        return sample_sheet(samples, data.palette, void=data.void)


def _choose_head(experiment: Experiment, data: VideoSet) -> tuple[str, list[str]]:
    options = experiment.model.options
    if "head" not in options:
        if not data.multi_label:
            return "softmax", []
        return "multi_label", [f"pixels of {data.name} may show several classes: the model takes the multi_label head"]
    head: str = options["head"]
    if data.multi_label and head != "multi_label":
        raise ConfigError(
            f'model.head is "{head}", which finds one class a pixel, but pixels of {data.name} may show several; '
            'leave model.head out or take "multi_label"'
        )
    return head, []


def _choose_loss(experiment: Experiment, head: str) -> tuple[str | dict[str, Any], list[str]]:
    loss = experiment.training.loss
    if loss == AUTO:
        if head != "multi_label":
            return "cross_entropy", []
        return "binary_cross_entropy", ["the loss is binary_cross_entropy, a yes or no for each class"]
    name = loss if isinstance(loss, str) else loss.get("name")
    kind = LOSSES.get(name) if isinstance(name, str) else None
    if kind is not None and head == "multi_label" and not kind.multi_label:
        suitable = ", ".join(other for other, kind in LOSSES.items() if kind.multi_label)
        raise ConfigError(
            f"training.loss {name} is for one class a pixel, but the model's head is multi_label; "
            f"take one of {suitable}, or leave training.loss out"
        )
    return loss, []


def _class_weights(experiment: Experiment, data: VideoSet) -> np.ndarray | list[float] | None:
    wanted = experiment.training.class_weights
    if isinstance(wanted, str):
        # Counting reads every mask: only when it is asked for.
        return None if wanted == "none" else class_weights(label_counts(data), wanted)
    if len(wanted) != len(data.classes):
        raise ConfigError(
            f"training.class_weights has {len(wanted)} numbers, but {data.name} has {len(data.classes)} classes: "
            f"{', '.join(data.classes)}"
        )
    return list(wanted)
