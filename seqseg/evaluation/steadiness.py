"""How steady the masks of an evaluation are: along the picture's own motion, and where the labels stay."""

import collections
from typing import NamedTuple

import numpy as np

from seqseg.data.flow import flow_back
from seqseg.metrics import (
    bootstrap_mean,
    consistency_confusion,
    iou_from_confusion,
    mean_present,
    video_consistency,
)

CLIPS = (8, 16)


class Steadiness(NamedTuple):
    """TC of each video by its name, and VC of every run of 8 and of 16 labelled frames, by that number.

    TC is NaN for a video of one frame, VC where no label stays; see `temporal_consistency` and `video_consistency`.
    """

    videos: dict
    clips: dict

    @property
    def tc(self):
        """The mean over the videos."""
        return mean_present(list(self.videos.values()))

    @property
    def tc_interval(self):
        """The 95 % `Interval` of TC, by bootstrap over videos."""
        return bootstrap_mean(list(self.videos.values()))

    def vc(self, frames):
        """The mean over the runs of `frames` frames; NaN where there is none."""
        return mean_present(self.clips[frames])


class SteadinessTally:
    """Sees every frame of every video, labelled or not, in order, and gives a `Steadiness`.

    Args:
        data: the `VideoSet`.
    """

    def __init__(self, data):
        self._data = data
        self._confusions = {}
        self._clips = {frames: [] for frames in CLIPS}
        self._recent = collections.deque(maxlen=max(CLIPS))  # (labels, prediction) of this video
        self._before = None

    def see(self, video, index, image, labels, prediction):
        """Take a frame, uint8 (h, w, 3), its labels (h, w) or None, and what was predicted (h, w)."""
        prediction = np.array(prediction)  # a step may write the next mask into the same memory
        before, self._before = self._before, (video.name, index, image, prediction)
        confusion = self._confusions.setdefault(video.name, np.zeros((len(self._data.classes),) * 2, "int64"))
        if before is None or before[:2] != (video.name, index - 1):
            self._recent.clear()
        else:
            flow = flow_back(image, before[2])
            confusion += consistency_confusion(
                [before[3], prediction], [flow], len(self._data.classes), void=self._data.void
            )
        self._recent.append((np.full(prediction.shape, self._data.void) if labels is None else labels, prediction))
        self._count_clips()

    def result(self):
        """The `Steadiness` of what was seen."""
        videos = {name: mean_present(iou_from_confusion(counted)) for name, counted in self._confusions.items()}
        return Steadiness(videos, {frames: np.array(values) for frames, values in self._clips.items()})

    def _count_clips(self):
        """The runs of frames that end here."""
        for frames, values in self._clips.items():
            if len(self._recent) >= frames:
                labels, predictions = zip(*list(self._recent)[-frames:], strict=True)
                values.extend(
                    video_consistency(np.stack(labels), np.stack(predictions), frames=frames, void=self._data.void)
                )
