"""What label values mean."""

import numpy as np
import pytest

from seqseg.data.labels.meaning import ColourLabels, IndexLabels, LabelError


def test_void_on_disk_is_255_inside():
    labels = IndexLabels(11, void=(11, 255))(np.array([[0, 10, 11, 255]], np.uint8))
    assert labels.tolist() == [[0, 10, 255, 255]]


def test_values_on_disk_become_indices():
    labels = IndexLabels(2, values=(0, 255), void=())(np.array([[0, 255]], np.uint8))
    assert labels.tolist() == [[0, 1]]


def test_wide_labels_are_fine_while_they_are_classes():
    assert IndexLabels(3)(np.array([[0, 2]], np.uint16)).tolist() == [[0, 2]]
    with pytest.raises(LabelError, match="label 300 outside"):
        IndexLabels(3)(np.array([[0, 300]], np.uint16))


def test_colours_become_indices_and_black_is_void_when_no_class_is_black():
    meaning = ColourLabels(np.array([[10, 20, 30], [200, 0, 5]]))
    assert meaning(np.array([[[200, 0, 5], [10, 20, 30], [0, 0, 0]]], np.uint8)).tolist() == [[1, 0, 255]]


def test_a_black_class_is_that_class():
    meaning = ColourLabels(np.array([[0, 0, 0], [200, 0, 5]]))
    assert meaning(np.array([[[0, 0, 0]]], np.uint8)).tolist() == [[0]]


def test_an_unknown_colour_is_reported():
    with pytest.raises(LabelError, match="colour 1 2 3"):
        ColourLabels(np.array([[0, 0, 0], [200, 0, 5]]))(np.array([[[1, 2, 3]]], np.uint8))


def test_colours_without_a_palette_are_an_error():
    with pytest.raises(LabelError, match="holds colours"):
        IndexLabels(2)(np.zeros((2, 2, 3), np.uint8))
