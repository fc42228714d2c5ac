"""One broken item in a sound set of every kind: named, or with --skip-bad left out and the rest read right."""

import pytest

from seqseg.errors import DataError
from streams.errors import SourceError
from tests.data import sound_sets as sound
from tests.data.bad_input.breaking import (
    JSON,
    VIS,
    annotation,
    coco_image,
    cut,
    empty,
    fewer_masks,
    fewer_pages,
    one_more,
    pipe,
    put_line,
    remove,
    to_nothing,
)
from tests.data.sound_sets import FRAMES, change_json, in_time, read_all, require_right, without_broken

EVERY = {
    "list": sound.write_list, "movies": sound.write_movies, "tiff": sound.write_stacks, "coco": sound.write_coco,
    "voc": sound.write_voc, "sbd": sound.write_sbd, "camvid": sound.write_camvid, "cdnet": sound.write_cdnet,
    "davis": sound.write_davis, "cityscapes": sound.write_cityscapes, "mapillary": sound.write_mapillary,
    "ctc": sound.write_cells, "youtube_vis": sound.write_youtube_vis, "records": sound.write_records,
}  # fmt: skip


@pytest.mark.parametrize("kind", EVERY)
def test_a_sound_set_is_read_right_and_nothing_is_left_out(tmp_path, kind):
    source = EVERY[kind](_folder(tmp_path))
    frames, labels = require_right(read_all(source))
    assert frames == labels >= FRAMES
    assert without_broken(source)[1] == []


