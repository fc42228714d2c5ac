import pytest

from seqseg.offline.perform import Outcome
from seqseg.offline.progress import Progress


@pytest.fixture
def clock():
    class Clock:
        now = 100.0

        def __call__(self):
            return self.now

    return Clock()


def test_the_time_left_is_that_of_the_frames_left_at_the_rate_so_far(clock):
    progress = Progress({"a": 100, "b": 300}, clock=clock)
    progress.see("a", 1)
    clock.now += 10
    progress.see("a", 51)
    assert progress.rate == 5 and progress.seconds_left == (400 - 51) / 5


def test_a_source_of_unknown_length_counts_as_the_others_do_on_average(clock):
    assert Progress({"a": 100, "b": 300, "c": None}, clock=clock).total == 600


def test_what_has_ended_counts_as_it_was(clock):
    progress = Progress({"a": 100, "b": 300}, clock=clock)
    progress.end(Outcome("a", "a.mp4", "done", 90))
    progress.end(Outcome("b", "b.mp4", "failed"))
    assert progress.total == progress.frames == 90 and progress.failed == 1


def test_a_source_that_begins_again_counts_once(clock):
    progress = Progress({"a": 100}, clock=clock)
    progress.see("a", 60)
    progress.see("a", 5)
    assert progress.frames == 5


def test_the_line_says_sources_frames_rate_and_time_left(clock):
    lines = []
    progress = Progress({"a": 100, "b": 100}, show=lines.append, clock=clock)
    progress.see("a", 0)
    clock.now += 2
    progress.see("a", 50)
    assert lines[-1] == "0/2 sources  50/200 frames  25.0 fps  6 s left  a"
