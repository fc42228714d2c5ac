"""Mapillary Vistas, laid out by hand as its README says."""

import json

import cv2
import numpy as np
import pytest

from seqseg.data import VOID, LeftOut, open_data
from seqseg.errors import DataError

LABELS = [("Bird", True), ("Road", True), ("Ego Vehicle", False), ("Sky", True), ("Unlabeled", False)]


def config(path, labels=LABELS):
    entries = [
        {"name": f"x--{name.lower()}", "readable": name, "color": [index, 7, 9], "evaluate": counts, "instances": True}
        for index, (name, counts) in enumerate(labels)
    ]
    path.write_text(json.dumps({"labels": entries, "version": "2.0"}))


def image(root, name, mask, *, split="training", kind="labels"):
    for path, pixels in ((root / split / "images" / f"{name}.jpg", np.zeros((3, 5, 3), np.uint8)),
                         (root / split / kind / f"{name}.png", mask)):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), pixels)


@pytest.mark.parametrize(("name", "folder"), [("config.json", ""), ("config_v2.0.json", "v2.0/"),
                                              ("config_v1.2.json", "v1.2/")])  # fmt: skip
def test_labels_and_instances_of_each_version_give_the_classes_that_count(tmp_path, name, folder):
    config(tmp_path / name)
    values = np.array([[0, 1, 2, 3, 4]])
    image(tmp_path, "a", values.astype(np.uint8), kind=f"{folder}labels")
    image(tmp_path, "a", (values * 256 + 17).astype(np.uint16), kind=f"{folder}instances")
    for kind in ("labels", "instances"):
        data = open_data(f"mapillary:{tmp_path},labels={kind}")
        assert data.classes == ("Bird", "Road", "Sky")
        assert data.palette.tolist() == [[0, 7, 9], [1, 7, 9], [3, 7, 9]]
        assert data.videos[0].mask(0).tolist() == [[0, 1, VOID, 2, VOID]]


def test_the_newest_version_is_taken_and_another_can_be_asked_for(tmp_path):
    config(tmp_path / "config_v1.2.json", LABELS[:2])
    config(tmp_path / "config_v2.0.json")
    for version in ("v1.2", "v2.0"):
        image(tmp_path, "a", np.zeros((1, 5), np.uint8), kind=f"{version}/labels")
    assert len(open_data(f"mapillary:{tmp_path}").classes) == 3
    assert len(open_data(f"mapillary:{tmp_path},version=v1.2").classes) == 2


def test_splits_are_the_folders(tmp_path):
    config(tmp_path / "config.json")
    image(tmp_path, "a", np.zeros((3, 5), np.uint8))
    image(tmp_path, "b", np.zeros((3, 5), np.uint8), split="validation")
    assert [video.name for video in open_data(f"mapillary:{tmp_path}", split="val").videos] == ["b"]
    assert open_data(f"mapillary:{tmp_path}", split="all").frames == 2


def test_what_is_missing_or_strange_is_reported(tmp_path):
    with pytest.raises(DataError, match=r"none of config_v2.0.json, config_v1.2.json, config.json is in it"):
        open_data(f"mapillary:{tmp_path}")
    for text in ("", "[]", '{"labels": [{}]}', '{"labels": 3}', '{"labels": []}'):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(DataError, match=r"config\.json"):
            open_data(f"mapillary:{tmp_path}")
    config(tmp_path / "config.json")
    with pytest.raises(DataError, match="has no images in training/images/"):
        open_data(f"mapillary:{tmp_path}")
    for name in ("a", "b"):
        image(tmp_path, name, np.zeros((3, 5), np.uint8))
    (tmp_path / "training/labels/a.png").unlink()
    with pytest.raises(DataError, match="a.jpg has no mask"):
        open_data(f"mapillary:{tmp_path}")
    left_out = LeftOut(skip=True)
    assert open_data(f"mapillary:{tmp_path}", left_out=left_out).frames == len(left_out.items) == 1
