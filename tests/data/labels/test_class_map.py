"""Merging, dropping and renaming classes, against masks written out by hand."""

import dataclasses
import tomllib

import numpy as np
import pytest

from seqseg.config import dump_experiment, experiment_from, load_experiment
from seqseg.data import VOID, Video, VideoSet, open_data
from seqseg.data.kinds.voc import CLASSES as VOC_CLASSES
from seqseg.data.labels.class_map import CLASS_MAPS, COCO_TO_VOC, map_classes, read_class_map
from seqseg.data.labels.palette import voc_palette
from seqseg.data.labels.planes import pack_planes, unpack_planes
from seqseg.errors import ConfigError, DataError

NAMES = ("background", "car", "bus", "person", "dog")
PALETTE = np.uint8([[0, 0, 0], [10, 0, 0], [0, 20, 0], [0, 0, 30], [40, 40, 0]])
MASK = np.uint8([[0, 1, 2], [3, 4, VOID]])


def street(masks=(MASK, None), classes=NAMES, **more) -> VideoSet:
    frames = np.zeros((len(masks), 2, 3, 3), np.uint8)
    return VideoSet("street", "train", (Video("a", frames, masks),), classes, PALETTE[: len(classes)], **more)


def mapped(table, data=None) -> VideoSet:
    return map_classes([data or street()], read_class_map(table))[0]


def test_classes_are_merged_and_the_rest_is_background():
    data = mapped({"background": "*", "vehicle": ["car", "bus"], "person": "person"})
    assert data.classes == ("background", "vehicle", "person")
    np.testing.assert_array_equal(data.videos[0].masks[0], [[0, 1, 1], [2, 0, VOID]])


def test_the_order_in_the_table_is_that_of_the_classes():
    data = mapped({"person": "person", "vehicle": ["bus", "car"], "other": "*"})
    assert data.classes == ("person", "vehicle", "other")
    np.testing.assert_array_equal(data.videos[0].masks[0], [[2, 1, 1], [0, 2, VOID]])


def test_a_dropped_class_is_void():
    data = mapped({"background": "background", "vehicle": ["car", "bus"], "void": ["person", "dog"]})
    np.testing.assert_array_equal(data.videos[0].masks[0], [[0, 1, 1], [VOID, VOID, VOID]])


def test_a_star_on_both_sides_keeps_the_rest_as_it_is():
    data = mapped({"*": "*", "vehicle": ["car", "bus"]})
    assert data.classes == ("background", "person", "dog", "vehicle")
    np.testing.assert_array_equal(data.videos[0].masks[0], [[0, 3, 3], [1, 2, VOID]])


def test_a_class_keeps_the_colour_of_the_first_it_is_made_of():
    data = mapped({"person": "person", "vehicle": ["bus", "car"], "other": "*"})
    np.testing.assert_array_equal(data.palette, [[0, 0, 30], [0, 20, 0], [0, 0, 0]])


def test_frames_without_a_label_stay_without():
    video = mapped({"a": ["car", "bus"], "b": "*"}).videos[0]
    assert video.labelled == (0,)
    assert video.masks[1] is None


def test_the_notes_say_how_classes_are_mapped():
    data = mapped({"vehicle": ["car", "bus"], "void": "dog", "*": "*"})
    assert data.notes == ("classes of street are mapped: vehicle = car, bus; void = dog",)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"vehicle": ["car", "buss"], "x": "*"}, "names 'buss'; did you mean bus\\?, which is no class of street"),
        ({"vehicle": ["car", "bus"], "person": "person"}, "does not name background, dog of street"),
        ({"vehicle": ["car", "bus"], "void": "*"}, "leaves street with 1 class \\(vehicle\\)"),
        ({"dog": "car", "*": "*"}, "two classes called dog"),
    ],
)
def test_a_map_that_does_not_fit_the_set_is_one_sentence(table, message):
    with pytest.raises(DataError, match=message):
        mapped(table)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"vehicle": 3}, "data.map.vehicle must be a class's name or a list of names, got 3"),
        ({"vehicle": []}, "data.map.vehicle must be"),
        ({"a": "car", "b": ["car"]}, "names 'car' twice"),
        ({"*": "car"}, '"\\*" on the left'),
        ({}, "is empty"),
        ("coco_to_vok", "did you mean coco_to_voc"),
        ("gone.toml", "cannot read the class map gone.toml"),
    ],
)
def test_a_map_that_makes_no_sense_is_one_sentence(table, message):
    with pytest.raises(ConfigError, match=message):
        read_class_map(table)