# (kind, what is wrong) -> (the file, what is done to it, what the message must hold or None for the file, frames left)
ITEMS = {
    ("list", "a line that climbs"): ("list.csv", put_line(3, "../images/2.png,masks/2.png,v,2"), "line 4 of", 5),
    ("list", "a line that climbs later"): ("list.csv", put_line(3, "images/../../2.png,,v,2"), "line 4 of", 5),
    ("list", "a file that is not there"): ("list.csv", put_line(3, "images/77.png,masks/2.png,v,2"), "line 4 of", 5),
    ("list", "a mask that is not there"): ("list.csv", put_line(3, "images/2.png,masks/77.png,v,2"), "line 4 of", 5),
    ("list", "a cell too few"): ("list.csv", put_line(3, "images/2.png,masks/2.png,v"), "line 4 of", 5),
    ("list", "a cell too many"): ("list.csv", put_line(3, "images/2.png,masks/2.png,v,2,9"), "line 4 of", 5),
    ("list", "no image"): ("list.csv", put_line(3, ",masks/2.png,v,2"), "line 4 of", 5),
    ("list", "a frame that is no number"): ("list.csv", put_line(3, "images/2.png,masks/2.png,v,two"), "line 4 of", 5),
    ("list", "a cut image"): ("images/2.png", cut, None, 5),
    ("list", "a pipe"): ("images/2.png", pipe, None, 5),
    ("movies", "a cut mask movie"): ("a_mask.mkv", cut, "a_mask.mkv", 6),
    ("movies", "a mask movie with a frame too few"): ("a_mask.mkv", fewer_masks, "a_mask.mkv", 6),
    ("movies", "an empty movie"): ("a.mkv", empty, "a.mkv", 6),
    ("movies", "an empty mask movie"): ("a_mask.mkv", empty, "a_mask.mkv", 6),
    ("movies", "a pipe"): ("a.mkv", pipe, "a.mkv", 6),
    ("movies", "a pipe of masks"): ("a_mask.mkv", pipe, None, 12),
    ("tiff", "a cut stack"): ("a.tif", cut, None, 6),
    ("tiff", "a cut stack of masks"): ("a_mask.tif", cut, None, 6),
    ("tiff", "a stack with pages too few"): ("a_mask.tif", fewer_pages, None, 6),
    ("tiff", "an empty stack"): ("a.tif", empty, None, 6),
    ("tiff", "a link to nothing"): ("a.tif", to_nothing, None, 6),
    ("tiff", "a pipe"): ("a.tif", pipe, None, 6),
    ("coco", "an unknown category"): (JSON, annotation(2, category_id=99), "annotation 3 has category_id 99", 5),
    ("coco", "an id that is there twice"): (JSON, annotation(2, id=1), "annotation 1 has the id of another", 5),
    ("coco", "an image that is not listed"): (JSON, one_more(image_id=77), "annotation 99 is of image 77", 6),
    ("coco", "a polygon of NaN"): (JSON, annotation(2, segmentation=[[0, 0, float("nan"), 1, 2, 3]]), "annotation", 5),
    ("coco", "a polygon of infinity"): (JSON, annotation(2, segmentation=[[0, 0, float("inf"), 1, 2, 3]]), "annot", 5),
    ("coco", "a polygon of words"): (JSON, annotation(2, segmentation=[["a", "b"]]), "annotation 3", 5),
    ("coco", "a polygon of two points"): (JSON, annotation(2, segmentation=[[0, 0, 3, 3]]), "annotation 3", 5),
    ("coco", "a polygon far outside"): (JSON, annotation(2, segmentation=[[0, 0, 1e9, 0, 1e9, 1e9]]), "annot", 5),
    ("coco", "no shape"): (JSON, annotation(2, segmentation=[]), "annotation 3", 5),
    ("coco", "run lengths too short"): (JSON, annotation(3, segmentation={"size": [9, 14], "counts": [3]}), "annot", 5),
    ("coco", "negative run lengths"): (
        JSON, annotation(3, segmentation={"size": [9, 14], "counts": [200, -74]}), "annotation 4", 5),
    ("coco", "run lengths of another size"): (
        JSON, annotation(3, segmentation={"size": [14, 9], "counts": [126]}), "annotation 4", 5),
    ("coco", "an image of another size"): (JSON, coco_image(1, height=99), "1.png", 5),
    ("coco", "an image of no size"): (JSON, coco_image(1, height=0), "image 1", 5),
    ("coco", "a bomb of an image"): (JSON, coco_image(1, height=50_000, width=50_000), "image 1", 5),
    ("coco", "an image id that is there twice"): (JSON, coco_image(1, id=0), "image 0 is there twice", 5),
    ("coco", "a name that climbs"): (JSON, coco_image(1, file_name="../../1.png"), "leads out of the folder", 5),
    ("coco", "an absolute name"): (JSON, coco_image(1, file_name="/etc/passwd"), "leads out of the folder", 5),
    ("coco", "an image that is not there"): ("val2017/2.png", remove, None, 5),
    ("coco", "a cut image"): ("val2017/2.png", cut, None, 5),
    ("voc", "a missing image"): ("JPEGImages/2.jpg", remove, None, 5),
    ("voc", "a missing mask"): ("SegmentationClass/2.png", remove, None, 5),
    ("voc", "a cut image"): ("JPEGImages/2.jpg", cut, None, 5),
    ("voc", "a cut mask"): ("SegmentationClass/2.png", cut, None, 5),
    ("voc", "a name that is there twice"): ("ImageSets/Segmentation/val.txt", put_line(3, "2"), "2 twice", 5),
    ("voc", "a name that climbs"): ("ImageSets/Segmentation/val.txt", put_line(3, "../3"), "no plain name", 5),
    ("voc", "a pipe"): ("JPEGImages/2.jpg", pipe, None, 5),
    ("sbd", "a cut label"): ("cls/2.mat", cut, None, 5),
    ("sbd", "an empty label"): ("cls/2.mat", empty, None, 5),
    ("sbd", "a missing label"): ("cls/2.mat", remove, None, 5),
    ("sbd", "a pipe"): ("cls/2.mat", pipe, None, 5),
    ("camvid", "a missing mask"): ("valannot/0016E5_00002.png", remove, None, 5),
    ("camvid", "a cut mask"): ("valannot/0016E5_00002.png", cut, None, 6),
    ("camvid", "a cut image"): ("val/0016E5_00002.png", cut, None, 5),
    ("camvid", "a name without a number"): (
        "val/0016E5_00002.png", lambda path: path.rename(path.with_name("frame.png")), "frame.png", 5),
    ("cdnet", "a missing mask"): ("groundtruth/gt000002.png", remove, None, 6),
    ("cdnet", "a cut mask"): ("groundtruth/gt000002.png", cut, None, 6),
    ("cdnet", "an empty image"): ("input/in000002.png", empty, None, 5),
    ("davis", "a cut mask"): ("Annotations/480p/bear/00002.png", cut, None, 12),
    ("davis", "the first mask is cut"): ("Annotations/480p/bear/00000.png", cut, None, 12),
    ("davis", "a sequence that is not there"): ("ImageSets/2017/val.txt", put_line(0, "wolf"), "wolf", 6),
    ("davis", "a cut image"): ("JPEGImages/480p/cow/00002.png", cut, None, 11),
    ("cityscapes", "a cut label"): ("gtFine/val/aachen/aachen_000000_000002_gtFine_labelIds.png", cut, None, 5),
    ("cityscapes", "a strange name"): (
        "leftImg8bit/val/aachen/aachen_000000_000002_leftImg8bit.png",
        lambda path: path.rename(path.with_name("holiday.png")), "holiday.png", 5),
    ("mapillary", "a missing mask"): ("validation/labels/2.png", remove, None, 5),
    ("mapillary", "a cut image"): ("validation/images/2.png", cut, None, 5),
    ("ctc", "a cut image"): ("01/t002.tif", cut, None, 5),
    ("ctc", "a cut mask"): ("01_GT/SEG/man_seg002.tif", cut, None, 6),
    ("youtube_vis", "a missing frame"): ("valid/JPEGImages/a/00002.png", remove, "a/00002.png", 6),
    ("youtube_vis", "a cut frame"): ("valid/JPEGImages/a/00002.png", cut, None, 11),
    ("youtube_vis", "run lengths of another size"): (
        VIS, lambda path: change_json(path, lambda held: held["annotations"][0]["segmentations"].__setitem__(
            2, {"size": [14, 9], "counts": [126]})), "annotation 0", 12),
    ("records", "a missing shard"): ("all-00001-of-00003.array_record", remove, None, 12),
    ("records", "a cut shard"): ("all-00001-of-00003.array_record", cut, None, 12),
    ("records", "an empty shard"): ("all-00001-of-00003.array_record", empty, None, 12),
    ("records", "a link to nothing"): ("all-00001-of-00003.array_record", to_nothing, None, 12),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "wrong"), ITEMS)
def test_a_broken_item_is_named_or_left_out_and_the_rest_is_right(tmp_path, kind, wrong):
    root = _folder(tmp_path)
    name, change, said, left = ITEMS[kind, wrong]
    source = EVERY[kind](root)
    change(root / name)
    said = said or str(root / name)
    with pytest.raises((DataError, SourceError)) as raised:
        in_time(read_all, source)
    message = str(raised.value)
    assert said in message and "--skip-bad" in message and len(message.splitlines()) == 1
    data, items = in_time(without_broken, source)
    assert any(said in item for item in items)
    assert require_right(data)[0] == left


def _folder(tmp_path):
    (tmp_path / "set").mkdir()
    return tmp_path / "set"
