"""Score a predictor of frames on a set: every video from its first frame on, each forecast when its frame comes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from seqseg.data.left_out import naming_way_out
from seqseg.data.video import VideoSet
from seqseg.errors import DataError
from seqseg.evaluation.horizons import Horizons

ForecastStep = Callable[[np.ndarray, Any], tuple[np.ndarray, Any]]
"""(image (h, w, 3), state) -> (its next frames (frames, h, w, c), state)."""


def evaluate_forecasts(
    step: ForecastStep, data: VideoSet, *, frames: int, seen: Callable[[np.ndarray], np.ndarray] = lambda image: image
) -> list[dict[str, Any]]:
    """PSNR and SSIM of forecasts by how far ahead they are, beside those of repeating the last frame.

    Args:
        step: what forecasts, such as `Forecaster(model, frames=10).step`; a state of None is fresh, as for each video.
        data: whose frames come; labels are not needed.
        frames: how far ahead.
        seen: the frame in the channels of the forecasts, such as `Forecaster.seen`.

    Returns:
        the rows of `Horizons.table`, over all videos.

    Raises:
        DataError: no video is longer than one frame.

    Example:
        >>> forecaster = Forecaster(load_model("runs/next/best.keras"), frames=10)
        >>> evaluate_forecasts(forecaster.step, open_data("frames:movies", split="val"), frames=10)[0]["psnr"]
        31.4
    """
    horizons = Horizons(frames)
    for video in data.videos:
        horizons.forget()
        state = None
        for index in range(len(video)):
            with naming_way_out():
                image = video.frames[index]
            here = seen(image)
            horizons.came(here)
            future, state = step(image, state)
            horizons.predicted(here, future)
    rows = horizons.table()
    if not rows:
        raise DataError(f"no video of {data.name} ({data.split}) has two frames, so that nothing can be forecast")
    return rows
