"""Folders of images and masks."""

import os
import shutil
import time

import cv2
import numpy as np
import pytest

from seqseg.data import VOID, LeftOut, open_data
from seqseg.errors import DataError

LABELS = np.zeros((9, 13), np.uint8)
LABELS[2:5], LABELS[7:] = 1, 255


def write(path, pixels=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((9, 13, 3), 50, np.uint8) if pixels is None else pixels)


def fill(folder, names, *, images="images", masks="masks", ending=""):
    for name in names:
        write(folder / images / f"{name}.jpg")
        write((folder / masks / name).with_name(f"{(folder / name).name}{ending}.png"), LABELS)


def names_and_lengths(data):
    return {video.name: len(video) for video in data.videos}


def test_a_sub_folder_is_a_video(tmp_path):
    fill(tmp_path, [f"{video}/{number}" for video in ("b", "a", "c") for number in (1, 2)])
    assert names_and_lengths(open_data(f"folders:{tmp_path}", split="all")) == {"a": 2, "b": 2, "c": 2}
    assert names_and_lengths(open_data(f"folders:{tmp_path}", split="val")) == {"c": 2}


def test_images_side_by_side_are_one_video_in_natural_order(tmp_path):
    fill(tmp_path, ["f10", "f9", "f1"])
    video = open_data(f"folders:{tmp_path}", split="all").videos[0]
    assert [path.stem for path in video.frames.paths] == ["f1", "f9", "f10"]


@pytest.mark.parametrize(
    ("images", "masks", "ending"),
    [
        ("frames", "labels", ""),
        ("JPEGImages", "SegmentationClass", ""),
        ("imgs", "gts", "_gt"),
        ("input", "mask", "_mask"),
    ],
)
def test_the_usual_names_are_understood(tmp_path, images, masks, ending):
    fill(tmp_path, ["1", "2"], images=images, masks=masks, ending=ending)
    np.testing.assert_array_equal(open_data(f"folders:{tmp_path}", split="all").videos[0].mask(1), LABELS)


def test_train_and_val_folders_are_the_splits(tmp_path):
    fill(tmp_path / "train", ["a/1", "a/2", "b/1"])
    fill(tmp_path / "val", ["c/1"])
    assert names_and_lengths(open_data(f"folders:{tmp_path}")) == {"a": 2, "b": 1}
    assert names_and_lengths(open_data(f"folders:{tmp_path}", split="val")) == {"c": 1}
    assert names_and_lengths(open_data(f"folders:{tmp_path}", split="all")) == {"a": 2, "b": 1, "c": 1}


def test_splits_may_be_inside_images_and_masks(tmp_path):
    fill(tmp_path, ["train/1", "train/2", "val/3"])
    assert open_data(f"folders:{tmp_path}").frames == 2
    assert open_data(f"folders:{tmp_path}", split="val").frames == 1


def test_an_own_val_split_is_stated(tmp_path):
    fill(tmp_path, [str(number) for number in range(10)])
    data = open_data(f"folders:{tmp_path}", split="val")
    assert data.frames == 2
    assert any("frames 8–9" in note for note in data.notes)


def test_without_a_test_folder_there_is_no_test_split(tmp_path):
    fill(tmp_path, ["1", "2"])
    with pytest.raises(DataError, match="no test split"):
        open_data(f"folders:{tmp_path}", split="test")


def test_frames_between_labels_are_unlabelled(tmp_path):
    fill(tmp_path, ["1", "2", "3"])
    (tmp_path / "masks" / "2.png").unlink()
    video = open_data(f"folders:{tmp_path}", split="all").videos[0]
    assert video.labelled == (0, 2)
    assert (video.mask(1) == VOID).all()


def test_classes_are_inferred_from_the_values_and_that_is_said(tmp_path):
    fill(tmp_path, ["1", "2"])
    data = open_data(f"folders:{tmp_path}")
    assert data.classes == ("0", "1")
    assert any("inferred" in note for note in data.notes)


def test_classes_txt_names_them(tmp_path):
    fill(tmp_path, ["1", "2"])
    (tmp_path / "classes.txt").write_text("water\nice\n")
    assert open_data(f"folders:{tmp_path}").classes == ("water", "ice")


def test_two_valued_masks_need_to_be_reported_what_255_is(tmp_path):
    fill(tmp_path, ["1", "2"])
    for name in ("1", "2"):
        write(tmp_path / "masks" / f"{name}.png", np.where(LABELS == 1, 255, 0).astype(np.uint8))
    with pytest.raises(DataError, match=r"write folders:.*,foreground=255"):
        open_data(f"folders:{tmp_path}")
    mask = open_data(f"folders:{tmp_path},foreground=255").videos[0].mask(0)
    np.testing.assert_array_equal(mask, LABELS == 1)
    (tmp_path / "classes.txt").write_text("water\nice\n")
    with pytest.raises(DataError, match="as in: object 255"):
        open_data(f"folders:{tmp_path}")


def test_davis_is_read_in_its_own_layout(shared_data):
    data = open_data(f"folders:{shared_data / 'davis'},foreground=255", split="all")
    assert (len(data.videos), data.frames, data.classes) == (8, 445, ("background", "object"))


def test_masks_that_number_things_are_objects_when_asked(shared_data):
    data = open_data(f"folders:{shared_data / 'cells'},foreground=any", split="all")
    assert set(np.unique(data.videos[0].mask(3))) == {0, 1}


@pytest.mark.parametrize("option", ["foreground=0", "foreground=white"])
def test_a_wrong_value_of_an_option_is_reported(tmp_path, option):
    with pytest.raises(DataError, match="foreground=N"):
        open_data(f"folders:{tmp_path},{option}")


