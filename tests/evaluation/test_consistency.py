"""TC of steps whose answers are known, on pictures whose motion is known."""

import numpy as np
import pytest

from seqseg.data import VideoSet
from seqseg.data.video import Video
from seqseg.errors import DataError
from seqseg.evaluation.consistency import measure_consistency


def drifting(frames, name="one", *, by=3, size=(67, 91)):
    """A smooth texture that moves to the right; nothing in it is labelled."""
    rows, columns = np.mgrid[: size[0], : size[1] + by * frames]
    waves = np.sin(rows / 5) + np.sin(columns / 7) + np.sin((rows + 2 * columns) / 9)
    picture = np.repeat(((waves + 3) * 42).astype("uint8")[..., None], 3, axis=-1)
    return Video(name, [picture[:, by * (frames - i) :][:, : size[1]] for i in range(frames)])


def video_set(*videos):
    return VideoSet("made", "val", videos, ("dark", "bright"), np.zeros((2, 3), "uint8"))


def following(image, state):
    return (image[..., 0] > 128).astype("uint8"), state


def staying(image, state):
    state = following(image, None)[0] if state is None else state
    return state, state


def alternating(image, state):
    mask = following(image, None)[0]
    return (1 - mask if state else mask), not state


def test_masks_that_follow_the_picture_are_consistent():
    assert measure_consistency(following, video_set(drifting(4))).mean > 0.95


def test_masks_that_stay_behind_are_less_so_and_masks_that_flip_hardly():
    data = video_set(drifting(4))
    follow, stay, flip = (measure_consistency(step, data).mean for step in (following, staying, alternating))
    assert follow > stay > flip and flip < 0.05


def test_every_video_starts_with_a_fresh_state_and_has_equal_weight():
    data = video_set(drifting(4), drifting(2, "two"), drifting(1, "still"))
    consistency = measure_consistency(staying, data)
    assert list(consistency.videos) == ["one", "two", "still"] and np.isnan(consistency.videos["still"])
    assert consistency.mean == pytest.approx((consistency.videos["one"] + consistency.videos["two"]) / 2)
    assert consistency.interval.low <= consistency.mean <= consistency.interval.high


def test_a_video_that_changes_its_size_is_refused():
    frames = [*drifting(1).frames, *drifting(1, size=(67, 90)).frames]
    with pytest.raises(DataError, match="two frames of one size"):
        measure_consistency(following, video_set(Video("one", frames)))
