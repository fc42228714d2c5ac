"""Error bars against scipy's and against what statistics say of a mean."""

import numpy as np
import pytest

from seqseg.metrics import bootstrap_interval, bootstrap_mean, iou_from_confusion, mean_present


def test_the_interval_of_a_mean_is_that_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(0).normal(0.7, 0.1, 30)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=4000, rng=1).confidence_interval
    assert bootstrap_mean(values, resamples=4000) == pytest.approx(tuple(theirs), abs=3e-3)


def test_a_higher_level_is_wider():
    values = np.random.default_rng(0).random(20)
    narrow, wide = bootstrap_mean(values, level=0.5), bootstrap_mean(values, level=0.95)
    assert wide.low < narrow.low < values.mean() < narrow.high < wide.high


def test_videos_that_are_all_alike_leave_no_doubt():
    table = np.array([[6, 2], [1, 3]])
    interval = bootstrap_interval([table] * 5, lambda counts: mean_present(iou_from_confusion(counts)))
    assert interval == pytest.approx(((6 / 9 + 3 / 6) / 2,) * 2)


def test_whole_videos_are_drawn_and_weigh_what_they_hold():
    # Two videos of 1 and of 3 pixels: drawn twice the first, one each, twice the second.
    scores = set()

    def share(counts):
        scores.add(float(counts[0] / counts[1]))
        return counts[0] / counts[1]

    bootstrap_interval([[1, 1], [0, 3]], share, resamples=100)
    assert scores == {1.0, 0.25, 0.0}


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(0).random(9)
    assert bootstrap_mean(values, seed=3) == bootstrap_mean(values, seed=3) != bootstrap_mean(values, seed=4)


def test_one_video_is_not_enough():
    assert np.isnan(bootstrap_mean([0.7])).all() and np.isnan(bootstrap_mean([0.7, np.nan])).all()


def test_a_level_out_of_range_is_refused():
    with pytest.raises(ValueError, match="level must be between 0 and 1, got 95"):
        bootstrap_mean([0.1, 0.2], level=95)
