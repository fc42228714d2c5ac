from fractions import Fraction

import numpy as np
import pytest

from streams import ArraySource, SourceError
from streams.sources import RESET


def test_an_array_gives_its_pictures_at_a_steady_rate():
    clip = np.random.default_rng(0).integers(0, 256, (3, 5, 7, 3), dtype=np.uint8)
    with ArraySource(clip, fps=Fraction(30000, 1001)) as source:
        frames = list(source)
    assert [frame.pts for frame in frames] == [Fraction(1001 * index, 30000) for index in range(3)]
    np.testing.assert_array_equal([frame.image for frame in frames], clip)
    assert (source.size, source.length) == ((5, 7), 3)


def test_a_generator_is_read_as_it_goes():
    with ArraySource(np.zeros((5, 7, 3), np.uint8) for _ in range(4)) as source:
        assert source.length is None
        assert len(list(source)) == 4


@pytest.mark.parametrize("picture", [np.zeros((5, 7), np.uint8), np.zeros((5, 7, 3), np.float32), [[1, 2]]])
def test_what_is_not_a_picture_is_refused(picture):
    with pytest.raises(SourceError, match=r"frame 0 of array must be an RGB array \(h, w, 3\) uint8"):
        with ArraySource([picture]) as source:
            list(source)


def test_a_source_that_is_not_open_cannot_be_read():
    with pytest.raises(SourceError, match="is not open"):
        iter(ArraySource([]))


def simulated(*items):
    with ArraySource(items, fps=10) as source:
        return list(source), source


def test_an_environment_gives_its_own_times_and_begins_anew_when_it_is_reset():
    picture = np.zeros((5, 7, 3), np.uint8)
    frames, _ = simulated((picture, 0), (picture, Fraction(1, 3)), RESET, (picture, 0), (picture, 0.1))
    assert [(frame.epoch, frame.pts) for frame in frames] == [(0, 0), (0, Fraction(1, 3)), (1, 0), (1, Fraction(1, 10))]
    assert all((frame.pts / frame.time_base).denominator == 1 for frame in frames)


def test_times_that_do_not_grow_are_mended_and_counted():
    picture = np.zeros((5, 7, 3), np.uint8)
    frames, source = simulated((picture, 1), (picture, 1), (picture, 0.5), (picture, 9))
    times = [frame.pts for frame in frames]
    assert times == sorted(set(times)) and times[0] == 1 and times[-1] == 9
    assert source.counts == {"times repaired": 2}
    assert all((frame.pts / frame.time_base).denominator == 1 for frame in frames)


def test_a_function_is_asked_until_it_gives_none():
    left = [np.full((5, 7, 3), index, np.uint8) for index in range(3)]
    with ArraySource(lambda: left.pop(0) if left else None, fps=4) as source:
        frames = list(source)
    assert [frame.image[0, 0, 0] for frame in frames] == [0, 1, 2]
    assert [frame.pts for frame in frames] == [0, Fraction(1, 4), Fraction(1, 2)]
