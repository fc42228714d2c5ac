"""Opening data by name."""

import pytest

from seqseg.data import DATASETS, list_data, open_data
from seqseg.errors import DataError


def test_an_unknown_kind_gets_the_nearest_name():
    with pytest.raises(DataError, match=r"unknown data kind 'camvd'; did you mean camvid\?"):
        open_data("camvd:somewhere")


def test_a_kind_without_its_path_gets_an_example():
    with pytest.raises(DataError, match="camvid: needs a path, as in camvid:"):
        open_data("camvid")


def test_an_unknown_split_gets_the_nearest_name():
    with pytest.raises(DataError, match=r"unknown split 'vall'; did you mean val\?"):
        open_data("shapes", split="vall")


def test_every_kind_is_described_with_an_example_of_its_own():
    assert [kind for kind, _, _ in list_data()] == list(DATASETS)
    for kind, description, example in list_data():
        assert description and example.partition(":")[0] == kind
