from fractions import Fraction

import numpy as np
import pytest

from streams import ArraySource, SourceError


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
