"""J and F against values of the official DAVIS code on real masks, and by hand where masks are empty."""

import json
import math

import cv2
import numpy as np
import pytest

from seqseg.metrics import boundary_f, davis_scores, davis_summary, region_similarity
from seqseg.metrics.davis import boundary_of

SEQUENCES = (
    "bmx-trees", "car-roundabout", "car-shadow", "dog", "drift-straight", "horsejump-high", "kite-surf",
    "motocross-jump",
)  # fmt: skip


def square(top, left, *, side=20, size=(61, 83)):
    mask = np.zeros(size, "uint8")
    mask[top : top + side, left : left + side] = 255
    return mask


def grey(path):
    """Several objects are several colours, and all count as foreground."""
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)


@pytest.mark.parametrize("name", SEQUENCES)
def test_j_and_f_are_those_of_the_official_code(shared_data, name):
    truth = shared_data / "truth" / "davis"
    if not truth.is_dir():
        pytest.skip(f"needs the DAVIS truth: {truth} is not there")
    expected = json.loads((truth / "expected_JF.json").read_text())["sequences"][name]
    annotations = shared_data / "davis" / "Annotations" / "480p" / name
    frames = [f"{index:05d}.png" for index in range(1, expected["frames"] + 1)]
    pairs = [(grey(annotations / frame), grey(truth / "osvos" / name / frame)) for frame in frames]
    region = [region_similarity(*pair) for pair in pairs]
    boundary = [boundary_f(*pair) for pair in pairs]
    np.testing.assert_allclose(region, expected["J_per_frame"], atol=1e-6)
    np.testing.assert_allclose(boundary, expected["F_per_frame"], atol=1e-6)
    np.testing.assert_allclose(davis_summary(region), expected["J"], atol=1e-9)
    np.testing.assert_allclose(davis_summary(boundary), expected["F"], atol=1e-9)


def test_region_similarity_by_hand():
    assert region_similarity(square(10, 10), square(10, 20)) == pytest.approx(200 / 600)


def test_void_pixels_do_not_count():
    void = np.zeros((61, 83), bool)
    void[:, 20:] = True
    assert region_similarity(square(10, 10), square(10, 10, side=10), void=void) == pytest.approx(0.5)
    assert region_similarity(square(10, 30), square(10, 40), void=void) == 1


def test_a_boundary_of_the_same_mask_agrees_wholly():
    assert boundary_f(square(10, 10), square(10, 10)) == 1


def test_a_shift_within_the_tolerance_costs_nothing_and_beyond_it_all_but_the_crossings():
    shifted = square(12, 10)
    assert boundary_f(square(10, 10), shifted, tolerance=2) == 1
    assert boundary_f(square(10, 10), shifted, tolerance=1) < 1
    assert boundary_f(square(5, 5), square(30, 50), tolerance=3) == 0


def test_the_tolerance_is_a_share_of_the_diagonal_rounded_up():
    assert boundary_f(square(10, 10), square(11, 11)) == boundary_f(square(10, 10), square(11, 11), tolerance=1)


def test_nothing_on_both_sides_is_right_and_on_one_side_wrong():
    nothing = np.zeros((61, 83))
    assert (region_similarity(nothing, nothing), boundary_f(nothing, nothing)) == (1, 1)
    assert (region_similarity(nothing, square(3, 3)), boundary_f(nothing, square(3, 3))) == (0, 0)
    assert (region_similarity(square(3, 3), nothing), boundary_f(square(3, 3), nothing)) == (0, 0)


def test_the_boundary_lies_between_a_pixel_and_the_next():
    edge = boundary_of(np.array([[0, 0, 0], [0, 1, 1], [0, 1, 1]], bool))
    np.testing.assert_array_equal(edge, [[1, 1, 1], [1, 0, 0], [1, 0, 0]])


def test_recall_counts_frames_above_a_half_and_decay_compares_quarters():
    summary = davis_summary([0.9, 0.9, 0.7, 0.7, 0.5, 0.5, 0.2, 0.2])
    assert summary.mean == pytest.approx(0.575) and summary.recall == 0.5
    assert summary.decay == pytest.approx((0.9 + 0.9 + 0.7) / 3 - (0.5 + 0.2 + 0.2) / 3)


def test_decay_is_right_in_videos_of_more_than_256_frames():
    assert davis_summary([1.0] * 400 + [0.0] * 200).decay == pytest.approx(1)


def test_no_frame_is_no_number():
    assert all(map(math.isnan, davis_summary([])))


def test_a_video_leaves_its_first_and_last_frame_out():
    masks = np.stack([square(5, 5)] * 4)
    predictions = np.stack([square(30, 40), square(5, 5), square(5, 5), square(30, 40)])
    region, boundary = davis_scores(masks, predictions)
    assert (region.mean, boundary.mean) == (1, 1)
    assert davis_scores(masks, predictions, ends=True)[0].mean == 0.5


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(3, 2\)"):
        boundary_f(np.zeros((2, 3)), np.zeros((3, 2)))
