from fractions import Fraction

import numpy as np
import pytest

from streams.errors import StreamError
from streams.frame import Frame
from streams.gaps import Continuity, StateChange, faded

PICTURE = np.zeros((3, 5, 3), np.uint8)


def changes(on_gap, *frames, rate=None):
    continuity = Continuity(on_gap, rate=rate)
    return [continuity.judge(frame) for frame in frames]


def frame(pts, *, gap=0, epoch=0, image=PICTURE, duration=None):
    return Frame(image, Fraction(pts), 0, "x", epoch, gap, duration)


def test_a_gap_is_nothing_to_keep():
    assert changes("keep", frame(0), frame(1), frame(2, gap=7))[-1] == StateChange(None, 7, 1.0)


def test_decay_multiplies_once_for_each_missing_frame():
    assert changes("decay:0.5", frame(0), frame(1, gap=3))[-1].factor == 0.125


def test_decay_is_nine_tenths_where_no_factor_is_given():
    assert changes("decay", frame(0), frame(1, gap=1))[-1].factor == 0.9


@pytest.mark.parametrize(("gap", "fresh"), [(0, None), (4, None), (5, "gap"), (6, "gap")])
def test_reset_is_fresh_from_its_number_of_missing_frames_on(gap, fresh):
    assert changes("reset:5", frame(0), frame(1, gap=gap))[-1].fresh == fresh


def test_another_epoch_is_fresh_whatever_is_missing():
    assert changes("decay", frame(0), frame(1, gap=3, epoch=1))[-1] == StateChange("epoch")


def test_another_size_is_fresh_even_in_the_same_epoch():
    assert changes("keep", frame(0), frame(1, image=PICTURE[:2]))[-1].fresh == "size"


def test_frames_that_no_source_counted_are_missed_by_the_duration_of_the_last():
    assert changes("keep", frame(0, duration=Fraction(1, 10)), frame(Fraction(1, 2)))[-1].missing == 4


def test_frames_that_no_source_counted_are_missed_by_the_rate():
    assert changes("keep", frame(0), frame(Fraction(3, 25)), rate=Fraction(25))[-1].missing == 2


def test_where_there_is_no_rate_the_median_step_tells_what_is_missing():
    steady = [frame(Fraction(index, 20)) for index in range(6)]
    assert [p.missing for p in changes("keep", *steady, frame(Fraction(10, 20)))] == [0] * 6 + [4]


def test_a_variable_rate_with_its_durations_misses_nothing():
    frames = [frame(0, duration=Fraction(1, 10)), frame(Fraction(1, 10), duration=Fraction(2)), frame(Fraction(21, 10))]
    assert [p.missing for p in changes("reset:1", *frames)] == [0, 0, 0]


def test_pictures_that_do_not_belong_together_begin_with_a_fresh_state_each():
    frames = [frame(number) for number in range(3)]
    assert [p.fresh for p in changes("always", *frames)] == [None, "independent", "independent"]


def test_a_state_fades_array_by_array():
    assert faded({"P4/h": np.float32([2, 4]), "P4/c": np.float32([8])}, 0.5)["P4/h"].tolist() == [1, 2]
    assert faded(None, 0.5) is None


def test_a_state_that_is_no_dict_is_refused_in_one_line():
    with pytest.raises(StreamError, match="type int cannot decay"):
        faded(3, 0.5)


@pytest.mark.parametrize(
    "text", ["", "drop", "keep:1", "decay:2", "decay:x", "reset", "reset:0", "reset:1.5", "always:2"]
)
def test_another_policy_is_an_error_that_names_those_there_are(text):
    with pytest.raises(StreamError, match='use "keep", "decay"'):
        Continuity(text)
