import numpy as np
import pytest

from seqseg.data.opening import open_data
from seqseg.errors import DataError
from seqseg.evaluation.forecasts import evaluate_forecasts
from seqseg.metrics import psnr


def test_a_forecast_that_repeats_the_last_frame_scores_as_repeating_it_over_all_videos():
    data = open_data("shapes:videos=3,frames=4,size=21x27", split="val")
    begun = []

    def step(image, state):
        begun.append(state is None)
        return np.stack([image, image]), 1

    first, second = evaluate_forecasts(step, data, frames=2)
    videos = len(data.videos)
    assert begun.count(True) == videos
    assert (first["frames"], second["frames"]) == (3 * videos, 2 * videos)
    frames = [np.stack([video.frames[k] for k in range(4)]).astype(float) for video in data.videos]
    one_by_one = [psnr(clip[k + 1], clip[k], data_range=255) for clip in frames for k in range(3)]
    assert first["psnr"] == first["copy_psnr"] == pytest.approx(np.mean(one_by_one), rel=1e-6)


def test_a_set_of_single_frames_is_one_line():
    data = open_data("shapes:videos=2,frames=1,size=21x27", split="val")
    with pytest.raises(DataError, match="has two frames, so that nothing can be forecast"):
        evaluate_forecasts(lambda image, state: (image[None], state), data, frames=1)
