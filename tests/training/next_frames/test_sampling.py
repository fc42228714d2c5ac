"""Which frames are true ones, step by step."""

import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.training.next_frames.sampling import given_frames, make_sampling, with_given


def test_scheduled_sampling_falls_in_a_line():
    sampling = make_sampling({"name": "scheduled", "until": 50_000}, steps=80_000)
    assert [sampling.shares(step) for step in (0, 25_000, 50_000)] == [(1, 1), (1, 0.5), (1, 0)]


def test_reverse_scheduled_sampling_is_that_of_predrnn_v2():
    sampling = make_sampling("reverse_scheduled", steps=80_000)
    assert sampling.shares(24_999) == (0.5, 0.5)
    within, after = sampling.shares(30_000)
    assert within == pytest.approx(1 - 0.5 * np.exp(-1)) and after == pytest.approx(0.4)
    assert sampling.shares(50_000) == (1.0, 0.0)


def test_teacher_forcing_leaves_nothing_out():
    assert make_sampling("teacher", steps=10) is None


def test_what_is_given_depends_on_the_step_alone_and_begins_with_a_true_frame():
    sampling = make_sampling("reverse_scheduled", steps=80)
    one, again, other = (given_frames(sampling, step, shape=(400, 9), context=5, seed=3) for step in (40, 40, 41))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any() and one[:, 0].all()
    within, after = sampling.shares(40)
    np.testing.assert_allclose(one[:, 1:].mean(axis=0), [within] * 4 + [after] * 4, atol=0.1)


def test_batches_from_the_middle_are_those_of_the_whole():
    sampling = make_sampling("scheduled", steps=20)
    frames = np.zeros((2, 6, 1, 1, 1), "uint8")
    whole = [one["given"] for one, _ in with_given([(frames, 0)] * 6, sampling, start=0, context=2, seed=1)]
    part = [one["given"] for one, _ in with_given([(frames, 0)] * 3, sampling, start=3, context=2, seed=1)]
    np.testing.assert_array_equal(whole[3:], part)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("schedule", "teacher, scheduled, reverse_scheduled"),
        ({"name": "scheduled", "untill": 3}, "has no option 'untill'; did you mean until"),
        ({"name": "reverse_scheduled", "first": 9, "second": 4}, "first < second"),
        ({"name": "teacher", "until": 3}, "takes no options"),
    ],
    ids=str,
)
def test_a_sampling_that_cannot_be_is_one_line(wanted, said):
    with pytest.raises(ConfigError, match=said):
        make_sampling(wanted, steps=100)
