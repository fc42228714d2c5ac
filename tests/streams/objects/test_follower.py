import itertools
from fractions import Fraction

import numpy as np
import pytest

from streams.errors import StreamError
from streams.objects.follower import Follower
from streams.objects.tracks import PIXELS, TABLE, Tracks

SIZE = (61, 97)


def picture(*discs, size=SIZE):
    """A mask with discs (x, y, radius[, class])."""
    mask = np.zeros(size, np.uint8)
    rows, columns = np.mgrid[: size[0], : size[1]]
    for x, y, radius, *value in discs:
        mask[(columns - x) ** 2 + (rows - y) ** 2 <= radius**2] = value[0] if value else 1
    return mask


def follow(masks, tracks=None, *, epochs=None, begin=0, **options):
    """[Found], and what is remembered, of masks at 10 frames a second."""
    follower = Follower((1, 2), **options)
    found = []
    for number, mask in enumerate(masks, start=begin):
        epoch = epochs[number] if epochs else 0
        one, tracks = follower.step(mask, tracks, pts=Fraction(number, 10), epoch=epoch)
        found.append(one)
    return found, tracks


def ids(found):
    return [[one.id for one in each.sightings] for each in found]


def events(found):
    return [(number, one.id, one.event) for number, each in enumerate(found) for one in each.sightings if one.event]


def test_two_that_cross_keep_their_ids_by_their_velocities():
    masks = [picture((10 + 6 * t, 20, 5), (88 - 6 * t, 30, 5)) for t in range(12)]
    found, _ = follow(masks)
    assert ids(found) == [[]] + [[1, 2]] * 11
    left, right = found[-1].sightings
    assert left.region.centroid == pytest.approx((76, 20)) and right.region.centroid == pytest.approx((22, 30))
    assert left.speed == pytest.approx(60) and left.track.velocity == pytest.approx((60, 0), abs=1e-9)
    assert (left.track.first, left.track.seen, left.before) == (0, 12, Fraction(10, 10))


def test_a_region_must_be_found_twice_before_it_has_an_id():
    found, tracks = follow([picture((20, 20, 5)), picture(), picture((20, 20, 5)), picture((20, 20, 5))])
    assert ids(found) == [[], [], [], [1]] and tracks.totals == {1: 1}
    assert events(found) == [(3, 1, "appeared")]


@pytest.mark.parametrize(("missing", "same"), [(3, True), (4, False)])
def test_an_id_survives_a_short_gap_and_no_longer_one(missing, same):
    there = [picture((20 + 2 * t, 20, 6)) for t in range(4)]
    again = [picture((20 + 2 * (t + 4 + missing), 20, 6)) for t in range(2)]
    found, _ = follow([*there, *[picture()] * missing, *again], keep=3)
    assert ids(found)[-1] == [1 if same else 2]
    assert (events(found)[-1][2] == "returned") == same
    reasons = [one.reason for each in found for one in each.ended]
    assert reasons == ([] if same else ["lost"])


def test_frames_that_were_dropped_count_as_missing():
    follower = Follower((1,), keep=5, confirm=1)
    _, tracks = follower.step(picture((20, 20, 5)), None, pts=Fraction(0))
    found, tracks = follower.step(picture(), tracks, pts=Fraction(1), gap=5)
    assert [one.reason for one in found.ended] == ["lost"]


def test_a_new_epoch_ends_all_and_gives_no_id_twice():
    masks = [picture((20, 20, 5))] * 6
    found, _ = follow(masks, epochs=[0, 0, 0, 1, 1, 1])
    assert ids(found) == [[], [1], [1], [], [2], [2]]
    assert [(number, one.reason) for number, each in enumerate(found) for one in each.ended] == [(3, "cut")]


def test_what_moves_out_of_the_picture_left_and_what_vanishes_is_lost():
    masks = [picture((70 + 7 * t, 20, 5), *([(30, 40, 5)] if t < 5 else [])) for t in range(9)]
    found, _ = follow(masks, keep=1)
    assert sorted(one.reason for each in found for one in each.ended) == ["left", "lost"]


