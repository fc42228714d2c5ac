"""COCO's instances, pixel for pixel against pycocotools' own annToMask, and by hand."""

import json

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from seqseg.data import VOID, LeftOut, open_data
from seqseg.data.kinds.voc.classes import CLASSES as VOC_CLASSES
from seqseg.data.labels.palette import voc_palette
from seqseg.data.labels.planes import unpack_planes
from seqseg.errors import DataError
from tests.data.coco_sets import CATEGORIES, annotation, square, write_coco


@pytest.fixture(scope="module", params=["train", "val"])
def real(request, shared_data):
    """(pycocotools' reading, the path of the set, the split)."""
    root = shared_data / "coco" / "tiny_coco"
    return COCO(root / "annotations" / f"instances_{request.param}2017.json"), root, request.param


def masks_by_pycocotools(coco, image):
    return [(one, coco.annToMask(one).astype(bool)) for one in coco.imgToAnns[image]]


def images_of(coco):
    return {entry["file_name"].removesuffix(".jpg"): identity for identity, entry in coco.imgs.items()}


@pytest.mark.parametrize("overlap", ["area", "order"])
def test_every_pixel_is_that_of_ann_to_mask(real, overlap):
    coco, root, split = real
    data, images = open_data(f"coco:{root},overlap={overlap}", split=split), images_of(coco)
    assert data.classes == ("background", *(coco.cats[key]["name"] for key in sorted(coco.cats)))
    number = {key: place for place, key in enumerate(sorted(coco.cats), start=1)}
    for video in data.videos:
        image, mask = video.pair(0)
        expected, top = np.zeros(image.shape[:2], np.uint8), np.full(image.shape[:2], np.inf)
        held = masks_by_pycocotools(coco, images[video.name])
        for one, there in held:
            expected[there & (one["iscrowd"] == 1)] = VOID
        for one, there in held:
            if one["iscrowd"]:
                continue
            wins = there & (there.sum() <= top) if overlap == "area" else there
            expected[wins], top[wins] = number[one["category_id"]], there.sum()
        np.testing.assert_array_equal(mask, expected)


def test_every_plane_is_the_union_of_ann_to_mask(real):
    coco, root, split = real
    data, images = open_data(f"coco:{root},labels=multi", split=split), images_of(coco)
    assert data.multi_label and len(data.classes) == 80
    for video in data.videos[::8]:
        planes = unpack_planes(video.masks[0], 80)
        expected = np.zeros_like(planes)
        for crowd in (1, 0):
            for one, there in masks_by_pycocotools(coco, images[video.name]):
                if one["iscrowd"] == crowd:
                    expected[there, sorted(coco.cats).index(one["category_id"])] = VOID if crowd else 1
        np.testing.assert_array_equal(planes, expected)


def test_vocs_classes_come_by_vocs_names_order_and_colours(real):
    coco, root, split = real
    data, images = open_data(f"coco:{root},classes=voc", split=split), images_of(coco)
    assert data.classes == VOC_CLASSES
    np.testing.assert_array_equal(data.palette, voc_palette(21))
    couches = coco.getCatIds(["couch"])
    for video in data.videos:
        sofa = np.zeros(video.size, bool)
        for one, there in masks_by_pycocotools(coco, images[video.name]):
            if one["category_id"] in couches and not one["iscrowd"]:
                sofa |= there
        assert not (video.mask(0) == VOC_CLASSES.index("sofa"))[~sofa].any()


def test_nothing_is_printed(shared_data, capfd):
    open_data(f"coco:{shared_data / 'coco' / 'tiny_coco'}").videos[0].mask(0)
    assert capfd.readouterr() == ("", "")


# A 5 x 5 car, within it a 3 x 3 cat, listed first; a crowd of people over the left half.
OVERLAPPING = [
    annotation(1, 1, 17, square(2, 1, 3)),
    annotation(2, 1, 3, square(1, 0, 5)),
    annotation(3, 1, 1, {"size": [7, 11], "counts": [0, 28, 49]}, crowd=1),
]


def test_the_smaller_object_is_on_top_by_area_and_the_later_one_by_order(tmp_path):
    write_coco(tmp_path, OVERLAPPING)
    by_area = open_data(f"coco:{tmp_path}", split="val").videos[0].mask(0)
    by_order = open_data(f"coco:{tmp_path},overlap=order", split="val").videos[0].mask(0)
    assert (by_area[2, 3], by_order[2, 3]) == (3, 2)
    assert by_area[0, 1] == by_order[0, 1] == 2


