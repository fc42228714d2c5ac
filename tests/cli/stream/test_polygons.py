import argparse

import numpy as np
import pytest
from PIL import Image

from seqseg.cli.console.polygons import PolygonOptions, add_polygon_options
from seqseg.data.opening import open_data
from seqseg.errors import ConfigError


def options(*words):
    parser = argparse.ArgumentParser()
    add_polygon_options(parser, stream=True)
    return PolygonOptions.of(parser.parse_args([str(word) for word in words]))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--polygons-error", 2), "add --polygons DIR or FILE.json"),
        (("--polygons", "out", "--polygons-error", -1), "must be 0 pixels or more, got -1"),
        (("--polygons", "out", "--polygons-every", 0), "--polygons-every must be at least 1, got 0"),
        (("--polygons", "out.json", "--polygons-as", "cvat"), "one json, which coco alone takes"),
    ],
)
def test_what_makes_no_sense_is_one_line(words, message):
    with pytest.raises(ConfigError, match=message):
        options(*words)


def test_classes_are_chosen_by_name():
    assert options("--polygons", "out").drawn(("ground", "car", "lorry")) == {1: "car", 2: "lorry"}
    chosen = options("--polygons", "out", "--polygons-classes", "lorry, ground")
    assert chosen.drawn(("ground", "car", "lorry")) == {2: "lorry", 0: "ground"}
    with pytest.raises(ConfigError, match='there is no class "lorry"; the classes are ground, car'):
        chosen.drawn(("ground", "car"))


def indices(path):
    with Image.open(path) as picture:
        return np.array(picture)


@pytest.mark.parametrize("form", ["labelme", "cvat", "yolo_seg"])
def test_exact_polygons_of_a_stream_are_its_masks_with_the_models_classes(form, seqseg, trained, tmp_path):
    masks, out = tmp_path / "masks", tmp_path / "out"
    polygons = ("--polygons", out, "--polygons-as", form, "--polygons-error", 0, "--polygons-area", 1)
    more = ("--polygons-every", 2, "--objects") if form == "labelme" else ()
    code, printed, _ = seqseg(
        "stream", trained, "--source", "shapes", "--max-frames", 3, "--masks", masks, *polygons, *more
    )
    assert code == 0 and str(out) in printed
    data = open_data(f"{form}:{out}", split="all")
    wanted = [indices(path) for path in sorted(masks.glob("*.png"))][:: 2 if more else 1]
    read = [video.pair(0)[1] for video in sorted(data.videos, key=lambda one: one.name)]
    np.testing.assert_array_equal(read, wanted)
    assert data.classes[1:] == open_data("shapes").classes[1:]


def test_evaluate_writes_polygons_of_the_frames_that_it_scores(seqseg, trained, tmp_path):
    code, printed, _ = seqseg("evaluate", trained, "--as", "deployed", "--polygons", tmp_path / "out.json")
    assert code == 0 and "out.json" in printed
    from pycocotools.coco import COCO

    found = COCO(tmp_path / "out.json")
    assert len(found.imgs) == len({image["file_name"] for image in found.imgs.values()}) > 1
    code, _, complaint = seqseg("evaluate", trained, "--as", "clips", "--polygons", tmp_path / "again.json")
    assert code == 2 and "--polygons are of the masks as deployed" in complaint
