from fractions import Fraction

import numpy as np
import pytest

from seqseg.offline.chunks import agreement, chunks_of, warm_up_of
from seqseg.offline.jobs import Job


def cut(*, seconds, length, warm_up=0, rate=25):
    return chunks_of(
        Job("a", "a.mp4"), seconds=seconds, length=Fraction(length), rate=Fraction(rate), warm_up=warm_up, into="out/.a"
    )


def test_chunks_follow_each_other_without_gap_or_overlap():
    chunks = cut(seconds=10, length=37)
    assert [chunk.begin for chunk in chunks[1:]] == [chunk.end for chunk in chunks[:-1]]
    assert chunks[0].begin == "0" and chunks[-1].end == "" and len(chunks) == 4


def test_borders_lie_at_frames():
    rate = Fraction(30000, 1001)
    for chunk in cut(seconds=7, length=100, rate=rate)[1:]:
        assert (Fraction(chunk.begin) * rate).denominator == 1


def test_chunks_are_entered_before_they_begin_but_not_before_the_source():
    chunks = cut(seconds=1, length=3, warm_up=30)
    assert [chunk.enter for chunk in chunks] == ["0", "0", "4/5"]


def test_a_source_that_is_not_longer_is_one_chunk():
    assert len(cut(seconds=10, length=10)) == 1


def test_chunks_have_names_of_their_own():
    assert [chunk.name for chunk in cut(seconds=5, length=10)] == ["a~0", "a~1"]


def test_a_memory_of_three_frames_needs_three():
    """The mask shows the mean of the last four frames, so that the state after three is that of the whole past."""

    def step(image, state):
        last = [*(state or []), image][-4:]
        return (np.mean([*last, *[np.zeros_like(image)] * (4 - len(last))], axis=0) > 99).astype(np.uint8), last

    images = np.random.default_rng(0).integers(0, 256, (40, 9, 11), np.uint8)
    curve = agreement(step, list(images), most=10)
    assert len(curve) == 10 and curve[3:] == [1.0] * 7 and max(curve[:3]) < 0.999
    assert warm_up_of(curve) == 3


def test_a_model_without_memory_needs_nothing():
    curve = agreement(lambda image, state: (image, state), list(np.zeros((12, 3, 5), np.uint8)), most=4)
    assert warm_up_of(curve) == 0


@pytest.mark.parametrize(("curve", "frames"), [([0.5, 0.9], None), ([1.0, 0.9, 1.0], 2), ([0.9995], 0), ([0.1, 1], 1)])
def test_the_warm_up_ends_where_masks_agree_for_good(curve, frames):
    assert warm_up_of(curve) == frames