def test_images_without_any_mask_are_an_error(tmp_path):
    write(tmp_path / "images" / "1.png")
    with pytest.raises(DataError, match="has images in images/ but no masks"):
        open_data(f"folders:{tmp_path}")
    (tmp_path / "masks").mkdir()
    with pytest.raises(DataError, match="1 images and no masks at all"):
        open_data(f"folders:{tmp_path}")


def test_masks_of_other_names_are_an_error_that_shows_both(tmp_path):
    write(tmp_path / "images" / "in1.png")
    write(tmp_path / "masks" / "out1.png", LABELS)
    with pytest.raises(DataError, match=r"\(out1.png against in1.png\)"):
        open_data(f"folders:{tmp_path}")


def test_missing_and_empty_folders_are_reported(tmp_path):
    with pytest.raises(DataError, match="there is no folder .*gone"):
        open_data(f"folders:{tmp_path / 'gone'}")
    with pytest.raises(DataError, match="has no images/ folder"):
        open_data(f"folders:{tmp_path}")
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    with pytest.raises(DataError, match="has no images; put"):
        open_data(f"folders:{tmp_path}")


def test_coloured_masks_need_colours(tmp_path):
    write(tmp_path / "images" / "1.png")
    coloured = np.zeros((9, 13, 3), np.uint8)
    coloured[3:] = (30, 20, 10)  # cv2 writes blue first
    write(tmp_path / "masks" / "1.png", coloured)
    with pytest.raises(DataError, match="1.png holds colours"):
        open_data(f"folders:{tmp_path}")
    (tmp_path / "classes.txt").write_text("nothing 0 0 0\nthing 10 20 30\n")
    mask = open_data(f"folders:{tmp_path}", split="all").videos[0].mask(0)
    assert mask[0, 0] == 0 and mask[8, 0] == 1


def test_masks_may_be_npy(tmp_path):
    fill(tmp_path, ["1", "2"])
    for name in ("1", "2"):
        (tmp_path / "masks" / f"{name}.png").unlink()
        np.save(tmp_path / "masks" / f"{name}.npy", LABELS.astype(np.int64))
    np.testing.assert_array_equal(open_data(f"folders:{tmp_path}", split="all").videos[0].mask(1), LABELS)


def test_numbers_of_single_things_are_divided(tmp_path):
    fill(tmp_path, ["1", "2"])
    numbers = np.where(LABELS == 1, 2003, np.where(LABELS == 0, 7, 1999)).astype(np.uint16)
    for name in ("1", "2"):
        write(tmp_path / "masks" / f"{name}.png", numbers)
    mask = open_data(f"folders:{tmp_path},instances=1000", split="all").videos[0].mask(0)
    np.testing.assert_array_equal(mask, numbers // 1000)
    (tmp_path / "classes.txt").write_text("sea 0\nice 2003\nvoid 1999\nfog 7\n")
    np.testing.assert_array_equal(open_data(f"folders:{tmp_path}", split="all").videos[0].mask(0), np.choose(
        np.searchsorted([7, 1999, 2003], numbers), [2, VOID, 1]
    ))  # fmt: skip
    with pytest.raises(DataError, match="exclude each other"):
        open_data(f"folders:{tmp_path},instances=1000,foreground=any")


def test_two_images_of_one_name_are_reported(tmp_path):
    fill(tmp_path, ["a", "b"])
    write(tmp_path / "images" / "a.png")
    with pytest.raises(DataError, match="has a.jpg and a.png, which name one frame"):
        open_data(f"folders:{tmp_path}")
    left_out = LeftOut(skip=True)
    assert open_data(f"folders:{tmp_path}", split="all", left_out=left_out).frames == 2
    assert len(left_out.items) == 1


def test_links_in_a_circle_end_and_linked_videos_are_read(tmp_path):
    fill(tmp_path / "elsewhere", ["1", "2"])
    fill(tmp_path / "set", ["a/1"])
    for kind in ("images", "masks"):
        (tmp_path / "set" / kind / "b").symlink_to(tmp_path / "elsewhere" / kind, target_is_directory=True)
        (tmp_path / "set" / kind / "a" / "up").symlink_to(tmp_path / "set" / kind, target_is_directory=True)
    assert names_and_lengths(open_data(f"folders:{tmp_path / 'set'}", split="all")) == {"a": 1, "b": 2}


def test_names_that_are_no_text_are_read(tmp_path):
    fill(tmp_path, ["v/1", "v/2"])
    for kind in ("images", "masks"):
        (tmp_path / kind / "v").rename(tmp_path / kind / os.fsdecode(b"caf\xe9"))
    video = open_data(f"folders:{tmp_path}", split="all").videos[0]
    assert video.name == "caf�"
    np.testing.assert_array_equal(video.mask(1), LABELS)


@pytest.mark.slow
def test_a_hundred_thousand_frames_open_in_two_seconds(tmp_path):
    """In processor time, as other tests may run beside this one."""
    write(tmp_path / "one.png")
    write(tmp_path / "mask.png", LABELS)
    for kind, file in (("images", "one.png"), ("masks", "mask.png")):
        for video in range(100):
            folder = tmp_path / kind / f"v{video}"
            folder.mkdir(parents=True)
            shutil.copy(tmp_path / file, folder / "0.png")
            for frame in range(1, 1000):
                os.link(folder / "0.png", folder / f"{frame}.png")
    start = time.process_time()
    data = open_data(f"folders:{tmp_path}", split="all")
    assert time.process_time() - start < 2
    assert data.frames == 100_000 and data.classes == ("0", "1")
    assert any("from 256 of 100000 masks" in note for note in data.notes)
