import threading
from fractions import Fraction

import numpy as np
import pytest

from streams import Meter, Prefetch, PushSource, SourceError
from streams.sources.source import Source

PICTURE = np.zeros((5, 7, 3), np.uint8)


def test_what_is_pushed_from_another_thread_comes_out_in_order():
    source, taken = PushSource("browser", depth=100), []

    def push():
        for index in range(50):
            source.push(np.full((5, 7, 3), index, np.uint8), Fraction(index, 25))
        source.end()

    pusher = threading.Thread(target=push)
    with source:
        pusher.start()
        taken = list(source)
    pusher.join()
    assert [frame.image[0, 0, 0] for frame in taken] == list(range(50))
    assert [frame.pts for frame in taken] == [Fraction(index, 25) for index in range(50)]
    assert taken[0].source == "browser" and source.live


@pytest.mark.parametrize(("depth", "left"), [(1, [9]), (4, [6, 7, 8, 9])])
def test_the_oldest_go_when_it_is_full_and_are_counted(depth, left):
    source, meter = PushSource(depth=depth), Meter()
    source.measure(meter)
    with source:
        for index in range(10):
            source.push(np.full((5, 7, 3), index, np.uint8), index)
        source.end()
        frames = list(source)
    assert [frame.image[0, 0, 0] for frame in frames] == left
    assert frames[0].gap == meter.report()["dropped"]["overflow"] == 10 - depth


def test_pictures_without_a_time_get_that_of_their_coming():
    with PushSource() as source:
        for _ in range(3):
            source.push(PICTURE)
        source.end()
        times = [frame.pts for frame in source]
    assert times == sorted(set(times))


def test_times_that_do_not_grow_are_mended_and_counted():
    with PushSource() as source:
        for seconds in (1.0, 0.5, 2.0):
            source.push(PICTURE, seconds)
        source.end()
        assert [frame.pts for frame in source] == [1, 1 + Fraction(1, 1_000_000), 2]
    assert source.counts == {"times repaired": 1}


def test_a_restart_and_another_size_begin_new_epochs():
    with PushSource(depth=10) as source:
        source.push(PICTURE, 5)
        source.restart()
        source.push(PICTURE, 0)
        source.push(np.zeros((9, 11, 3), np.uint8), 1)
        source.end()
        assert [(frame.epoch, frame.pts) for frame in source] == [(0, 5), (1, 0), (2, 1)]


@pytest.mark.parametrize("picture", [np.zeros((5, 7), np.uint8), np.zeros((5, 7, 3), np.float32), None])
def test_what_is_no_picture_is_refused_where_it_is_pushed(picture):
    with pytest.raises(SourceError, match="a picture for browser must be an RGB array"):
        PushSource("browser").push(picture)


def test_a_failure_reaches_the_reader():
    with PushSource("browser") as source:
        source.fail("the page was closed")
        with pytest.raises(SourceError, match="browser: the page was closed"):
            list(source)


def test_closing_wakes_the_reader_and_tells_the_pusher():
    source: Source = PushSource()
    with Prefetch(source) as prefetch:
        prefetch.start()
        assert source.push(PICTURE)
    assert source.push(PICTURE) is False and prefetch.warnings == []