def test_bit_planes_are_merged_plane_by_plane():
    planes = np.uint8([[[1, 0, 0, 1], [0, VOID, 1, 0], [0, VOID, 0, 0], [0, 0, 0, 0]]])
    classes = ("car", "bus", "person", "dog")
    data = mapped(
        {"vehicle": ["car", "bus"], "person": "person", "dog": "dog"},
        street([pack_planes(planes)], classes, multi_label=True),
    )
    found = unpack_planes(data.videos[0].masks[0], 3)
    np.testing.assert_array_equal(found, [[[1, 0, 1], [VOID, 1, 0], [VOID, 0, 0], [0, 0, 0]]])


def test_where_a_dropped_class_is_the_other_planes_are_void_unless_seen():
    planes = np.uint8([[[1, 0, 1], [0, 0, 1], [0, 1, 0]]])
    data = mapped(
        {"a": "car", "b": "bus", "void": "person"}, street([pack_planes(planes)], NAMES[1:4], multi_label=True)
    )
    np.testing.assert_array_equal(unpack_planes(data.videos[0].masks[0], 2), [[[1, VOID], [VOID, VOID], [0, 1]]])


def test_background_is_no_plane_of_its_own():
    bits = pack_planes(np.zeros((2, 3, 4), np.uint8))
    data = mapped({"background": "*", "person": "person"}, street([bits], NAMES[1:], multi_label=True))
    assert data.classes == ("person",)
    assert data.notes == ("classes of street are mapped: left out = car, bus, dog",)


def test_coco_becomes_voc_with_vocs_names_order_and_colours():
    coco = street(classes=("background", "couch", "zebra", "tv", "person"))
    data = map_classes([coco], CLASS_MAPS["coco_to_voc"])[0]
    assert data.classes == VOC_CLASSES == tuple(COCO_TO_VOC)
    np.testing.assert_array_equal(data.palette, voc_palette(21))
    np.testing.assert_array_equal(data.videos[0].masks[0], [[0, 18, 0], [20, 15, VOID]])


def test_sets_of_different_classes_take_one_map_together():
    other = dataclasses.replace(street(classes=("background", "truck", "cat")), name="farm")
    table = {"background": "*", "vehicle": ["car", "bus", "truck"]}
    first, second = map_classes([street(), other], read_class_map(table))
    assert first.classes == second.classes == ("background", "vehicle")


def test_a_set_that_has_the_new_classes_already_is_left_alone():
    own = street([np.uint8([[0, 1, 1]])], ("background", "vehicle"))
    assert mapped({"background": "*", "vehicle": ["car", "bus"]}, own) is own


def test_a_map_that_swaps_two_names_swaps_them():
    data = mapped({"car": "bus", "bus": "car"}, street([np.uint8([[0, 1, VOID]])], ("car", "bus")))
    assert data.classes == ("car", "bus")
    np.testing.assert_array_equal(data.videos[0].masks[0], [[1, 0, VOID]])


def test_a_map_behind_a_path_is_for_that_source_alone(tmp_path):
    plain = open_data("shapes:videos=1,frames=2,size=16x24")
    file = tmp_path / "map.toml"
    file.write_text(f'void = "{plain.classes[-1]}"\n"*" = "*"\n')
    data = open_data(f"shapes:videos=1,frames=2,size=16x24,map={file}")
    assert data.classes == plain.classes[:-1]


@pytest.mark.parametrize("text", ["[data.map]\n{}", "[map]\n{}", "{}", "[data]\nsource = 'shapes'\n[data.map]\n{}"])
def test_a_file_holds_a_map_as_a_config_does_or_alone(tmp_path, text):
    (tmp_path / "map.toml").write_text(text.format('vehicle = ["car", "bus"]\nother = "*"\n'))
    assert dict(read_class_map(str(tmp_path / "map.toml")).classes) == {"vehicle": ("car", "bus"), "other": ("*",)}


def test_a_map_is_in_a_config_and_is_remembered_in_order():
    experiment = experiment_from({"data": {"map": {"z": ["car", "bus"], "a": "person", "rest of it": "*"}}})
    remembered = load_experiment(overrides={}).data.map, experiment.data.map
    assert remembered == (None, {"z": ["car", "bus"], "a": "person", "rest of it": "*"})
    again = experiment_from(tomllib.loads(dump_experiment(experiment)))
    assert list(again.data.map) == ["z", "a", "rest of it"]


def test_a_map_is_set_key_by_key():
    overrides = {"data.map.vehicle": '["car", "bus"]', "data.map.background": "*"}
    assert load_experiment(overrides=overrides).data.map == {"vehicle": ["car", "bus"], "background": "*"}
