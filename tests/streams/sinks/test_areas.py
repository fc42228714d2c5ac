import csv
from fractions import Fraction

import numpy as np
import pytest

from streams import AreasSink, ArraySource, SinkError, run
from streams.sinks.areas import class_areas

NAMES = ["ground", 'car, "red"', "tree"]
MASKS = np.uint8([[[0, 1], [1, 255]], [[2, 2], [2, 2]]])


def written(path, **options):
    step = lambda image, count: (MASKS[count or 0], (count or 0) + 1)  # noqa: E731
    run(ArraySource(np.zeros((2, 2, 2, 3), np.uint8), fps=3), step, AreasSink(path, NAMES, **options))
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_class_has_its_column_in_pixels(tmp_path):
    rows = written(tmp_path / "areas.csv")
    assert [[row[name] for name in ("void", *NAMES)] for row in rows] == [["1", "1", "2", "0"], ["0", "0", "0", "4"]]
    assert [(row["frame"], Fraction(row["pts"]), row["epoch"], row["gap"]) for row in rows] == [
        ("0", 0, "0", "0"),
        ("1", Fraction(1, 3), "0", "0"),
    ]


def test_shares_leave_void_out(tmp_path):
    row = written(tmp_path / "areas.csv", unit="share")[0]
    assert [float(row[name]) for name in ("void", *NAMES)] == [0.25, 0.333333, 0.666667, 0]


def test_a_unit_that_is_invalid_is_refused(tmp_path):
    with pytest.raises(SinkError, match='in "pixels" or as "share", got "acres"'):
        AreasSink(tmp_path / "areas.csv", NAMES, unit="acres")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_areas_are_those_that_numpy_counts(dtype):
    mask = np.random.default_rng(0).integers(0, 9, (31, 47)).astype(dtype)
    for classes in (7, 999):
        assert class_areas(mask, classes).tolist() == [(mask == value).sum() for value in range(classes)]
