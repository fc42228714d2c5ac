"""COCO-Stuff's PNGs, against PIL and the ids of its labels.txt."""

import numpy as np
import pytest
from PIL import Image

from seqseg.data import VOID, LeftOut, open_data
from seqseg.errors import DataError

# labels.txt of nightrome/cocostuff: id of a name; in the PNGs it is one less.
IDS = {"person": 1, "fire hydrant": 11, "stop sign": 13, "toothbrush": 90, "banner": 92, "wood": 182}


def write(root, values, *, images="train2017", labels="stuffthingmaps_trainval2017/train2017", ending=""):
    values = np.asarray(values, np.uint8)
    for folder in (images, labels):
        (root / folder).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", values.shape[::-1]).save(root / images / "000001.jpg")
    Image.fromarray(values).save(root / labels / f"000001{ending}.png")
    return f"coco_stuff:{root}"


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize(("options", "count"), [("", 171), (",classes=182", 182)])
def test_a_value_is_the_class_of_the_next_id(tmp_path, name, options, count):
    data = open_data(write(tmp_path, [[IDS[name] - 1, VOID]]) + options)
    assert len(data.classes) == len(set(data.classes)) == count
    mask = data.videos[0].pair(0)[1]
    assert data.classes[mask[0, 0]] == name and mask[0, 1] == VOID


def test_a_class_has_its_colour_however_many_there_are(tmp_path):
    source = write(tmp_path, [[0]])
    few, all_of_them = open_data(source), open_data(source + ",classes=182")
    for name in IDS:
        pair = [data.palette[data.classes.index(name)].tolist() for data in (few, all_of_them)]
        assert pair[0] == pair[1]
    assert len(np.unique(all_of_them.palette, axis=0)) == 182


def test_mmsegmentations_train_ids_are_classes_already(tmp_path):
    layout = {"images": "images/train2017", "labels": "annotations/train2017", "ending": "_labelTrainIds"}
    source = write(tmp_path, [[0, 11, 170, VOID]], **layout)
    data = open_data(source)
    mask = data.videos[0].mask(0)
    assert [data.classes[label] for label in mask[0, :3]] == ["person", "stop sign", "wood"] and mask[0, 3] == VOID
    with pytest.raises(DataError, match="train ids of 171 classes"):
        open_data(source + ",classes=182")


def test_a_label_that_was_given_up_is_no_class_of_the_171(tmp_path):
    source = write(tmp_path, [[11]])  # street sign
    with pytest.raises(DataError, match=r"000001\.png has label 11"):
        open_data(source).videos[0].mask(0)
    assert open_data(source + ",classes=182").videos[0].mask(0)[0, 0] == 11


def test_an_image_without_its_label_is_named_or_left_out(tmp_path):
    source = write(tmp_path, [[0]])
    Image.new("RGB", (1, 1)).save(tmp_path / "train2017" / "000002.jpg")
    with pytest.raises(DataError, match=r"000002\.png is not there, but its image is"):
        open_data(source)
    left_out = LeftOut(skip=True)
    assert open_data(source, left_out=left_out).frames == len(left_out.items) == 1


@pytest.mark.parametrize("split", ["val", "test"])
def test_a_split_that_is_not_there_is_one_sentence(tmp_path, split):
    with pytest.raises(DataError, match=split):
        open_data(write(tmp_path, [[0]]), split=split)
