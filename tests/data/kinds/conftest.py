"""Records that several files of tests read."""

import pytest

from seqseg.data.records.convert import convert
from seqseg.data.records.encoding import Recipe

STORAGES = ["array_record", "tfrecord"]


@pytest.fixture(scope="module", params=STORAGES)
def packed(request, make_set, tmp_path_factory):
    """(folder, sets): a train and a val split in lossless records."""
    folder = tmp_path_factory.mktemp("packed") / request.param
    sets = [make_set(5, 1, 4), make_set(3, split="val", seed=1)]
    convert(sets, folder, source="made", recipe=Recipe(storage=request.param, image="png", shards=3))
    return folder, sets
