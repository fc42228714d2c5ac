"""How well the masks of a deployed model follow the picture, without labels: TC of every video."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from seqseg.data.flow import flow_back
from seqseg.data.video import Video, VideoSet
from seqseg.metrics import Interval, bootstrap_mean, consistency_confusion, iou_from_confusion, mean_present


class Consistency(NamedTuple):
    """TC of each video by its name, NaN for a video of one frame."""

    videos: dict[str, float]

    @property
    def mean(self) -> float:
        """TC of the set: the mean over its videos, those of one frame left out."""
        return mean_present(list(self.videos.values()))

    @property
    def interval(self) -> Interval:
        """The 95 % `Interval` of the mean, by bootstrap over videos."""
        return bootstrap_mean(list(self.videos.values()))


def measure_consistency(
    step: Callable[[np.ndarray, Any], tuple[np.ndarray, Any]], data: VideoSet, *, effort: str = "medium"
) -> Consistency:
    """Run each video from its first frame to its last and compare each mask with the one before, warped by the flow.

    This is the TC of Liu et al. 2020 with OpenCV's DIS in place of a learned flow; compare it only with TC of the same
    flow. No label is read. TC rises when a model finds less, so read it beside the mIoU.

    Args:
        step: (image (h, w, 3), state) -> (mask (h, w), state), for example `Predictor(model).step`; None is fresh.
        data: a `VideoSet`; all frames of a video are of one size.
        effort: of the flow: "ultrafast", "fast" or "medium".

    Raises:
        DataError: frames of one video differ in size, or are too small for flow.

    Example:
        >>> measure_consistency(Predictor(model).step, open_data("shapes", split="val")).mean
        0.91
    """
    return Consistency({video.name: _of_video(step, video, data, effort) for video in data.videos})


def _of_video(
    step: Callable[[np.ndarray, Any], tuple[np.ndarray, Any]], video: Video, data: VideoSet, effort: str
) -> float:
    classes = len(data.classes)
    confusion = np.zeros((classes, classes), "int64")
    earlier: np.ndarray | None = None
    before: np.ndarray | None = None
    state = None
    for index in range(len(video)):
        image = video.frame(index)
        mask, state = step(image, state)
        mask = np.array(mask)  # a step may write the next mask into the same memory
        if earlier is not None and before is not None:
            flow = flow_back(image, earlier, effort=effort)
            confusion += consistency_confusion(np.stack([before, mask]), flow[None], classes, void=data.void)
        earlier, before = image, mask
    return mean_present(iou_from_confusion(confusion))
