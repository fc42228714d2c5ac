"""Frames counted one after the other, for an evaluation."""

import heapq

import numpy as np

from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError
from seqseg.evaluation.scores.counting import counting_of, mean_iou
from seqseg.evaluation.scores.error_bars import VideoCounts
from seqseg.evaluation.scores.multi_label_result import MultiLabelEvaluation
from seqseg.evaluation.scores.result import Evaluation
from seqseg.evaluation.scores.score_text import WorstFrame
from seqseg.evaluation.steadiness import SteadinessTally
from seqseg.metrics import flicker_counts


class Tally:
    """Counts frames for an `Evaluation` and keeps the worst ones.

    Args:
        data: what is scored on.
        worst: how many frames to keep.
        temporal: also measure TC, VC8 and VC16, from all frames that `see` gets.

    Raises:
        DataError: `temporal` where a pixel may show several classes.
    """

    def __init__(self, data: VideoSet, *, worst: int, temporal: bool = False) -> None:
        self.data = data
        if temporal and data.multi_label:
            raise DataError(
                f"TC and VC compare one class a pixel, but pixels of {data.name} may show several; leave temporal out"
            )
        self.counting = counting_of(data)
        self.counts = np.zeros(self.counting.shape, "int64")
        self.frames = 0
        self._videos: dict[str, VideoCounts] = {}
        self._before: tuple[str, int, np.ndarray, np.ndarray] | None = None
        self._keep = worst
        self._steadiness = SteadinessTally(data) if temporal else None
        self._heap: list[tuple[float, int, WorstFrame]] = []  # (-IoU, -number, frame): the best of them on top

    def see(
        self, video: Video, index: int, image: np.ndarray, labels: np.ndarray | None, prediction: np.ndarray
    ) -> None:
        """Take every frame of a video in order, with labels or None; used for `temporal` alone."""
        if self._steadiness is not None:
            self._steadiness.see(video, index, image, labels, prediction)

    def add(self, video: Video, index: int, mask: np.ndarray, prediction: np.ndarray) -> None:
        """Count one frame: its mask as the set has it, and the prediction (h, w), or planes (h, w, classes).

        A frame without a labelled pixel changes nothing.
        """
        labels = self.counting.labels(mask)
        counts = self.counting.count(labels, prediction)
        if not counts.any():
            return
        self.counts += counts
        self.frames += 1
        self._count_video(video.name, counts, self._flicker(video.name, index, labels, prediction))
        iou = mean_iou(self.counting, counts)
        entry = (-iou, -self.frames, WorstFrame(video.name, index, iou, np.array(prediction, "uint8")))
        (heapq.heappush if len(self._heap) < self._keep else heapq.heappushpop)(self._heap, entry)

    def result(self) -> Evaluation | MultiLabelEvaluation:
        """The evaluation of all counted frames; a `MultiLabelEvaluation` where a pixel may show several classes."""
        worst = [entry[2] for entry in sorted(self._heap, key=lambda entry: entry[:2], reverse=True)]
        videos, classes = tuple(self._videos.values()), tuple(self.data.classes)
        if self.data.multi_label:
            return MultiLabelEvaluation(classes, self.counts, self.frames, worst, videos)
        steadiness = None if self._steadiness is None else self._steadiness.result()
        return Evaluation(classes, self.counts, self.frames, worst, videos, steadiness)

    def _flicker(self, name: str, index: int, labels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Changes since the frame before, if that was counted and has the same size."""
        before, self._before = self._before, (name, index, np.array(labels), np.array(prediction))
        if before is None or before[:2] != (name, index - 1) or before[2].shape != labels.shape:
            return np.zeros(2, "int64")
        return np.asarray(
            flicker_counts(np.stack([before[2], labels]), np.stack([before[3], prediction]), void=self.data.void)
        )

    def _count_video(self, name: str, counts: np.ndarray, flicker: np.ndarray) -> None:
        classes = self.counting.by_class(counts)
        counted = self._videos.get(name)
        if counted:
            classes, flicker = counted.classes + classes, counted.flicker + flicker
        self._videos[name] = VideoCounts(name, 1 + (counted.frames if counted else 0), classes, flicker)
