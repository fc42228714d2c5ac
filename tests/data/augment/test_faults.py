import numpy as np
import pytest

from seqseg.data.augment.faults import Faults
from seqseg.errors import ConfigError, DataError

SCENE = np.random.default_rng(0).integers(60, 200, (96, 120, 3), "uint8")


def spoilt(faults, number=0, frame=SCENE, before=None):
    frame = frame.copy()
    faults.on(frame, before, number)
    return frame


def test_faults_of_a_frame_depend_on_the_seed_and_its_number_alone():
    faults = Faults(low_light=(0.2, 0.9), sensor_noise=(15, 30), frame_damage=0.5, seed=3)
    frames = [spoilt(faults, number) for number in range(4)]
    for number in (3, 1, 0, 2):
        np.testing.assert_array_equal(spoilt(faults, number), frames[number])
    noise = Faults(sensor_noise=(15, 30))
    assert not np.array_equal(spoilt(noise, 0), spoilt(noise, 1))
    assert not np.array_equal(spoilt(Faults(sensor_noise=(15, 30), seed=4)), spoilt(Faults(sensor_noise=(15, 30))))


def test_low_light_is_the_share_of_the_light_in_whole_levels():
    np.testing.assert_array_equal(spoilt(Faults(low_light=(0.1, 0.1))), np.rint(SCENE * np.float32(0.1)))
    exposures = {spoilt(Faults(low_light=(0.2, 0.8)), number).mean().round(1) for number in range(8)}
    assert len(exposures) == 8  # each frame by itself


@pytest.mark.parametrize("decibels", [14, 20, 30])
def test_sensor_noise_has_the_strength_that_was_asked_for_at_middle_grey_and_grows_with_the_light(decibels):
    grey, bright, dark = (np.full((200, 200, 3), value, "uint8") for value in (128, 180, 76))
    faults = Faults(sensor_noise=(decibels, decibels))
    error = [(spoilt(faults, frame=frame).astype(float) - frame).std() for frame in (dark, grey, bright)]
    assert -20 * np.log10(error[1] / 255) == pytest.approx(decibels, abs=0.3)
    assert error[0] < error[1] < error[2]


def test_the_share_of_damaged_frames_is_the_one_asked_for():
    faults = Faults(frame_damage=0.25, seed=1)
    damaged = sum(not np.array_equal(spoilt(faults, number), SCENE) for number in range(400))
    assert 70 <= damaged <= 130
    assert all(np.array_equal(spoilt(Faults(), number), SCENE) for number in range(5))


def test_damage_is_a_black_a_frozen_a_half_overwritten_or_a_partly_hidden_frame():
    before = np.full_like(SCENE, 7)
    kinds = set()
    for number in range(60):
        frame = spoilt(Faults(frame_damage=1), number, before=before)
        stays = (frame == SCENE).all(axis=-1).mean()
        if not frame.any():
            kinds.add("black")
        elif np.array_equal(frame, before):
            kinds.add("frozen")
        elif (frame == 7).all(axis=-1).mean() > 0.15 and stays > 0.2:
            kinds.add("half overwritten")
        else:
            assert stays == pytest.approx(0.7, abs=0.02)
            kinds.add("hidden")
    assert kinds == {"black", "frozen", "half overwritten", "hidden"}


def test_a_frozen_first_frame_is_black():
    assert {bool(spoilt(Faults(frame_damage=1), n).any()) for n in range(20)} == {True, False}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frame_damage": 1.2}, "augment.frame_damage is the share of damaged frames, from 0 to 1, got 1.2"),
        ({"frame_damage": -0.1}, "from 0 to 1"),
        ({"low_light": (0.0, 0.5)}, "augment.low_light must be"),
        ({"low_light": (0.5, 0.2)}, "augment.low_light must be"),
        ({"sensor_noise": (30, 20)}, "augment.sensor_noise must be"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(options, message):
    with pytest.raises(ConfigError, match=message):
        Faults(**options)


def test_float_frames_of_another_range_are_refused():
    frame = (SCENE / 255).astype("float32")
    with pytest.raises(DataError, match="got float32 of 0.2.* to 0.7.*; convert them first"):
        Faults(sensor_noise=(20, 20)).on(frame, None, 0)
