"""Which frames make a clip: against sequences written down by hand and the distribution of the draws."""

import numpy as np
import pytest

from seqseg.data.augment.time_warp import ELSEWHERE, NOISE, Course, TimeWarp, another, spoil
from seqseg.data.video import Video
from seqseg.errors import ConfigError


def places(start=10, length=1000, timesteps=8, seed=0, **options):
    return TimeWarp(**options).draw(np.random.default_rng(seed), timesteps).places(start, length)


@pytest.mark.parametrize(
    ("speed", "wanted"),
    [
        (1.0, [10, 11, 12, 13, 14, 15, 16, 17]),
        (2.0, [10, 12, 14, 16, 18, 20, 22, 24]),
        (0.5, [10, 10, 11, 11, 12, 12, 13, 13]),
        (1.5, [10, 11, 13, 14, 16, 17, 19, 20]),
        (5.0, [10, 15, 20, 25, 30, 35, 40, 45]),
    ],
)
def test_a_clip_at_another_speed_leaves_frames_out_or_repeats_them(speed, wanted):
    assert places(speed=(speed, speed)) == wanted


def test_a_clip_gone_through_backwards_holds_the_same_frames():
    assert places(reverse=1.0) == [17, 16, 15, 14, 13, 12, 11, 10]


@pytest.mark.parametrize("seed", range(20))
def test_a_pause_holds_one_frame_for_up_to_half_of_the_clip(seed):
    steps = np.diff(places(pause=1.0, seed=seed))
    still = np.flatnonzero(steps == 0)
    assert 1 <= len(still) <= 4 and (np.diff(still) == 1).all()
    assert set(steps) <= {0, 1}


def test_frames_are_missed_as_often_as_asked():
    steps = np.diff([places(drop=0.3, seed=seed, timesteps=9) for seed in range(400)], axis=1)
    assert set(np.unique(steps)) == {1, 2}
    np.testing.assert_allclose((steps == 2).mean(), 0.3, atol=0.03)


def test_speeds_are_drawn_evenly_on_a_log_scale():
    warp = TimeWarp(speed=(0.5, 5.0))
    speeds = [warp.draw(np.random.default_rng(seed), 2).offsets[1] for seed in range(2000)]
    shares = np.histogram(np.log(speeds), bins=5, range=(np.log(0.5), np.log(5)))[0] / 2000
    np.testing.assert_allclose(shares, 0.2, atol=0.04)


@pytest.mark.parametrize("seed", range(60))
def test_no_clip_leaves_its_video(seed):
    rng = np.random.default_rng(seed)
    length = int(rng.integers(8, 60))
    start = int(rng.integers(0, length - 7))
    warp = TimeWarp(speed=(0.2, 6.0), reverse=0.5, pause=0.5, drop=0.4)
    found = warp.draw(rng, 8).places(start, length)
    assert len(found) == 8 and 0 <= min(found) and max(found) < length
    assert len(set(np.sign(np.diff(found)))) <= 3 and abs(np.sign(np.diff(found)).sum()) == (np.diff(found) != 0).sum()


def test_a_clip_near_the_end_begins_earlier():
    assert places(start=12, length=20, speed=(2.0, 2.0)) == [5, 7, 9, 11, 13, 15, 17, 19]


def test_a_video_too_short_for_the_pace_is_gone_through_as_fast_as_it_allows():
    assert places(start=0, length=15, speed=(5.0, 5.0)) == [0, 2, 4, 6, 8, 10, 12, 14]


def test_a_video_shorter_than_the_clip_is_filled_up_at_its_end():
    assert places(start=0, length=3, timesteps=5) == [0, 1, 2, 3, 4]
    assert places(start=0, length=3, timesteps=5, speed=(3.0, 3.0)) == [0, 1, 2, 3, 4]


def test_a_single_image_is_itself():
    options = {"speed": (0.5, 5.0), "reverse": 1.0, "pause": 1.0, "drop": 1.0, "noise_frame": 1.0}
    course = TimeWarp(**options).draw(np.random.default_rng(0), 1)
    assert course.places(4, 9) == [4] and course.spoilt == ()


def test_the_last_frame_is_never_damaged_and_half_at_most():
    for seed in range(50):
        spoilt = [index for index, _ in TimeWarp(noise_frame=1.0).draw(np.random.default_rng(seed), 7).spoilt]
        assert len(spoilt) == len(set(spoilt)) == 3 and max(spoilt) < 6


def test_frames_are_damaged_as_often_as_asked_half_by_noise_half_by_elsewhere():
    warp = TimeWarp(noise_frame=0.1)
    spoilt = [one for seed in range(500) for one in warp.draw(np.random.default_rng(seed), 21).spoilt]
    np.testing.assert_allclose(len(spoilt) / (500 * 20), 0.1, atol=0.01)
    np.testing.assert_allclose(np.mean([kind == NOISE for _, kind in spoilt]), 0.5, atol=0.06)


def test_a_damaged_frame_is_noise_or_of_another_video_and_the_rest_stays():
    videos = [Video(str(value), np.full((3, 6 + value, 10, 3), value, np.uint8)) for value in (1, 2)]
    frames = [videos[0].frame(index) for index in (0, 1, 2)]
    course = Course((0, 1, 2), spoilt=((0, NOISE), (1, ELSEWHERE)))
    changed = spoil(frames, course, np.random.default_rng(0), videos=videos, own=0)
    assert len(np.unique(changed[0])) > 50
    assert (changed[1] == 2).all() and changed[1].shape == (7, 10, 3)
    assert changed[2] is frames[2] and (frames[0] == 1).all()


def test_another_is_any_but_its_own():
    rng = np.random.default_rng(0)
    assert {another(rng, 4, 2) for _ in range(60)} == {0, 1, 3}
    assert another(rng, 1, 0) == 0


@pytest.mark.parametrize(
    ("option", "value"), [("speed", (2.0, 1.0)), ("speed", (0.0, 1.0)), ("pause", 1.5), ("noise_frame", -0.1)]
)
def test_impossible_settings_are_refused_by_name(option, value):
    with pytest.raises(ConfigError, match=f"augment.{option}"):
        TimeWarp(**{option: value})


def test_what_is_on_is_reported():
    assert TimeWarp().options_on == () and TimeWarp(speed=(1, 2), drop=0.1).options_on == ("speed", "drop")
