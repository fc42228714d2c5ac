import time

import keras
import numpy as np
import pytest

from seqseg.inference.cost.machine import can_weigh, machine, peak_memory, start_weighing
from seqseg.inference.cost.stopwatch import measure, time_frames
from seqseg.models import build_model


class Slow:
    """A predictor whose step takes `pauses` seconds, one after another, and counts in its state."""

    def __init__(self, pauses):
        self.pauses, self.states = iter(pauses), []

    def step(self, _, state):
        self.states.append(state)
        time.sleep(next(self.pauses))
        return None, (state or 0) + 1


def test_the_first_frames_do_not_count():
    pauses = [0.2] * 3 + [0.01] * 5
    assert 10 <= time_frames(Slow(pauses), (4, 6, 3), frames=5) < 40


def test_one_slow_frame_does_not_move_the_median():
    pauses = [0] * 3 + [0.01, 0.01, 0.3, 0.01, 0.01]
    assert 10 <= time_frames(Slow(pauses), (4, 6, 3), frames=5) < 40


def test_a_slow_model_is_given_up_after_some_time():
    slow = Slow([0.05] * 100)
    time_frames(slow, (4, 6, 3), frames=90, seconds=0.1)
    assert len(slow.states) == 4


def test_the_state_is_carried_on():
    slow = Slow([0] * 5)
    time_frames(slow, (4, 6, 3), frames=2)
    assert slow.states == [None, 1, 2, 3, 4]


def test_a_model_is_measured():
    row = measure("simple", classes=2, size=(32, 48))
    assert row["parameters"] == build_model("simple", classes=2).count_params()
    assert (row["name"], row["classes"], row["size"]) == ("simple", 2, [32, 48])
    assert row["milliseconds"] > 0 and row["gflops"] > 0 and row["state_mb"] == 0
    assert "one convolution a level" in row["about"]


@pytest.mark.skipif(not can_weigh(), reason="only Linux tells")
def test_memory_that_was_held_for_a_moment_is_seen():
    before = start_weighing()
    held = np.ones(100_000_000, "uint8")
    del held
    assert 95e6 < peak_memory() - before < 130e6


def test_the_machine_names_its_backend():
    assert f", {keras.backend.backend()} " in machine() and keras.__version__ in machine()
