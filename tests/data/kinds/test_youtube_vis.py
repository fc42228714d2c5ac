"""YouTube-VIS' layout, by hand."""

import json

import cv2
import numpy as np
import pytest

from seqseg.data import LeftOut, open_data
from seqseg.errors import DataError


def video(identity, name):
    files = [f"{name}/{frame:05d}.jpg" for frame in (0, 5)]
    return {"id": identity, "height": 6, "width": 8, "length": 2, "file_names": files}


def layout(root, images, file, videos, *, labelled=True):
    held = {"videos": videos, "categories": [{"id": 1, "name": "fish"}]}
    if labelled:
        box = {"size": [6, 8], "counts": [12, 6, 30]}
        held["annotations"] = [
            {"id": one["id"], "video_id": one["id"], "category_id": 1, "segmentations": [None, box]} for one in videos
        ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(held))
    for one in videos:
        for name in one["file_names"]:
            (images / name).parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(images / name), np.full((6, 8, 3), one["id"], np.uint8))


@pytest.mark.parametrize("file", ["train/instances.json", "train.json"])
def test_videos_and_their_objects(tmp_path, file):
    layout(tmp_path, tmp_path / "train" / "JPEGImages", tmp_path / file, [video(1, "a"), video(2, "b")])
    data = open_data(f"youtube_vis:{tmp_path}")
    assert [(one.name, len(one), one.labelled) for one in data.videos] == [("a", 2, (0, 1)), ("b", 2, (0, 1))]
    expected = np.zeros((6, 8), np.uint8)
    expected[:, 2] = 1  # counts go down the columns: two of six are off, the third is on
    np.testing.assert_array_equal(data.videos[1].mask(1), expected)
    assert data.classes == ("background", "fish")


def test_the_published_validation_has_no_labels(tmp_path):
    layout(tmp_path, tmp_path / "valid/JPEGImages", tmp_path / "valid/instances.json", [video(1, "a")], labelled=False)
    with pytest.raises(DataError, match="has no mask in its val split"):
        open_data(f"youtube_vis:{tmp_path}", split="val")
    assert open_data(f"youtube_vis:{tmp_path}", split="all").videos[0].labelled == ()
    with pytest.raises(DataError, match="has no train split; there are: val"):
        open_data(f"youtube_vis:{tmp_path}")


def test_missing_frames_and_no_set_at_all_are_reported(tmp_path):
    with pytest.raises(DataError, match="no YouTube-VIS at"):
        open_data(f"youtube_vis:{tmp_path}")
    layout(tmp_path, tmp_path / "train/JPEGImages", tmp_path / "train.json", [video(1, "a"), video(2, "b")])
    (tmp_path / "train/JPEGImages/a/00005.jpg").unlink()
    with pytest.raises(DataError, match=r"names a/00005.jpg, which is not in"):
        open_data(f"youtube_vis:{tmp_path}")
    left_out = LeftOut(skip=True)
    assert [one.name for one in open_data(f"youtube_vis:{tmp_path}", left_out=left_out).videos] == ["b"]
