"""Several sets as one."""

import pytest

from seqseg.data import open_data
from seqseg.errors import DataError


def test_sets_of_the_same_classes_are_joined_by_plus():
    data = open_data("shapes:videos=2,frames=3 + shapes:videos=1,frames=4,size=45x61,seed=1")
    assert [(video.name, len(video)) for video in data.videos] == [
        ("1/train/0000", 3),
        ("1/train/0001", 3),
        ("2/train/0000", 4),
    ]
    assert data.name == "shapes + shapes"


def test_sets_of_other_classes_are_not():
    with pytest.raises(DataError, match="background, moving"):
        open_data("shapes:videos=2 + shapes:videos=1,moving=1")
