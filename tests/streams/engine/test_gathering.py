import numpy as np
import pytest

from streams.engine.gathering import Arrivals, patience_of, seconds_to_wait


def steady(interval, *, count=40, start=0.0, jitter=0.0):
    arrivals, noise = Arrivals(), np.random.default_rng(0)
    for k in range(count):
        arrivals.add(start + k * interval + noise.uniform(0, jitter))
    return arrivals


def test_the_interval_of_a_steady_stream_is_found():
    assert steady(0.04).interval == pytest.approx(0.04)


def test_frames_in_bursts_have_their_mean_interval():
    arrivals = Arrivals()
    for burst in range(8):
        for k in range(8):
            arrivals.add(burst * 0.4 + k * 0.005)
    assert arrivals.interval == pytest.approx(0.05, rel=0.15)


def test_dropped_frames_count_in_the_rhythm():
    arrivals = Arrivals()
    for k in range(20):
        arrivals.add(k * 0.08, gap=1)
    assert arrivals.interval == pytest.approx(0.04)


def test_sixteen_frames_are_needed_before_a_rhythm_is_trusted():
    assert steady(0.04, count=15).interval is None and steady(0.04, count=16).interval is not None


def test_a_silence_makes_a_rhythm_forgotten():
    arrivals = steady(0.04)
    assert arrivals.due(1.6) == pytest.approx(1.6)
    assert arrivals.due(39 * 0.04 + 2.1) is None
    arrivals.add(10.0)
    assert arrivals.interval is None


@pytest.mark.parametrize(("interval", "patience"), [(1 / 500, 0.002), (0.04, 0.01), (1.0, 0.03)])
def test_patience_is_a_quarter_of_the_interval_from_2_to_30_ms(interval, patience):
    assert patience_of([steady(interval), steady(2)]) == pytest.approx(patience)


def test_unknown_streams_get_the_shortest_patience():
    assert patience_of([Arrivals()]) == 0.002


def test_a_stream_that_is_due_is_waited_for_until_the_patience_ends():
    other = steady(0.04)  # next at 1.6
    assert seconds_to_wait(1.595, 1.595, 0.01, [other]) == pytest.approx(0.01)
    assert seconds_to_wait(1.601, 1.595, 0.01, [other]) == pytest.approx(0.004)
    assert seconds_to_wait(1.606, 1.595, 0.01, [other]) == 0


def test_a_stream_that_is_due_later_is_not_waited_for():
    assert seconds_to_wait(1.57, 1.57, 0.01, [steady(0.04)]) == 0


def test_nobody_waits_for_a_dead_or_unknown_stream():
    assert seconds_to_wait(1.65, 1.65, 0.01, [steady(0.04), Arrivals()]) == 0
