import json

import numpy as np
import pytest

from seqseg.data.drawn.writing.drawing import drawings_of
from seqseg.data.drawn.writing.writers import FORMATS, make_writer
from seqseg.data.inspection.recognising import recognise
from seqseg.data.opening import open_data
from seqseg.errors import DataError


def write_pictures(folder, form):
    """Two pictures with a square on each, in a tool's format."""
    mask = np.zeros((21, 33), np.uint8)
    mask[5:15, 7:20] = 1
    with make_writer(folder, {1: "cell"}, form=form) as writer:
        for name in ("a", "b"):
            writer.add(name, np.zeros((21, 33, 3), np.uint8), drawings_of(mask, [1]))
    return folder


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


VIA = {"a.png12": {"filename": "a.png", "size": 12, "regions": [], "file_attributes": {}}}


@pytest.mark.parametrize("form", FORMATS)
def test_what_a_tool_wrote_is_found_and_opens_as_that_kind(form, tmp_path):
    ((name, why),) = recognise(write_pictures(tmp_path / "a set, here", form))
    assert name == f'{form}:"{tmp_path}/a set, here"' and why
    assert len(open_data(name, split="all").videos) == 2


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (VIA, "via"),
        ({"_via_img_metadata": VIA, "_via_settings": {}}, "via"),
        ([{"id": 1, "data": {"image": "a.png"}, "annotations": []}], "label_studio"),
        ({"videos": [], "categories": [], "annotations": []}, "youtube_vis"),
        ({"version": "3.6.1", "shapes": [], "imagePath": "a.png"}, "labelme"),
    ],
)
def test_a_json_is_known_by_its_content(content, kind, tmp_path):
    write_json(tmp_path / "export.json", content)
    assert [name.partition(":")[0] for name, _ in recognise(tmp_path)] == [kind]
    assert [name.partition(":")[0] for name, _ in recognise(tmp_path / "export.json")] == [kind]


def test_files_of_two_tools_in_one_folder_are_both_named(tmp_path):
    write_pictures(tmp_path, "labelme")
    write_json(tmp_path / "via.json", VIA)
    assert [name.partition(":")[0] for name, _ in recognise(tmp_path)] == ["labelme", "via"]


def test_roboflows_coco_is_found_split_by_split_and_its_root_category_is_no_class(tmp_path):
    for split in ("train", "valid"):
        write_pictures(tmp_path / split, "coco")
        held = json.loads((tmp_path / split / "annotations.json").read_text())
        (tmp_path / split / "annotations.json").unlink()
        for picture in (tmp_path / split / "images").iterdir():
            picture.rename(tmp_path / split / picture.name)
        held["categories"] = [
            {"id": 0, "name": "cells", "supercategory": "none"},
            {"id": 1, "name": "cell", "supercategory": "cells"},
        ]
        write_json(tmp_path / split / "_annotations.coco.json", held)
    ((name, _),) = recognise(tmp_path)
    assert name == f"coco:{tmp_path}"
    for split in ("train", "val"):
        data = open_data(name, split=split)
        assert (len(data.videos), data.classes) == (2, ("background", "cell"))
        assert data.videos[0].pair(0)[1].sum() > 100


def test_broken_and_foreign_files_are_nothing(tmp_path):
    write_json(tmp_path / "package.json", {"name": "x", "scripts": {}})
    (tmp_path / "broken.json").write_bytes(b'{"shapes": [')
    (tmp_path / "notes.txt").write_text("nothing")
    assert recognise(tmp_path) == []
    with pytest.raises(DataError, match="there is no file or folder"):
        recognise(tmp_path / "missing")


def test_pictures_without_labels_are_frames(tmp_path):
    from PIL import Image

    Image.new("RGB", (7, 5)).save(tmp_path / "a.png")
    assert recognise(tmp_path) == [(f"frames:{tmp_path}", "it holds pictures such as a.png, without labels")]
