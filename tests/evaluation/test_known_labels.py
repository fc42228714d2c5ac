"""A label that is no class is an error before a step is spent on it."""

import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.errors import DataError
from seqseg.evaluation.known_labels import with_known_labels

DATA = open_data("shapes:videos=1,frames=2,size=8x9", split="train")


def read(*labels):
    batches = [("clip", np.array(label, "uint8").reshape(1, 1, 1, -1)) for label in labels]
    return list(with_known_labels(batches, DATA, "folders:cells"))


def test_classes_and_void_pass_as_they_are():
    assert [label.ravel().tolist() for _, label in read([0, 4], [255, 3], [255])] == [[0, 4], [255, 3], [255]]


def test_a_label_beyond_the_classes_is_named_with_what_to_do():
    with pytest.raises(DataError) as error:
        read([0, 1], [5, 0, 255, 9])
    message = "the masks of shapes hold label 5, 9, but it has 5 classes, 0 to 4, and void is 255; look at them with"
    assert str(error.value).startswith(f"{message} `seqseg inspect folders:cells`")


def test_no_more_than_five_are_listed():
    with pytest.raises(DataError, match="hold label 5, 6, 7, 8, 9, …, but"):
        read(list(range(200)))
