import json
from fractions import Fraction

import numpy as np
import pytest
from pycocotools import mask as coco

from streams import ArraySource, MaskLinesSink, SinkError, run

NAMES = ["ground", "car", "Bäume"]
MASKS = np.random.default_rng(0).choice(np.uint8([0, 1, 2, 255]), (4, 33, 41))


def written(path, masks=MASKS):
    clip = np.zeros((*masks.shape, 3), np.uint8)
    step = lambda image, count: (masks[count or 0], (count or 0) + 1)  # noqa: E731
    run(ArraySource(clip, fps=Fraction(30000, 1001), name="clip"), step, MaskLinesSink(path, NAMES))
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_frame_is_a_line_with_its_exact_time(tmp_path):
    lines = written(tmp_path / "out.jsonl")
    assert [Fraction(line["pts"]) for line in lines] == [Fraction(1001 * index, 30000) for index in range(4)]
    assert lines[3] | {"classes": None} == {
        "frame": 3,
        "pts": "1001/10000",
        "seconds": 0.1001,
        "epoch": 0,
        "gap": 0,
        "source": "clip",
        "size": [33, 41],
        "void": int((MASKS[3] == 255).sum()),
        "classes": None,
    }


def test_masks_come_back_from_the_lines(tmp_path):
    for mask, line in zip(MASKS, written(tmp_path / "out.jsonl"), strict=True):
        back = np.full(mask.shape, 255, np.uint8)
        for entry in line["classes"]:
            back[coco.decode(entry["segmentation"]) > 0] = entry["class"]
        np.testing.assert_array_equal(back, mask)


def test_areas_and_shares_are_counted_without_void(tmp_path):
    mask = np.full((1, 4, 5), 255, np.uint8)
    mask[0, :2] = 1
    mask[0, 2] = 2
    entries = written(tmp_path / "out.jsonl", mask)[0]["classes"]
    assert [(entry["name"], entry["area"], entry["share"], entry["bbox"]) for entry in entries] == [
        ("car", 10, 0.666667, [0, 0, 5, 2]),
        ("Bäume", 5, 0.333333, [0, 2, 5, 1]),
    ]


def test_a_value_that_is_no_class_has_no_name(tmp_path):
    assert written(tmp_path / "out.jsonl", np.full((1, 2, 2), 9, np.uint8))[0]["classes"][0]["name"] is None


@pytest.mark.parametrize("masks", [np.full((1, 2, 3), 255, np.uint8)])
def test_a_frame_that_is_all_void_is_a_line_without_classes(tmp_path, masks):
    (line,) = written(tmp_path / "out.jsonl", masks)
    assert (line["classes"], line["void"]) == ([], 6)


def test_a_folder_in_the_way_is_refused(tmp_path):
    (tmp_path / "out.jsonl").mkdir()
    with pytest.raises(SinkError, match="is a folder"), MaskLinesSink(tmp_path / "out.jsonl", NAMES):
        pass
