import logging
from fractions import Fraction

import numpy as np
import pytest

from streams import Frame, Prefetch, Reconnecting, SourceError
from streams.sources.source import Source


class Camera(Source):
    """A live source that is opened by its script: a number of frames before it is lost, or why it cannot be opened."""

    live = True

    def __init__(self, script, sizes=(), clock=None):
        super().__init__("camera 9")
        self.script, self.sizes, self.opened, self.closed = iter(script), list(sizes), 0, 0
        self.now = clock or [0.0]

    def open(self):
        self.count = next(self.script)
        if isinstance(self.count, str):
            raise SourceError(self.count)
        self.opened += 1
        self.size = self.sizes.pop(0) if self.sizes else (5, 7)

    def frames(self):
        for index in range(self.count):
            self.now[0] += 0.1
            yield Frame(
                np.zeros((*self.size, 3), np.uint8),
                Fraction(index, 10),
                index,
                "camera 9",
                time_base=Fraction(1, 10),
                captured=self.now[0],
            )
        raise SourceError("the cable was pulled")

    def close(self):
        self.closed += 1


class Waits:
    """Takes the place of waiting: notes for how long, and stops after so many."""

    def __init__(self, stop_after=1000, clock=None):
        self.seconds, self.stop_after, self.now = [], stop_after, clock or [0.0]

    def __call__(self, seconds):
        self.seconds.append(seconds)
        self.now[0] += seconds
        return len(self.seconds) >= self.stop_after


def reconnecting(script, *, stop_after=1000, jitter=0.5, **options):
    clock = [0.0]
    camera, waits = Camera(script, options.pop("sizes", ()), clock), Waits(stop_after, clock)
    source = Reconnecting(camera, wait=waits, jitter=lambda: jitter, **options)
    events = []
    source.watch(events.append)
    return source, camera, waits, events


def read(source, count=None):
    with source:
        frames = []
        for frame in source:
            frames.append(frame)
            if len(frames) == count:
                break
    return frames


def test_a_lost_camera_is_opened_again_and_its_frames_go_on():
    source, camera, _, _ = reconnecting([3, 2], stop_after=2)
    frames = read(source)
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert (camera.opened, source.counts["lost"], source.counts["reconnected"]) == (2, 2, 1)


def test_what_happened_to_it_is_a_warning_at_the_end():
    source, _, _, _ = reconnecting([3, 2], stop_after=2)
    read(source)
    assert source.warnings == ["camera 9: 2 lost, 1 reconnected"]


def test_each_opening_is_an_epoch_of_its_own_with_another_size_or_the_same():
    source, _, _, _ = reconnecting([2, 2, 1], stop_after=3, sizes=[(5, 7), (5, 7), (9, 11)])
    frames = read(source)
    assert [(frame.epoch, frame.image.shape[:2]) for frame in frames] == [
        (0, (5, 7)),
        (0, (5, 7)),
        (1, (5, 7)),
        (1, (5, 7)),
        (2, (9, 11)),
    ]


def test_times_go_on_by_what_has_really_passed():
    source, _, _, _ = reconnecting([3, "away", 2], stop_after=3)
    times = [frame.pts for frame in read(source)]
    # lost at 0.2 s; 0.25 + 0.5 s of waiting and 0.1 s until the first picture; a whole number of ticks of a tenth
    assert times == [Fraction(tenths, 10) for tenths in (0, 1, 2, 11, 12)]


def test_waits_double_up_to_five_seconds_and_begin_anew_after_a_good_frame():
    source, _, waits, _ = reconnecting([1, *["away"] * 6, 1, "away", 1], stop_after=10)
    read(source)
    assert waits.seconds == [0.25, 0.5, 1, 2, 4, 5, 5, 0.25, 0.5, 0.25]


@pytest.mark.parametrize(("jitter", "factor"), [(0.0, 0.75), (1.0, 1.25)])
def test_jitter_keeps_many_cameras_from_coming_back_at_once(jitter, factor):
    source, _, waits, _ = reconnecting([1, "away", "away", 1], stop_after=3, jitter=jitter)
    read(source)
    assert waits.seconds == [0.25 * factor, 0.5 * factor, 1 * factor]


def test_a_connection_that_gives_no_frame_does_not_begin_the_waits_again():
    source, _, waits, _ = reconnecting([1, 0, 0, 0, 1], stop_after=4)
    read(source)
    assert waits.seconds == [0.25, 0.5, 1, 2]


def test_after_so_many_tries_it_is_given_up_in_one_line():
    source, camera, _, events = reconnecting([1, "away", "away", "gone for good"], retries=3)
    with pytest.raises(SourceError, match="camera 9 was lost and did not come back in 3 tries: gone for good"):
        read(source)
    assert events[-1].kind == "gave up" and camera.closed >= 1


def test_no_retries_means_that_the_first_loss_is_the_end():
    source, camera, waits, _ = reconnecting([2, 2], retries=0)
    with pytest.raises(SourceError, match="camera 9 was lost and did not come back in 0 tries"):
        read(source)
    assert (camera.opened, waits.seconds) == (1, [])


def test_what_cannot_be_opened_at_first_is_an_error_at_once():
    source, _, waits, _ = reconnecting(["refused"])
    with pytest.raises(SourceError, match="refused"), source:
        pass
    assert waits.seconds == []


def test_a_late_source_is_looked_for_while_reading():
    source, _, waits, events = reconnecting(["refused", "refused", 2], stop_after=3, late=True)
    frames = read(source, count=2)
    assert [frame.index for frame in frames] == [0, 1] and source.live
    assert [event.kind for event in events] == ["lost", "retrying", "retrying"]


def test_events_say_what_is_going_on():
    source, _, _, events = reconnecting([1, "away", 1], stop_after=3)
    read(source)
    assert [(event.kind, event.message, event.wait) for event in events[:3]] == [
        ("lost", "the cable was pulled", None),
        ("retrying", "camera 9: trying again in 0.2 s (try 1)", 0.25),
        ("retrying", "camera 9: trying again in 0.5 s (try 2)", 0.5),
    ]


def test_events_that_no_one_listens_to_are_logged(caplog):
    with caplog.at_level(logging.INFO, "streams.sources"), pytest.raises(SourceError):
        read(Reconnecting(Camera([1, "away"]), retries=1, wait=lambda seconds: False))
    assert "the cable was pulled" in caplog.messages


def test_it_says_that_it_is_looking_while_it_does():
    source, _, _, _ = reconnecting([1, "away", 1], stop_after=3)
    while_away = []
    source.watch(lambda event: while_away.append(source.reconnecting))
    assert not any(source.reconnecting for _ in read(source, count=2))
    assert set(while_away) == {True}


def test_stopping_cuts_the_longest_wait_short():
    """The real waiting, in a real thread: the second try would come after the test's patience."""
    source = Reconnecting(Camera([1, *["away"] * 1000]), jitter=lambda: 1.0)
    with Prefetch(source) as prefetch:
        next(iter(prefetch))
    assert not any("does not answer" in warning for warning in prefetch.warnings)


def test_a_source_that_is_not_live_is_passed_through():
    class File(Camera):
        live = False

    with pytest.raises(SourceError, match="the cable was pulled"):
        read(Reconnecting(File([2])))


def test_errors_that_are_no_loss_come_through():
    class Broken(Camera):
        def frames(self):
            raise ZeroDivisionError
            yield

    with pytest.raises(ZeroDivisionError):
        read(Reconnecting(Broken([1])))
