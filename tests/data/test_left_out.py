"""Broken items."""

import pytest

from seqseg.data import LeftOut
from seqseg.data.left_out import write_left_out
from seqseg.errors import DataError


def test_what_is_broken_is_an_error_unless_it_may_be_skipped():
    with pytest.raises(DataError, match="broken"):
        LeftOut().add(DataError("broken"))
    left_out = LeftOut(skip=True)
    left_out.add(DataError("broken"))
    assert left_out.items == ["broken"]


def test_the_same_is_listed_once_and_on_one_line():
    left_out = LeftOut(skip=True)
    for _ in range(2):
        left_out.add(DataError("two\nlines"))
    assert left_out.items == ["two lines"]


def test_the_list_is_a_line_an_item_and_goes_with_its_reason(tmp_path):
    path = tmp_path / "deep" / "left_out.txt"
    write_left_out(path, ["a.png is empty", "b.png is \udcff"])
    assert path.read_text() == "a.png is empty\nb.png is \\udcff\n"
    write_left_out(path, [])
    assert not path.exists()
