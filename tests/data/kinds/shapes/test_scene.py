"""The scenes of `shapes`: the twins cannot be distinguished in one frame, and can in two."""

import dataclasses
import math

import numpy as np
import pytest

from seqseg.data.kinds.shapes.scene import CROSS, DISC, DRIFTER, SPINNER, make_scene


def scene(look=0, motion=0, size=(96, 128)):
    return make_scene(size, np.random.default_rng([look, 0]), np.random.default_rng([motion, 1]))


def alone(whole, thing):
    return dataclasses.replace(whole, things=(thing,))


def test_the_first_frame_is_the_same_picture_whatever_the_twins_are():
    one, other = scene(look=3, motion=1), scene(look=3, motion=2)
    (picture, labels), (same_picture, other_labels) = one.render(0), other.render(0)
    assert (labels != other_labels).any()
    assert set(np.unique(labels[labels != other_labels])) <= {DRIFTER, SPINNER}
    np.testing.assert_array_equal(picture, same_picture)


def kolmogorov_smirnov(first, second):
    """The largest distance between the two distributions, over its 1-in-1,000 limit for equal ones."""
    both = np.sort(np.concatenate([first, second]))
    distance = np.abs(
        np.searchsorted(np.sort(first), both, "right") / len(first)
        - np.searchsorted(np.sort(second), both, "right") / len(second)
    ).max()
    limit = math.sqrt(-math.log(1e-3 / 2) / 2 * (1 / len(first) + 1 / len(second)))
    return distance / limit


def looks_in_a_later_frame():
    """For one twin of each of 400 scenes, label and what one sees of it in frame 17, drawn as if it were alone."""
    rows = []
    for number in range(400):
        whole = scene(look=number, motion=number)
        thing = next(thing for thing in whole.things if thing.label in (DRIFTER, SPINNER))
        picture, labels = alone(whole, thing).render(17)
        there = labels == thing.label
        if not there.any():
            continue
        rows_there, columns_there = np.nonzero(there)
        spread = np.cov(np.stack([rows_there, columns_there])) if len(rows_there) > 1 else np.zeros((2, 2))
        tilt = math.atan2(2 * spread[0, 1], spread[0, 0] - spread[1, 1])
        seen = [there.sum(), rows_there.mean(), columns_there.mean(), tilt]
        rows.append([thing.label, *seen, *picture[there].mean(axis=0), *picture[there].std(axis=0)])
    return np.array(rows)


def test_in_any_one_frame_size_place_tilt_and_colours_of_the_twins_come_from_one_distribution():
    rows = looks_in_a_later_frame()
    drifters, spinners = (rows[rows[:, 0] == label, 1:] for label in (DRIFTER, SPINNER))
    assert min(len(drifters), len(spinners)) > 100
    for column in range(rows.shape[1] - 1):
        assert kolmogorov_smirnov(drifters[:, column], spinners[:, column]) < 1, f"column {column}"


def test_that_test_would_notice_a_difference():
    rng = np.random.default_rng(0)
    assert kolmogorov_smirnov(rng.normal(0, 1, 150), rng.normal(1, 1, 150)) > 1


def centre(labels):
    return np.argwhere(labels).mean(axis=0)


def test_from_one_frame_to_the_next_a_drifter_moves_and_a_spinner_stays():
    moved = {DRIFTER: [], SPINNER: []}
    for number in range(60):
        whole = scene(look=number, motion=number)
        for thing in whole.things:
            if thing.label not in moved:
                continue
            before, after = (alone(whole, thing).render(frame)[1] for frame in (4, 5))
            edge = np.concatenate([before[0], before[-1], before[:, 0], before[:, -1], after[0], after[-1]])
            if before.any() and after.any() and not edge.any() and not after[:, 0].any() and not after[:, -1].any():
                moved[thing.label].append(np.linalg.norm(centre(after) - centre(before)))
    assert min(map(len, moved.values())) > 20
    assert min(moved[DRIFTER]) > 2.5
    assert max(moved[SPINNER]) < 1.0


def test_labels_are_those_of_what_is_visible():
    whole = scene(look=5)
    _, labels = whole.render(9)
    expected = np.zeros_like(labels)
    for thing in whole.things:
        _, own = alone(whole, thing).render(9)
        expected = np.where(own > 0, own, expected)
    np.testing.assert_array_equal(labels, expected)


def test_things_hide_each_other():
    whole, hidden = scene(look=2), []
    for frame in range(0, 80, 2):
        _, labels = whole.render(frame)
        alone_each = sum((alone(whole, thing).render(frame)[1] > 0).sum() for thing in whole.things)
        hidden.append(int(alone_each) - int((labels > 0).sum()))
    assert max(hidden) > 100 and min(hidden) < max(hidden) / 2


def test_the_background_moves():
    empty = dataclasses.replace(scene(motion=4), things=(), noise=np.zeros((128, 160, 3), np.int16))
    assert (empty.render(0)[0] != empty.render(3)[0]).mean() > 0.3


@pytest.mark.parametrize("size", [(45, 61), (96, 128), (200, 130)])
def test_things_fill_frames_of_any_size_alike(size):
    covered = np.mean([(scene(look=number, size=size).render(0)[1] > 0).mean() for number in range(30)])
    assert 0.1 < covered < 0.4


def test_all_kinds_come_up():
    labels = {thing.label for number in range(10) for thing in scene(look=number, motion=number).things}
    assert labels == {DISC, CROSS, DRIFTER, SPINNER}
