"""What an evaluation came to: numbers, a table, the worst frames."""

import dataclasses
import heapq
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqseg.metrics import class_accuracy, confusion_matrix, iou_from_confusion, mean_present, pixel_accuracy
from seqseg.training.checkpoints import replacing
from seqseg.training.pictures import encode_png, sample_sheet


class WorstFrame(NamedTuple):
    """A frame and how bad it is: its video's name, its index there, its mean IoU, the prediction (h, w)."""

    video: str
    index: int
    iou: float
    prediction: np.ndarray


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Scores of a model on a set of videos, all from one confusion matrix.

    Attributes:
        classes: their names.
        confusion: int64 (classes, classes); row = the label, column = the prediction.
        frames: labelled frames that were counted.
        worst: `WorstFrame`s, the worst one first.

    Example:
        >>> evaluation = evaluate_clips(model, open_data("shapes", split="val"), timesteps=8)
        >>> print(evaluation.table())
    """

    classes: tuple
    confusion: np.ndarray
    frames: int
    worst: list

    @property
    def iou(self):
        """Intersection over union of each class (classes,); NaN where neither labels nor predictions have it."""
        return iou_from_confusion(self.confusion)

    @property
    def miou(self):
        """The mean IoU of the classes that are there."""
        return mean_present(self.iou)

    @property
    def pixel_accuracy(self):
        """The share of labelled pixels named right."""
        return pixel_accuracy(self.confusion)

    @property
    def mean_accuracy(self):
        """The mean over classes of the share of their pixels that were found."""
        return mean_present(class_accuracy(self.confusion))

    def to_dict(self):
        """Plain data for JSON; None where a class is absent."""
        return {
            "miou": _number(self.miou),
            "pixel_accuracy": _number(self.pixel_accuracy),
            "mean_accuracy": _number(self.mean_accuracy),
            "frames": self.frames,
            "classes": list(self.classes),
            "iou": [_number(value) for value in self.iou],
            "accuracy": [_number(value) for value in class_accuracy(self.confusion)],
            "confusion": self.confusion.tolist(),
            "worst": [{"video": frame.video, "index": frame.index, "iou": frame.iou} for frame in self.worst],
        }

    def table(self):
        """The scores as lines for a terminal: the best class first, absent ones last."""
        width = max(len("class"), *map(len, self.classes))
        share = self.confusion.sum(1) / max(1, self.confusion.sum())
        scores = list(zip(self.classes, self.iou, class_accuracy(self.confusion), share, strict=True))
        scores.sort(key=lambda entry: -math.inf if math.isnan(entry[1]) else entry[1], reverse=True)
        rows = [f"{'class':<{width}}    IoU  accuracy  labelled"]
        for name, *numbers in scores:
            iou, found, part = map(_percent, numbers)
            rows.append(f"{name:<{width}}  {iou}     {found}     {part}")
        absent = sum(math.isnan(entry[1]) for entry in scores)
        rows.append(
            f"mIoU {_percent(self.miou).strip()}   pixel accuracy {_percent(self.pixel_accuracy).strip()}"
            f"   mean accuracy {_percent(self.mean_accuracy).strip()}   {self.frames} frames"
        )
        if absent:
            rows.append(f"{absent} of {len(scores)} classes neither labelled nor predicted (–): left out of the means")
        return "\n".join(rows)


class Tally:
    """Counts frame after frame towards an `Evaluation`, keeping the worst ones.

    Args:
        data: the `VideoSet`.
        worst: how many frames to keep.
    """

    def __init__(self, data, *, worst):
        self.data = data
        self.confusion = np.zeros((len(data.classes),) * 2, "int64")
        self.frames = 0
        self._keep = worst
        self._heap = []  # of (-IoU, counted before, frame): the least bad one on top

    def add(self, video, index, labels, prediction):
        """Count one frame, (h, w) both; one without a labelled pixel changes nothing."""
        confusion = confusion_matrix(labels, prediction, len(self.data.classes), void=self.data.void)
        if not confusion.any():
            return
        self.confusion += confusion
        self.frames += 1
        iou = mean_present(iou_from_confusion(confusion))
        entry = (-iou, -self.frames, WorstFrame(video.name, index, iou, np.array(prediction, "uint8")))
        (heapq.heappush if len(self._heap) < self._keep else heapq.heappushpop)(self._heap, entry)

    def result(self):
        """The `Evaluation` of what was counted."""
        worst = [entry[2] for entry in sorted(self._heap, key=lambda entry: entry[:2], reverse=True)]
        return Evaluation(tuple(self.data.classes), self.confusion, self.frames, worst)


def write_worst(evaluation, data, folder):
    """Pictures of the worst frames in `folder`, image | labels | prediction, the worst first: their paths.

    Args:
        evaluation: an `Evaluation` of `data`.
        data: the `VideoSet`.
        folder: made if it is not there.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    videos = {video.name: video for video in data.videos}
    paths = []
    for place, frame in enumerate(evaluation.worst, start=1):
        video = videos[frame.video]
        sample = video.frame(frame.index), video.mask(frame.index), frame.prediction
        name = f"{place:02d}_{Path(frame.video).name}_{frame.index:05d}_iou{frame.iou:.3f}.png"
        with replacing(folder / name) as file:
            file.write(encode_png(sample_sheet([sample], data.palette, void=data.void, widest=1920)))
        paths.append(folder / name)
    return paths


def _number(value):
    return None if math.isnan(value) else float(value)


def _percent(value):
    return "    –" if math.isnan(value) else f"{100 * value:5.1f}"
