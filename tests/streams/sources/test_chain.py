from fractions import Fraction
from itertools import islice

import numpy as np
import pytest

from streams import ArraySource, Chain, MovieSource, Prefetch, SourceError


def clip(count, size=(5, 7), fps=10, name="clip"):
    return ArraySource(np.zeros((count, *size, 3), np.uint8), fps=fps, name=name)


def test_each_source_is_an_epoch_and_times_go_on_where_the_last_one_ended():
    with Chain([clip(2), clip(1, fps=4), clip(2)]) as source:
        frames = list(source)
    assert [frame.epoch for frame in frames] == [0, 0, 1, 2, 2]
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    # the second has ticks of a quarter second, so it begins at the first one that is not too early: 0.25
    assert [frame.pts for frame in frames] == [0, Fraction(1, 10), Fraction(1, 4), Fraction(1, 2), Fraction(3, 5)]


def test_frames_say_which_file_they_are_of_and_where_in_it(make_movie):
    paths = [make_movie(name, range(3)) for name in ("a.mp4", "b.mp4")]
    with Chain([MovieSource(path) for path in paths]) as source:
        frames = list(source)
    assert [frame.source for frame in frames] == [str(paths[0])] * 3 + [str(paths[1])] * 3
    assert [frame.pts - frame.shift for frame in frames] == [Fraction(tick, 25) for tick in (0, 1, 2)] * 2


def test_a_loop_begins_again_with_a_new_epoch_each_time():
    with Chain([clip(2)], loop=True) as source:
        frames = list(islice(source, 7))
    assert [frame.epoch for frame in frames] == [0, 0, 1, 1, 2, 2, 3]
    assert [frame.pts for frame in frames] == [Fraction(index, 10) for index in range(7)]


def test_a_loop_over_nothing_does_not_go_round_without_end():
    with pytest.raises(SourceError, match="nothing has no frames to begin again with"):
        with Chain([ArraySource([], name="nothing")], loop=True) as source:
            list(source)


def test_a_loop_ends_when_it_is_closed():
    with Prefetch(Chain([clip(3)], loop=True), depth=2) as source:
        next(iter(source))
    assert source.warnings == []


def test_sources_are_opened_in_turn_and_each_is_closed_before_the_next():
    log = []

    class Noted(ArraySource):
        def open(self):
            log.append(f"open {self.name}")
            super().open()

        def close(self):
            log.append(f"close {self.name}")

    pictures = np.zeros((1, 5, 7, 3), np.uint8)
    with Chain([Noted(pictures, name="a"), Noted(pictures, name="b")]) as source:
        list(source)
    assert log == ["open a", "close a", "open b", "close b"]


def test_a_bad_file_in_the_middle_is_named(make_movie, tmp_path):
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(SourceError, match="empty.mp4 is empty"):
        with Chain([MovieSource(make_movie("a.mp4")), MovieSource(tmp_path / "empty.mp4")]) as source:
            list(source)


def test_no_sources_are_refused():
    with pytest.raises(SourceError, match="nothing to stream"):
        Chain([])