def test_a_crowd_is_void_but_for_single_objects(tmp_path):
    write_coco(tmp_path, OVERLAPPING)
    mask = open_data(f"coco:{tmp_path}", split="val").videos[0].mask(0)
    assert (mask[6, 0], mask[2, 2], mask[6, 10]) == (VOID, 3, 0)
    assert (mask[:, :4] != 0).all() and (mask == VOID).sum() == 28 - 5 * 3


def test_a_crowd_of_another_class_is_background(tmp_path):
    write_coco(tmp_path, OVERLAPPING)
    mask = open_data(f"coco:{tmp_path},classes=cat+car", split="val").videos[0].mask(0)
    assert (mask[6, 0], mask[2, 3], mask[0, 1]) == (0, 1, 2)


def test_with_several_labels_a_crowd_is_void_for_its_class_alone(tmp_path):
    write_coco(tmp_path, OVERLAPPING)
    data = open_data(f"coco:{tmp_path},labels=multi", split="val")
    assert data.classes == ("person", "car", "cat")
    planes = unpack_planes(data.videos[0].masks[0], 3)
    assert planes[2, 3].tolist() == [VOID, 1, 1]
    assert planes[6, 10].tolist() == [0, 0, 0]


def test_compressed_and_plain_run_lengths_paint_alike(tmp_path):
    from pycocotools import mask

    there = np.zeros((7, 11), np.uint8, order="F")
    there[1:4, 2:9] = 1
    text = mask.encode(there)["counts"].decode()
    runs = {"size": [7, 11], "counts": [15, *([3, 4] * 6), 3, 77 - 15 - 45]}
    for shape in ({"size": [7, 11], "counts": text}, runs):
        write_coco(tmp_path, [annotation(1, 1, 1, shape)])
        np.testing.assert_array_equal(open_data(f"coco:{tmp_path}", split="val").videos[0].mask(0), there)


def test_an_image_without_annotations_is_background_and_labelled(tmp_path):
    write_coco(tmp_path, [])
    video = open_data(f"coco:{tmp_path}", split="val").videos[0]
    assert video.labelled == (0,) and not video.mask(0).any()


def test_a_bare_json_takes_its_images_from_where_they_are_said_to_be(tmp_path):
    file = write_coco(tmp_path / "a", OVERLAPPING)
    moved = file.rename(tmp_path / "labels.json")
    source = f"coco:{moved},images={tmp_path / 'a' / 'val2017'}"
    assert open_data(source, split="all").videos[0].mask(0)[2, 3] == 3


def test_a_json_of_no_split_holds_its_last_fifth_back(tmp_path):
    images = [{"id": k, "file_name": f"{k}.jpg", "width": 11, "height": 7} for k in range(10)]
    write_coco(tmp_path, [], images=images).rename(tmp_path / "labels.json")
    source = f"coco:{tmp_path / 'labels.json'},images={tmp_path / 'val2017'}"
    names = [[video.name for video in open_data(source, split=split).videos] for split in ("train", "val")]
    assert names == [list("01234567"), list("89")]


@pytest.mark.parametrize(
    ("json_at", "images_at"),
    [
        ("annotations/instances_train2014.json", "train2014"),
        ("annotations/instances_train2017.json", "images/train2017"),
        ("annotations/train.json", "images/train"),
        ("annotations/instances_train.json", "images"),
        ("train/_annotations.coco.json", "train"),
        ("train.json", "."),
    ],
)
def test_usual_layouts_are_found(tmp_path, json_at, images_at):
    file = write_coco(tmp_path / "own", OVERLAPPING)
    for place in (tmp_path / json_at, tmp_path / images_at / "one.jpg"):
        place.parent.mkdir(parents=True, exist_ok=True)
    file.rename(tmp_path / json_at)
    Image.new("RGB", (11, 7)).save(tmp_path / images_at / "one.jpg")
    assert open_data(f"coco:{tmp_path}").frames == 1


