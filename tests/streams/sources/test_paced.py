import threading
import time
from fractions import Fraction

import numpy as np

from streams import ArraySource, Known, MovieSource, Paced, Prefetch

CLIP = np.zeros((6, 5, 7, 3), np.uint8)


class Clock:
    """Time that passes only by waiting, or when somebody is slow."""

    def __init__(self):
        self.now, self.waits = 100.0, []

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.waits.append(round(seconds, 6))
        self.now += seconds
        return False


def paced(images=CLIP, **options):
    clock = Clock()
    return Paced(ArraySource(images, **options), wait=clock.wait, clock=clock), clock


def test_frames_come_when_they_are_due():
    source, clock = paced(fps=10)
    with source:
        assert len(list(source)) == 6
    assert clock.waits == [0.1] * 5


def test_who_is_a_little_late_catches_up_and_loses_nothing():
    source, clock = paced(fps=10)
    with source:
        for frame in source:
            clock.now += 0.25 if frame.index == 1 else 0
    assert clock.waits == [0.1, 0.05, 0.1]  # two at once, then on time again


def test_after_a_long_stay_it_goes_on_at_the_same_speed():
    source, clock = paced(fps=10)
    with source:
        for frame in source:
            clock.now += 10 if frame.index == 1 else 0
    assert clock.waits == [0.1] * 4


def test_uneven_times_are_kept():
    times = [0, 0.5, 0.6, 2]
    source, clock = paced([(CLIP[0], seconds) for seconds in times])
    with source:
        assert [float(frame.pts) for frame in source] == times
    assert clock.waits == [0.5, 0.1, 1.4]


def test_a_new_epoch_whose_times_begin_anew_is_due_at_once():
    source, clock = paced([(CLIP[0], 0), (CLIP[0], 1), "reset", (CLIP[0], 0), (CLIP[0], 1)])
    with source:
        assert [frame.epoch for frame in source] == [0, 0, 1, 1]
    assert clock.waits == [1, 1]


def test_live_sources_are_left_alone():
    source, clock = paced(fps=10, live=True)
    with source:
        assert len(list(source)) == 6
    assert clock.waits == []


def test_age_counts_from_when_a_frame_was_due_not_decoded():
    source, _ = paced(fps=10)
    with source:
        before = time.perf_counter()
        assert next(iter(source)).captured >= before


def test_closing_cuts_the_wait_short():
    source = Paced(ArraySource([(CLIP[0], 0), (CLIP[0], 1000)]))
    with Prefetch(source) as prefetch:
        next(iter(prefetch))
    assert prefetch.warnings == []
    assert not any(thread.name.startswith("read ") for thread in threading.enumerate())


def test_with_live_a_slow_reader_loses_frames_as_from_a_camera():
    images = np.zeros((40, 5, 7, 3), np.uint8)
    source = Prefetch(Paced(ArraySource(images, fps=Fraction(2000)), live=True), fresh=True)
    with source:
        frames = []
        for frame in source:
            frames.append(frame)
            time.sleep(0.01)
    assert source.dropped["superseded"] > 0
    assert frames[-1].index == 39 and len(frames) + sum(source.dropped.values()) == 40


def test_a_paced_movie_is_entered_at_the_known_frame(make_movie):
    path = make_movie("clip.mp4", range(20))
    with MovieSource(path) as source:
        known = Known.of(list(source)[13])
    paced = Paced(MovieSource(path), wait=lambda seconds: False)
    paced.go_on_from(known)
    with paced:
        assert [frame.index for frame in paced] == list(range(13, 20))