def test_objects_that_touch_are_parted_where_they_are_expected():
    masks = [picture((20 + 3 * t, 30, 7), (76 - 3 * t, 30, 7)) for t in range(8)]  # touch from the 7th frame on
    found, _ = follow(masks)
    assert ids(found)[-1] == [1, 2]
    left, right = found[-1].sightings
    assert left.region.centroid[0] < 48 < right.region.centroid[0]
    assert abs(left.region.area - right.region.area) < 0.1 * left.region.area


def test_merging_objects_are_one_and_get_their_ids_back_when_they_come_apart():
    apart = [picture((30 + 2 * t, 30, 7), (66 - 2 * t, 32, 5)) for t in range(7)]
    together = [picture((42, 30, 7), (52, 32, 5))] * 12
    again = apart[::-1]
    found, tracks = follow([*apart, *together, *again], touching="merge", keep=3)
    assert ids(found)[2] == [1, 2] and ids(found)[12] == [1] and ids(found)[-1] == [1, 2]
    told = [event for _, _, event in events(found)]
    assert told[:3] == ["appeared", "appeared", "merged with 2"] and told[-1] == "returned"
    assert tracks.totals == {1: 2}


def test_what_splits_off_names_where_it_came_from():
    whole = [picture((40, 30, 12))] * 3
    parts = [picture((40 - t, 30, 10), (60 + t, 30, 5)) for t in range(4)]
    whole[2] |= picture((58, 30, 6))
    found, _ = follow([*whole, *parts])
    assert (4, 2, "split from 1") in events(found) and ids(found)[-1] == [1, 2]


def test_classes_do_not_mix():
    found, tracks = follow([picture((20, 20, 6, 1)), picture((20, 20, 6, 1)), *[picture((20, 20, 6, 2))] * 2])
    assert ids(found) == [[], [1], [], [2]] and tracks.totals == {1: 1, 2: 1}


def test_memory_does_not_grow_with_the_stream():
    def sizes(frames):
        rng = np.random.default_rng(1)
        masks = (picture(*((*rng.integers(5, 60, 2), 4) for _ in range(4))) for _ in range(frames))
        arrays = follow(masks)[1].to_arrays()
        return sum(array.nbytes for array in arrays.values())

    assert sizes(400) < 3 * sizes(40)


def test_a_stream_taken_up_from_arrays_goes_on_as_if_it_had_not_been_interrupted():
    masks = [picture((10 + 5 * t, 20, 5), (88 - 5 * t, 40 + t % 3, 6)) for t in range(14)]
    whole, _ = follow(masks)
    first, tracks = follow(masks[:6])
    second, _ = follow(masks[6:], Tracks.from_arrays(tracks.to_arrays()), begin=6)
    assert ids(first) + ids(second) == ids(whole)
    mine, theirs = ([(one.track.path, one.speed, one.before) for one in each[-1].sightings] for each in (second, whole))
    assert mine == theirs


@pytest.mark.parametrize("damage", ["no json", "short pixels", "a key less"])
def test_damaged_arrays_are_refused_in_a_line(damage):
    arrays = follow([picture((20, 20, 5))] * 3)[1].to_arrays()
    if damage == "no json":
        arrays[TABLE] = arrays[TABLE][:-5]
    elif damage == "short pixels":
        arrays[PIXELS] = arrays[PIXELS][:-3]
    else:
        del arrays[PIXELS]
    with pytest.raises(StreamError, match="holds no objects that can be followed on"):
        Tracks.from_arrays(arrays)


@pytest.mark.parametrize("options", [{"touching": "melt"}, {"keep": -1}, {"confirm": 0}, {"least": 0}])
def test_options_are_checked(options):
    with pytest.raises(StreamError, match="objects"):
        Follower((1,), **options)


def test_the_ids_of_a_crowd_are_those_of_an_exhaustive_search():
    rng = np.random.default_rng(0)
    places = [(x, y) for x, y in itertools.product(range(8, 97, 16), range(8, 61, 16))]
    first = picture(*((x, y, 5) for x, y in places))
    moved = [(x + rng.integers(-2, 3), y + rng.integers(-2, 3)) for x, y in places]
    found, _ = follow([first, picture(*((x, y, 5) for x, y in moved))], confirm=1)
    before = {one.id: one.region.centroid for one in found[0].sightings}
    for one in found[1].sightings:
        nearest = min(before, key=lambda number: np.hypot(*np.subtract(before[number], one.region.centroid)))
        assert nearest == one.id
