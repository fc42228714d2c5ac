"""What is broken."""

import pytest

from seqseg.data import LeftOut
from seqseg.errors import DataError


def test_what_is_broken_is_an_error_unless_it_may_be_skipped():
    with pytest.raises(DataError, match="broken"):
        LeftOut().add(DataError("broken"))
    left_out = LeftOut(skip=True)
    left_out.add(DataError("broken"))
    assert left_out.items == ["broken"]
