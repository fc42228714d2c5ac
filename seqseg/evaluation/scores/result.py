"""The result of an evaluation: scores with error bars, a table, the worst frames."""

import dataclasses
import functools
import math
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.data.labels.planes import unpack_planes
from seqseg.data.video import VideoSet
from seqseg.errors import DataError
from seqseg.evaluation.pictures import encode_png, sample_sheet
from seqseg.evaluation.scores.class_scores import ClassScores
from seqseg.evaluation.scores.error_bars import VideoCounts, error_bars
from seqseg.evaluation.scores.multi_label_result import MultiLabelEvaluation
from seqseg.evaluation.scores.score_text import (
    WorstFrame,
    bars_line,
    facts_of_videos,
    facts_of_worst,
    number_or_none,
    percent,
)
from seqseg.evaluation.steadiness import CLIPS, Steadiness
from seqseg.files import replacing
from seqseg.metrics import (
    Interval,
    class_accuracy,
    confusion_picture,
    dice_from_confusion,
    frequency_weighted_iou,
    iou_from_confusion,
    mean_present,
    pixel_accuracy,
)


@dataclasses.dataclass(frozen=True)
class Evaluation(ClassScores):
    """Scores of a model on a set of videos, all from one confusion matrix.

    Attributes:
        classes: their names.
        confusion: int64 (classes, classes); row = the label, column = the prediction.
        frames: how many labelled frames were counted.
        worst: the frames with the lowest mean IoU, the lowest first.
        videos: the counts of each video with a labelled pixel, in order.
        steadiness: TC and VC if they were measured.

    Example:
        >>> evaluation = evaluate_clips(model, open_data("shapes", split="val"), timesteps=8)
        >>> print(evaluation.table())
    """

    classes: tuple[str, ...]
    confusion: np.ndarray
    frames: int
    worst: list[WorstFrame]
    videos: tuple[VideoCounts, ...] = ()
    steadiness: Steadiness | None = None

    @property
    def iou(self) -> np.ndarray:
        return iou_from_confusion(self.confusion)

    @property
    def dice(self) -> np.ndarray:
        return dice_from_confusion(self.confusion)

    @property
    def pixel_accuracy(self) -> float:
        """The fraction of labelled pixels with the right class."""
        return pixel_accuracy(self.confusion)

    @property
    def mean_accuracy(self) -> float:
        """The mean over classes of the fraction of their pixels that were found."""
        return mean_present(class_accuracy(self.confusion))

    @property
    def frequency_weighted_iou(self) -> float:
        """The mean IoU weighted by the number of labelled pixels of each class."""
        return frequency_weighted_iou(self.confusion)

    @functools.cached_property
    def intervals(self) -> dict[str, Interval]:
        steady = {"tc": self.steadiness.tc_interval} if self.steadiness and len(self.steadiness.videos) > 1 else {}
        return error_bars(self.videos) | steady

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; None where a class is absent, and for TC and VC that were not measured."""
        return {
            "miou": number_or_none(self.miou),
            "pixel_accuracy": number_or_none(self.pixel_accuracy),
            "mean_accuracy": number_or_none(self.mean_accuracy),
            "mean_dice": number_or_none(self.mean_dice),
            "frequency_weighted_iou": number_or_none(self.frequency_weighted_iou),
            "flicker": number_or_none(self.flicker),
            **{name: number_or_none(value) for name, value in self._steady_scores().items()},
            "intervals": self.interval_facts(),
            "frames": self.frames,
            "classes": list(self.classes),
            "iou": [number_or_none(value) for value in self.iou],
            "accuracy": [number_or_none(value) for value in class_accuracy(self.confusion)],
            "dice": [number_or_none(value) for value in self.dice],
            "confusion": self.confusion.tolist(),
            "worst": facts_of_worst(self.worst),
            "videos": [facts | self._steadiness_of(facts["name"]) for facts in facts_of_videos(self.videos)],
        }

    def table(self) -> str:
        """The scores as lines for a terminal: the best class first, absent ones last."""
        share = self.confusion.sum(1) / max(1, self.confusion.sum())
        columns = {"IoU": self.iou, "accuracy": class_accuracy(self.confusion), "labelled": share}
        summary = (
            f"mIoU {percent(self.miou).strip()}   pixel accuracy {percent(self.pixel_accuracy).strip()}"
            f"   mean accuracy {percent(self.mean_accuracy).strip()}   {self.frames} frames"
        )
        return "\n".join(self.class_table(columns, summary) + self._further_lines())

    def _steady_scores(self) -> dict[str, float]:
        """TC, VC8 and VC16; NaN if they were not measured."""
        if self.steadiness is None:
            return dict.fromkeys(("tc", *(f"vc{frames}" for frames in CLIPS)), math.nan)
        return {"tc": self.steadiness.tc} | {f"vc{frames}": self.steadiness.vc(frames) for frames in CLIPS}

    def _further_lines(self) -> list[str]:
        line = f"mean Dice {percent(self.mean_dice).strip()}   frequency-weighted IoU "
        line += percent(self.frequency_weighted_iou).strip()
        if not math.isnan(self.flicker):
            line += f"   flicker {100 * self.flicker:.2f}"
        lines = [line]
        if self.steadiness is not None:
            steady = self._steady_scores().items()
            lines.append("   ".join(f"{name.upper()} {percent(value).strip()}" for name, value in steady))
        return lines + bars_line(self, (("mIoU", "miou", 1), ("flicker", "flicker", 2), ("TC", "tc", 1)))

    def _steadiness_of(self, video: str) -> dict[str, float | None]:
        return {"tc": number_or_none(self.steadiness.videos[video])} if self.steadiness else {}


def write_worst(evaluation: Evaluation | MultiLabelEvaluation, data: VideoSet, folder: str | Path) -> list[Path]:
    """Draw the worst frames of an evaluation of `data`, image | labels | prediction; gives the paths, the worst first.

    The folder is made if it does not exist.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    videos = {video.name: video for video in data.videos}
    paths = []
    for place, frame in enumerate(evaluation.worst, start=1):
        video = videos[frame.video]
        mask = video.mask(frame.index, planes=data.planes)
        labels = unpack_planes(mask, len(data.classes)) if data.multi_label else mask
        sample = video.frame(frame.index), labels, frame.prediction
        name = f"{place:02d}_{Path(frame.video).name}_{frame.index:05d}_iou{frame.iou:.3f}.png"
        with replacing(folder / name) as file:
            file.write(encode_png(sample_sheet([sample], data.palette, void=data.void, widest=1920)))
        paths.append(folder / name)
    return paths


def write_confusion(evaluation: Evaluation | MultiLabelEvaluation, data: VideoSet, path: str | Path) -> None:
    """Draw the confusion matrix as a PNG, with the colours of `data` along its sides; see `confusion_picture`."""
    if isinstance(evaluation, MultiLabelEvaluation):
        raise DataError(
            f"pixels of {data.name} may show several classes, so no class is confused with another; "
            "there is no confusion matrix to draw"
        )
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(encode_png(confusion_picture(evaluation.confusion, palette=data.palette)))
