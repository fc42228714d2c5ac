"""The text after the kind in the name of data."""

import pytest

from seqseg.data.spec import one_of, split_options, whole_number
from seqseg.errors import DataError

OPTIONS = {"mode": one_of("a", "b"), "sbd": str, "frames": whole_number(1, 9)}


def test_options_are_taken_from_the_end_and_read():
    assert split_options("x/y,mode=a,frames=3", "k", OPTIONS) == ("x/y", {"mode": "a", "frames": 3})


def test_an_option_may_be_a_path():
    assert split_options("voc,sbd=/data/SBD", "k", OPTIONS) == ("voc", {"sbd": "/data/SBD"})


def test_a_folder_with_commas_and_equals_signs_is_a_path():
    assert split_options("runs/a,b=1/c", "k", OPTIONS) == ("runs/a,b=1/c", {})


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("x,mod=a", r"has no option 'mod=a'; did you mean mode\?; it takes mode, sbd, frames"),
        ("x,mode=c", "mode=c is not valid: mode must be one of a, b"),
        ("x,frames=0", "frames must be a whole number from 1 to 9"),
        ("x,mode=a,mode=b", "mode is given twice"),
    ],
)
def test_what_makes_no_sense_is_reported(where, message):
    with pytest.raises(DataError, match=message):
        split_options(where, "k", OPTIONS)
