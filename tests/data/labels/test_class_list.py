"""Classes named by the user or inferred from labels."""

import numpy as np
import pytest

from seqseg.data.labels.class_list import infer_class_list, read_class_list
from seqseg.data.labels.palette import voc_palette
from seqseg.errors import DataError


def read(folder, text, name="classes.txt"):
    (folder / name).write_text(text, encoding="utf-8")
    return read_class_list(folder)


def test_a_line_is_a_name_and_its_number_is_the_class(tmp_path):
    classes = read(tmp_path, "sky\n\nopen water  # with a note\n")
    assert classes.names == ("sky", "open water")
    assert classes.meaning(np.array([[0, 1, 255]], np.uint8)).tolist() == [[0, 1, 255]]


def test_a_line_may_give_the_value_on_disk(tmp_path):
    classes = read(tmp_path, "static 0\nmoving 255\nvoid 85\nvoid 170\n")
    assert classes.names == ("static", "moving")
    assert classes.meaning(np.array([[0, 85, 170, 255]], np.uint8)).tolist() == [[0, 255, 255, 1]]


def test_a_line_may_give_a_colour(tmp_path):
    classes = read(tmp_path, "sky, 10, 20, 30\nvoid 1 1 1\nroad 200 0 5\n")
    assert classes.palette.tolist() == [[10, 20, 30], [200, 0, 5]]
    assert classes.meaning(np.array([[[200, 0, 5], [1, 1, 1]]], np.uint8)).tolist() == [[1, 255]]


def test_void_in_the_list_keeps_the_numbers_of_the_others(tmp_path):
    classes = read(tmp_path, "void\nsky\nroad\n")
    assert classes.names == ("sky", "road")
    assert classes.meaning(np.array([[0, 1, 2]], np.uint8)).tolist() == [[255, 0, 1]]


@pytest.mark.parametrize(
    "text", ['["sky", "road"]', '{"sky": null, "road": 1}', '{"sky": [1, 2, 3], "road": [4, 5, 6]}']
)
def test_json_says_the_same(tmp_path, text):
    assert read(tmp_path, text, "classes.json").names == ("sky", "road")


def test_without_a_file_there_is_no_list(tmp_path):
    assert read_class_list(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sky\n", "names the classes sky; give two or more"),
        ("sky\nsky\n", "each once"),
        ("sky 1 2\nroad\n", r"class sky has the numbers \[1, 2\]"),
        ("sky 70000\nroad\n", r"class sky has the numbers \[70000\]"),
        ("sky 1\nroad\n", "same value"),
    ],
)
def test_a_list_without_sense_is_an_error_that_shows_how(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        read(tmp_path, text)


@pytest.mark.parametrize("text", ["{", "3", '{"sky": "blue", "road": 1}'])
def test_json_without_sense_names_the_file(tmp_path, text):
    with pytest.raises(DataError, match="classes.json"):
        read(tmp_path, text, "classes.json")


def test_values_without_names_are_classes():
    assert infer_class_list({0, 2, 255}, "here", masks=3).names == ("0", "1", "2")


def test_two_valued_masks_get_a_way_out():
    with pytest.raises(DataError, match="255 means void; if 255 is the object, write folders:x,foreground=255"):
        infer_class_list({0, 255}, "folders:x", masks=3)


def test_one_class_is_none():
    with pytest.raises(DataError, match="no two classes, only 0"):
        infer_class_list({0}, "here", masks=3)


def test_scattered_values_are_no_indices():
    with pytest.raises(DataError, match="0, 50, 170 do not look like class indices"):
        infer_class_list({0, 50, 170, 255}, "here", masks=3)


def test_the_palette_is_that_of_pascal_voc():
    assert voc_palette(21)[[0, 1, 2, 15, 20]].tolist() == [
        [0, 0, 0], [128, 0, 0], [0, 128, 0], [192, 128, 128], [0, 64, 128],
    ]  # fmt: skip
