"""How steady the masks of an evaluation are: along the motion of the picture, and where the labels stay."""

import collections
from typing import NamedTuple

import numpy as np

from seqseg.data.flow import flow_back
from seqseg.data.video import Video, VideoSet
from seqseg.metrics import (
    Interval,
    bootstrap_mean,
    consistency_confusion,
    iou_from_confusion,
    mean_present,
    video_consistency,
)

CLIPS = (8, 16)


class Steadiness(NamedTuple):
    """TC of each video by its name; VC of every sequence of 8 and of 16 labelled frames, by that number.

    TC is NaN for a video of one frame, VC where no label stays; see `temporal_consistency` and `video_consistency`.
    """

    videos: dict[str, float]
    clips: dict[int, np.ndarray]

    @property
    def tc(self) -> float:
        """The mean over the videos."""
        return mean_present(list(self.videos.values()))

    @property
    def tc_interval(self) -> Interval:
        """The 95 % `Interval` of TC, by bootstrap over videos."""
        return bootstrap_mean(list(self.videos.values()))

    def vc(self, frames: int) -> float:
        """The mean over the sequences of `frames` frames; NaN where there is none."""
        return mean_present(self.clips[frames])


class SteadinessTally:
    """Takes every frame of every video, labelled or not, in order, and gives a `Steadiness`."""

    def __init__(self, data: VideoSet) -> None:
        self._data = data
        self._confusions: dict[str, np.ndarray] = {}
        self._clips: dict[int, list[float]] = {frames: [] for frames in CLIPS}
        self._recent: collections.deque[tuple[np.ndarray, np.ndarray]] = collections.deque(maxlen=max(CLIPS))
        self._before: tuple[str, int, np.ndarray, np.ndarray] | None = None

    def see(
        self, video: Video, index: int, image: np.ndarray, labels: np.ndarray | None, prediction: np.ndarray
    ) -> None:
        """Take a frame, uint8 (h, w, 3), its labels (h, w) or None, and its prediction (h, w)."""
        prediction = np.array(prediction)  # a step may write the next mask into the same memory
        before, self._before = self._before, (video.name, index, image, prediction)
        confusion = self._confusions.setdefault(video.name, np.zeros((len(self._data.classes),) * 2, "int64"))
        if before is None or before[:2] != (video.name, index - 1):
            self._recent.clear()
        else:
            flow = flow_back(image, before[2])
            confusion += consistency_confusion(
                np.stack([before[3], prediction]), flow[None], len(self._data.classes), void=self._data.void
            )
        self._recent.append((np.full(prediction.shape, self._data.void) if labels is None else labels, prediction))
        self._count_clips()

    def result(self) -> Steadiness:
        """The `Steadiness` of all frames so far."""
        videos = {name: mean_present(iou_from_confusion(counted)) for name, counted in self._confusions.items()}
        return Steadiness(videos, {frames: np.array(values) for frames, values in self._clips.items()})

    def _count_clips(self) -> None:
        """Count the sequences that end with this frame."""
        for frames, values in self._clips.items():
            if len(self._recent) >= frames:
                labels, predictions = zip(*list(self._recent)[-frames:], strict=True)
                values.extend(
                    video_consistency(np.stack(labels), np.stack(predictions), frames=frames, void=self._data.void)
                )
