import numpy as np
import pytest

from seqseg.metrics import seg_measure


def strip(text):
    return np.array([[int(letter) for letter in text]])


def test_seg_is_one_for_the_truth_under_other_numbers():
    score = seg_measure(strip("0112203"), strip("0554401"))
    assert score.overlaps.tolist() == [1, 1, 1]
    assert (score.splits, score.merges) == (0, 0)


def test_an_object_is_matched_by_what_covers_more_than_half_of_it():
    # 1: three of four pixels and one more, 3 / 5; 2: half of it is not more than half
    score = seg_measure(strip("1111002200"), strip("0777700990"))
    assert score.overlaps.tolist() == pytest.approx([3 / 5, 0])


def test_a_cell_in_two_pieces_is_a_split_and_counts_its_larger_one():
    score = seg_measure(strip("11111"), strip("22033"))
    assert (score.splits, score.merges) == (1, 0)
    assert score.overlaps.tolist() == [0]
    assert seg_measure(strip("11111"), strip("22203")).overlaps.tolist() == pytest.approx([3 / 5])


def test_two_cells_in_one_piece_are_a_merge_and_both_count_little():
    score = seg_measure(strip("1110222"), strip("4444444"))
    assert (score.splits, score.merges) == (0, 1)
    assert score.overlaps.tolist() == pytest.approx([3 / 7, 3 / 7])


def test_nothing_found_scores_zero_and_an_empty_truth_has_no_objects():
    assert seg_measure(strip("1022"), strip("0000")).overlaps.tolist() == [0, 0]
    assert seg_measure(strip("0000"), strip("0110")).overlaps.size == 0


def test_every_pair_is_compared_as_one_by_one():
    rng = np.random.default_rng(0)
    truth, found = rng.integers(0, 5, (2, 23, 31))
    expected = []
    for number in range(1, 5):
        ours = truth == number
        covers = [found == other for other in range(1, 5) if (ours & (found == other)).sum() > 0.5 * ours.sum()]
        expected.append(sum((ours & one).sum() / (ours | one).sum() for one in covers))
    assert seg_measure(truth, found).overlaps.tolist() == pytest.approx(expected)
