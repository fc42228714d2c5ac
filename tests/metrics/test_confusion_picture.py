"""What the picture of a confusion matrix shows."""

import numpy as np
import pytest

from seqseg.metrics import confusion_picture
from seqseg.metrics.confusion_picture import _number


def test_the_darker_the_more_of_the_label_went_there():
    picture = confusion_picture([[8, 2], [0, 5]], cell=10).astype(int).sum(axis=-1)
    assert picture.shape == (20, 20)
    assert picture[15, 15] < picture[5, 5] < picture[5, 15] < picture[15, 5] == 3 * 255


def test_classes_without_a_label_are_grey():
    picture = confusion_picture([[8, 2], [0, 0]], cell=10)
    assert (picture[10:] == 224).all() and not (picture[:10, 10:] == 224).all()


def test_the_palette_is_on_the_left_and_along_the_top():
    palette = np.array([[200, 0, 0], [0, 0, 90]], "uint8")
    picture = confusion_picture(np.eye(2), palette=palette, cell=12)
    np.testing.assert_array_equal(picture[[-20, -4], 0], palette)
    np.testing.assert_array_equal(picture[0, [-20, -4]], palette)


def test_a_share_is_written_into_its_cell():
    picture = confusion_picture([[50, 50], [0, 7]], cell=32)
    assert (picture[:32, :32] == 0).all(axis=-1).any() and (picture[32:, 32:] == 255).all(axis=-1).any()
    assert (picture[32:, :32] == 255).all()


def test_digits_can_be_read():
    lines = ["".join("#" if dot else "." for dot in row) for row in _number(14)]
    assert lines == [".#..#.#", "##..#.#", ".#..###", ".#....#", "###...#"]


def test_a_matrix_that_is_not_square_is_refused():
    with pytest.raises(ValueError, match="square"):
        confusion_picture(np.zeros((2, 3)))


def test_a_palette_of_another_length_is_refused():
    with pytest.raises(ValueError, match="2 classes need as many colours, the palette has 3"):
        confusion_picture(np.eye(2), palette=np.zeros((3, 3)))
