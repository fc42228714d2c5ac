"""COCO's json, damaged and inconsistent: one sentence that names the file, or left out and listed."""

import json

import pytest

from seqseg.data import LeftOut, open_data
from seqseg.data.left_out import STRICT
from seqseg.data.objects.annotations import read_coco
from seqseg.errors import DataError
from tests.data.coco_sets import CATEGORIES, annotation, square, write_coco

RUNS = {"size": [7, 11], "counts": [0, 28, 49]}
BAD_ANNOTATIONS = {
    "has a polygon of 2 numbers": annotation(5, 1, 1, [3.0, 4.0]),
    "has a polygon of 4 numbers": annotation(5, 1, 1, [3.0, 4.0, 5.0, 5.0]),  # pycocotools takes it for a box
    "has a polygon of 7 numbers": annotation(5, 1, 1, [*square(0, 0, 2)[:6], 1.0]),
    "has a polygon that reaches from 0 to 1e+09": annotation(5, 1, 1, [0, 0, 1e9, 0, 5, 5]),
    "has a polygon that reaches from nan": annotation(5, 1, 1, [float("nan"), 0, 4, 0, 5, 5]),
    "has polygons that are not lists of numbers": annotation(5, 1, 1, [["a", 0, 4, 0, 5, 5]]),
    "has no polygon and no run lengths": annotation(5, 1, 1, []),
    "has run lengths for 76 pixels, but its size is 7x11": annotation(5, 1, 1, RUNS | {"counts": [0, 28, 48]}),
    "has run lengths for 1000000000000077 pixels": annotation(5, 1, 1, RUNS | {"counts": [0, 10**15, 77]}),
    "has run lengths that are no whole numbers": annotation(5, 1, 1, RUNS | {"counts": [-1, 28, 50]}),
    "has run lengths of size [11, 7], but its image one.jpg is [7, 11]": annotation(5, 1, 1, RUNS | {"size": [11, 7]}),
    "has run lengths of size [70000, 70000]": annotation(5, 1, 1, RUNS | {"size": [70000, 70000]}),
    "has run lengths of size 3": annotation(5, 1, 1, RUNS | {"size": 3}),
    "has run lengths of size None": annotation(5, 1, 1, {"counts": [77]}),
    "has run lengths that are not COCO's text": annotation(5, 1, 1, RUNS | {"counts": "\u00ff!"}),
    "has run lengths for 9 pixels": annotation(5, 1, 1, RUNS | {"counts": "9"}),
    "has run lengths that are cut": annotation(5, 1, 1, RUNS | {"counts": "n"}),
    "has category_id 99, which is none of the 3 categories": annotation(5, 1, 99, square(0, 0, 2)),
    "has category_id None": annotation(5, 1, None, square(0, 0, 2)),
    "is of image 77, which the file does not list": annotation(5, 77, 1, square(0, 0, 2)),
    "is of image [1], which the file does not list": annotation(5, [1], 1, square(0, 0, 2)),
    "has the id of another": annotation(1, 1, 1, square(0, 0, 2)),
    "has no plain id": annotation([7], 1, 1, square(0, 0, 2)),
    "has no segmentation or no image_id": {"id": 5, "category_id": 1, "image_id": 1, "bbox": [0, 0, 3, 3]},
}


@pytest.mark.parametrize("message", BAD_ANNOTATIONS)
def test_an_annotation_that_cannot_be_painted_is_named_or_left_out_with_its_image(tmp_path, message):
    """What is lost would be background in its image, which would be a wrong label."""
    good = [annotation(1, 1, 1, square(0, 0, 3)), annotation(2, 2, 1, square(0, 0, 3))]
    images = [image(id=1, file_name="one.jpg"), image()]
    write_coco(tmp_path, [*good, BAD_ANNOTATIONS[message]], images=images)
    with pytest.raises(DataError, match=r"instances_val2017.json: annotation ") as caught:
        open_data(f"coco:{tmp_path}", split="val")
    assert message in str(caught.value) and "\n" not in str(caught.value)
    left_out = LeftOut(skip=True)
    videos = open_data(f"coco:{tmp_path}", split="val", left_out=left_out).videos
    assert [video.name for video in videos] == (["one", "two"] if message.startswith("is of image") else ["two"])
    assert videos[-1].mask(0).sum() == 9 and len(left_out.items) == 1


def image(**other):
    return {"id": 2, "file_name": "two.jpg", "width": 11, "height": 7} | other


BAD_IMAGES = {
    "has no id or no file_name": image(id=None),
    "has the size 0 x 11": image(height=0),
    "has the size '7' x 11": image(height="7"),
    "says that it is 1000000x1000000, more pixels": image(height=10**6, width=10**6),
    "leads out of the folder": image(file_name="../../etc/passwd"),
    "has the file_name '/etc/passwd'": image(file_name="/etc/passwd"),
    "is there twice, as one.jpg and two.jpg": image(id=1),
    "has the file_name one.jpg of another": image(file_name="one.jpg"),
    "image None has no id": "two.jpg",
}


@pytest.mark.parametrize("message", BAD_IMAGES)
def test_an_image_that_cannot_be_is_named_or_left_out(tmp_path, message):
    file = write_coco(tmp_path, [])
    file.write_text(
        json.dumps({"images": [image(id=1, file_name="one.jpg"), BAD_IMAGES[message]], "categories": CATEGORIES})
    )
    with pytest.raises(DataError, match=r"instances_val2017.json: image ") as caught:
        open_data(f"coco:{tmp_path}", split="val")
    assert message in str(caught.value)
    left_out = LeftOut(skip=True)
    assert open_data(f"coco:{tmp_path}", split="val", left_out=left_out).frames == len(left_out.items) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no json"),
        (b'{"images": [', "is no json"),
        (b"\xff\xfe", "is no json"),
        (b"[" * 100_000, "is no json"),
        (b"[1, 2]", "has no list of images"),
        (b'{"images": 3}', "has no list of images"),
        (b'{"images": []}', "has no categories"),
        (b'{"images": [], "categories": [3]}', "has the category 3, which needs an id and a name"),
        (b'{"images": [], "categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}', "category 1 'b' twice"),
        (b'{"images": [], "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}]}', "category 2 'a' twice"),
        (b'{"images": [], "categories": [{"id": 1, "name": "a"}], "annotations": 3}', "its annotations are no list"),
        (b'{"images": [], "categories": 3}', "has no categories"),
        (b'{"images": [], "videos": [], "annotations": []}', "holds videos"),
        (b'{"images": [], "annotations": [{"segments_info": []}]}', "holds panoptic segments"),
    ],
)
def test_a_file_that_is_not_cocos_json_is_one_sentence_that_names_it(tmp_path, content, message):
    (tmp_path / "val.json").write_bytes(content)
    with pytest.raises(DataError, match=r"val\.json") as caught:
        read_coco(tmp_path / "val.json", STRICT)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_problems_are_reported_to_everyone_who_opens_the_file(tmp_path):
    write_coco(tmp_path, [annotation(5, 1, 1, [3.0, 4.0])], images=[image(id=1, file_name="one.jpg"), image()])
    lists = [LeftOut(skip=True), LeftOut(skip=True)]
    sets = [open_data(f"coco:{tmp_path}", split="val", left_out=one) for one in lists]
    assert [len(one.items) for one in lists] == [1, 1] and len(sets) == 2