def test_a_missing_image_is_named_or_left_out(tmp_path):
    images = [{"id": k, "file_name": f"{k}.jpg", "width": 11, "height": 7} for k in (1, 2)]
    write_coco(tmp_path, [], images=images)
    (tmp_path / "val2017" / "2.jpg").unlink()
    with pytest.raises(DataError, match=r"val2017.2\.jpg is listed in instances_val2017.json but is not on disk"):
        open_data(f"coco:{tmp_path}", split="val")
    left_out = LeftOut(skip=True)
    assert [video.name for video in open_data(f"coco:{tmp_path}", split="val", left_out=left_out).videos] == ["1"]
    assert len(left_out.items) == 1


def test_a_size_that_is_not_the_images_is_an_error_that_names_both(tmp_path):
    image = {"id": 1, "file_name": "one.jpg", "width": 12, "height": 7}
    write_coco(tmp_path, [], images=[image])
    video = open_data(f"coco:{tmp_path}", split="val").videos[0]
    with pytest.raises(DataError, match=r"instances_val2017.json, image one.jpg is 7x12 .* but its frame is 7x11"):
        video.pair(0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("classes=persn", "class 'persn' is none of its categories; did you mean person"),
        ("classes=cat+cat", "class 'cat' is given twice"),
        ("classes=cat+", "classes must be all, things, stuff, voc"),
        ("classes=stuff", "has no stuff among its categories"),
        ("overlap=size", "overlap must be one of area, order"),
        ("labels=both", "labels must be one of exclusive, multi"),
        ("images=nowhere", "images must be an existing folder"),
    ],
)
def test_options_that_make_no_sense_are_one_sentence(tmp_path, options, message):
    write_coco(tmp_path, OVERLAPPING)
    with pytest.raises(DataError, match=message):
        open_data(f"coco:{tmp_path},{options}", split="val")


def test_more_classes_than_labels_ask_for_a_choice(tmp_path):
    write_coco(tmp_path, [], categories=[{"id": k, "name": f"c{k}"} for k in range(1203)])
    with pytest.raises(DataError, match="1203 classes, and a pixel's label has room for 254"):
        open_data(f"coco:{tmp_path}", split="val")
    assert len(open_data(f"coco:{tmp_path},labels=multi", split="val").classes) == 1203


def test_a_split_without_its_json_is_reported_with_those_there_are(tmp_path):
    write_coco(tmp_path, [])
    with pytest.raises(DataError, match="no json of instances for train; .*: instances_val2017.json"):
        open_data(f"coco:{tmp_path}")
    with pytest.raises(DataError, match="is of val, as its name says, and not of train"):
        open_data(f"coco:{tmp_path / 'annotations' / 'instances_val2017.json'}")


def test_keypoints_and_captions_are_not_taken_for_masks(shared_data):
    for name, what in (("captions_val2017", "captions"), ("person_keypoints_val2017", "keypoints")):
        file = shared_data / "coco" / "tiny_coco" / "annotations" / f"{name}.json"
        with pytest.raises(DataError, match=f"{name}.json holds {what}.*give COCO's instances"):
            open_data(f"coco:{file}", split="val")


def test_stuff_comes_from_its_own_json(tmp_path):
    stuff = [{"id": 92, "name": "banner"}, {"id": 183, "name": "other"}]
    write_coco(tmp_path, [annotation(1, 1, 92, square(0, 0, 2))], categories=stuff).rename(
        tmp_path / "annotations" / "stuff_val2017.json"
    )
    write_coco(tmp_path, OVERLAPPING)
    assert open_data(f"coco:{tmp_path},classes=stuff", split="val").classes == ("background", "banner", "other")
    assert open_data(f"coco:{tmp_path},classes=things", split="val").classes == ("background", "person", "car", "cat")


def test_the_json_is_read_once_for_all_sets_that_share_it(tmp_path):
    file = write_coco(tmp_path, OVERLAPPING)
    first = open_data(f"coco:{tmp_path}", split="val")
    second = open_data(f"coco:{tmp_path},classes=car", split="val")
    indices = [data.videos[0].masks._painter.index for data in (first, second)]
    assert indices[0] is indices[1]
    file.write_text(json.dumps(json.loads(file.read_text()) | {"categories": [*CATEGORIES, {"id": 5, "name": "new"}]}))
    assert "new" in open_data(f"coco:{tmp_path}", split="val").classes
