import json
from fractions import Fraction

import numpy as np
import pytest

from seqseg.data.records.compact import (
    Times,
    long_flags,
    long_sizes,
    long_vectors,
    short_flags,
    short_sizes,
    short_times,
    short_vectors,
)
from seqseg.data.records.index import read_index
from seqseg.errors import DataError


@pytest.mark.parametrize(
    ("flags", "short"),
    [
        ([True, True], True),
        ([False], False),
        ([False, True, True, False, True], [[1, 3], [4, 5]]),
    ],
)
def test_flags_are_ranges_where_they_differ(flags, short):
    assert short_flags(flags) == short
    assert list(long_flags(short, len(flags))) == flags


@pytest.mark.parametrize(
    ("sizes", "short"), [([(3, 4)] * 9, [3, 4]), ([(3, 4), (3, 4), (5, 6)], [[2, 3, 4], [1, 5, 6]])]
)
def test_sizes_are_one_where_they_are_the_same(sizes, short):
    assert short_sizes(sizes) == short
    assert list(long_sizes(short, len(sizes))) == sizes


@pytest.mark.parametrize(
    "times",
    [
        [Fraction(0)],
        [Fraction(number * 1001, 30000) for number in range(5)],
        [Fraction(1, 3), Fraction(1, 2), Fraction(123456789, 1000)],
        [Fraction(2), Fraction(2)],
        [Fraction(-1, 7), Fraction(10**20, 3)],
    ],
)
def test_times_come_back_exactly_through_json(times):
    back = Times(json.loads(json.dumps(short_times(times))), len(times))
    assert list(back) == times
    assert back[0:2] == tuple(times[0:2])
    assert len(back) == len(times)


def test_a_steady_clock_is_three_numbers():
    assert short_times([Fraction(number, 25) for number in range(10_000)]) == {"per_second": 25, "start": 0, "step": 1}


@pytest.mark.parametrize("rows", [[[0.1, -2.5, np.inf]] * 4, [[1.0], [2.0], [3.0]]])
def test_vectors_come_back_bit_for_bit(rows):
    vectors = [np.float32(row) for row in rows]
    back = long_vectors(json.loads(json.dumps(short_vectors(vectors))), len(rows))
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, vectors)


def test_a_vector_of_the_whole_video_is_kept_once():
    once, many = ([np.float32([1, 2])] * count for count in (1, 1000))
    assert short_vectors(once) == short_vectors(many)


def test_no_folder_and_no_index_are_distinguished(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        read_index(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"no index\.json in it"):
        read_index(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "damaged"),
        ('{"format": "seqseg rec', "damaged"),
        ("[" * 100_000, "damaged"),
        ("\xff\xfe", "damaged|not an index"),
        ("[]", "not an index"),
        ('{"format": "other"}', "not an index"),
        ('{"format": "seqseg records", "version": 2}', "version 2, this seqseg reads version 1; update"),
        ('{"format": "seqseg records", "version": "x"}', "version 'x'.*convert again"),
        ('{"format": "seqseg records", "version": 1}', "lacks 'splits'"),
        ('{"format": "seqseg records", "version": 1, "splits": 3}', "makes no sense"),
        ('{"format": "seqseg records", "version": 1, "splits": {"train": {"shards": [{"fil": 1}]}}}', "makes no sense"),
    ],
)
def test_an_index_that_is_invalid_is_reported(tmp_path, text, message):
    (tmp_path / "index.json").write_text(text, encoding="latin-1")
    with pytest.raises(DataError, match=message):
        read_index(tmp_path)
