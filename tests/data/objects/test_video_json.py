"""Objects of videos in json, painted and compared to pycocotools."""

import copy
import json

import numpy as np
import pytest
from pycocotools import mask as coco

from seqseg.data import VOID, LeftOut
from seqseg.data.objects.video_json import classes_of_json, painted, read_video_json
from seqseg.errors import DataError

HEIGHT, WIDTH = 23, 31


def rle(picture, *, compressed):
    runs = coco.encode(np.asfortranarray(picture.astype(np.uint8)))
    if compressed:
        return {"size": [HEIGHT, WIDTH], "counts": runs["counts"].decode()}
    flat = picture.flatten(order="F").astype(int)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat, [flat[-1] ^ 1]])))
    counts = np.diff(np.concatenate([[0], edges])).tolist()
    return {"size": [HEIGHT, WIDTH], "counts": counts}


def box(top, bottom, left, right):
    picture = np.zeros((HEIGHT, WIDTH), bool)
    picture[top:bottom, left:right] = True
    return picture


BIG, SMALL, CROWD = box(2, 15, 3, 20), box(5, 9, 6, 11), box(0, 23, 17, 31)
POLYGON = [4.0, 3.5, 25.0, 6.0, 12.5, 20.0]


def youtube_vis():
    return {
        "videos": [{"id": 7, "height": HEIGHT, "width": WIDTH, "length": 4,
                    "file_names": [f"bear/{frame:05d}.jpg" for frame in range(4)]}],
        "categories": [{"id": 3, "name": "bear"}, {"id": 1, "name": "fish"}],
        "annotations": [
            {"id": 1, "video_id": 7, "category_id": 1,
             "segmentations": [rle(SMALL, compressed=True), None, [POLYGON], None]},
            {"id": 2, "video_id": 7, "category_id": 3,
             "segmentations": [rle(BIG, compressed=False), rle(BIG, compressed=True), None, None]},
            {"id": 3, "video_id": 7, "category_id": 3, "iscrowd": 1,
             "segmentations": [rle(CROWD, compressed=True), None, None, None]},
        ],
    }  # fmt: skip


def write(tmp_path, held, name="objects.json"):
    (tmp_path / name).write_text(held if isinstance(held, str) else json.dumps(held))
    return tmp_path / name


def masks_of(file, frames=4):
    (video,) = read_video_json(file, LeftOut())
    classes, class_of_name = classes_of_json([video])
    return classes, painted(video, class_of_name, frames)


def test_each_frame_shows_its_objects_the_smaller_on_top_and_a_crowd_is_void(tmp_path):
    classes, masks = masks_of(write(tmp_path, youtube_vis()))
    assert classes.names == ("background", "fish", "bear")  # by their ids
    expected = np.where(CROWD, VOID, 0)
    expected[BIG], expected[SMALL] = 2, 1
    np.testing.assert_array_equal(masks[0], expected)
    np.testing.assert_array_equal(masks[1], 2 * BIG)
    np.testing.assert_array_equal(masks[2], coco.decode(coco.frPyObjects([POLYGON], HEIGHT, WIDTH))[..., 0])
    assert not masks[3].any() and masks.present == (True,) * 4


def test_listed_frames_of_a_longer_movie_are_those_their_names_number(tmp_path):
    held = youtube_vis()
    held["videos"][0]["file_names"] = [f"bear/{frame:05d}.jpg" for frame in (0, 5, 10, 15)]
    _, masks = masks_of(write(tmp_path, held), frames=20)
    assert [index for index, there in enumerate(masks.present) if there] == [0, 5, 10, 15]
    np.testing.assert_array_equal(masks[5], 2 * BIG)
    assert masks[4] is None


def test_cocos_images_are_the_frames_of_one_video(tmp_path):
    held = {
        "images": [{"id": 40 + frame, "file_name": f"f_{frame}.jpg", "height": HEIGHT, "width": WIDTH}
                   for frame in (10, 2, 1)],
        "categories": [{"id": 3, "name": "bear"}],
        "annotations": [{"id": 1, "image_id": 50, "category_id": 3, "iscrowd": 0, "segmentation": [POLYGON]}],
    }  # fmt: skip
    _, masks = masks_of(write(tmp_path, held), frames=3)
    assert [int(mask.max()) for mask in masks] == [0, 0, 1]
    _, masks = masks_of(write(tmp_path, held), frames=12)
    assert [index for index, there in enumerate(masks.present) if there] == [1, 2, 10]


def test_without_annotations_nothing_is_labelled(tmp_path):
    held = youtube_vis()
    del held["annotations"]
    assert masks_of(write(tmp_path, held))[1].present == (False,) * 4


SHAPES = ["annotations", 0, "segmentations"]


def changed(path, value):
    held = copy.deepcopy(youtube_vis())
    place = held
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return held


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ("", "is no json"),
        ("[" * 100_000, "is no json"),
        ("[]", "neither videos nor images"),
        ({"videos": [], "categories": []}, "neither videos nor images"),
        (changed(["categories"], []), "has no categories"),
        (changed(["videos", 0, "id"], None), "a video has no id"),
        (changed(["videos", 0, "length"], 9), "a video 7 says that it is 9 frames long but names 4"),
        (changed(["videos", 0, "height"], 0), "a video 7 has the size"),
        (changed(["videos", 0, "height"], 10**9), "more pixels than"),
        (changed(["videos", 0, "file_names"], ["../../x.jpg"] * 4), "leads out of the folder"),
        (changed(["annotations", 0, "video_id"], 8), "annotation 1 is of video 8"),
        (changed(["annotations", 0, "category_id"], 99), "annotation 1 has category_id 99"),
        (changed(SHAPES, [None]), "annotation 1 has 1 segmentations, but its video 4 frames"),
        (changed(SHAPES, 5), "annotation 1 has no segmentations"),
        (changed([*SHAPES, 1], [[1, 2]]), "annotation 1 in frame 1 has a polygon of 2 numbers"),
        (changed([*SHAPES, 1], [["a"] * 6]), "in frame 1 has polygons that are not lists"),
        (changed([*SHAPES, 1], {"size": [HEIGHT, WIDTH], "counts": [5]}), "in frame 1 has run"),
        (changed([*SHAPES, 1], {"size": [1, 1], "counts": [1]}), "in frame 1 has run lengths of size"),
        (changed(["annotations", 0], "nothing"), "annotation 0 has no segmentations"),
    ],
)  # fmt: skip
def test_json_that_lies_is_reported(tmp_path, held, said):
    with pytest.raises(DataError, match=said):
        read_video_json(write(tmp_path, held), LeftOut())


def test_what_lies_is_left_out_when_asked(tmp_path):
    left_out = LeftOut(skip=True)
    (video,) = read_video_json(write(tmp_path, changed(["annotations", 1, "category_id"], 99)), left_out)
    assert len(left_out.items) == 1
    assert {one.category for held in video.index.annotations.values() for one in held} == {1, 3}


def test_more_frames_than_the_movie_has_are_reported(tmp_path):
    with pytest.raises(DataError, match="lists 4 frames of bear, which has 3"):
        masks_of(write(tmp_path, youtube_vis()), frames=3)
