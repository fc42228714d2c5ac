import json

import imageio.v3 as imageio
import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.errors import DataError

HEIGHT, WIDTH = 20, 40


def result(kind, label, **value):
    size = {"original_width": WIDTH, "original_height": HEIGHT, "image_rotation": 0}
    return size | {"type": kind, "from_name": "tag", "to_name": "image", "value": value | {kind: [label]}}


def write(folder, *results, address="/data/upload/1/0a1b2c3d-a.png", annotations=None):
    imageio.imwrite(folder / "a.png", np.full((HEIGHT, WIDTH, 3), 80, "uint8"))
    given = [{"result": list(results), "was_cancelled": False}] if annotations is None else annotations
    (folder / "export.json").write_text(json.dumps([{"id": 1, "data": {"image": address}, "annotations": given}]))
    return f"label_studio:{folder / 'export.json'}"


def packed(rgba):
    """thi.ng's rle-pack of bytes in literal runs of 8 bits: the plainest stream that its reader takes."""
    values = np.asarray(rgba, np.uint8).ravel().tolist()
    bits = f"{len(values):032b}" + f"{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16))
    for start in range(0, len(values), 256):
        run = values[start : start + 256]
        bits += "0" + "10" + f"{len(run) - 1:08b}" + "".join(f"{value:08b}" for value in run)
    bits += "0" * (-len(bits) % 8)
    return [int(bits[place : place + 8], 2) for place in range(0, len(bits), 8)]


def test_polygons_rectangles_and_ellipses_are_in_per_cent(tmp_path):
    where = write(
        tmp_path,
        result("polygonlabels", "a", points=[[10, 20], [60, 20], [60, 70], [10, 70]], closed=True),
        result("rectanglelabels", "b", x=70, y=10, width=20, height=30, rotation=0),
        result("ellipselabels", "c", x=80, y=75, radiusX=10, radiusY=15, rotation=0),
    )
    data = open_data(where, split="all")
    mask = data.videos[0].mask(0)
    assert data.classes == ("background", "a", "b", "c")
    assert (mask == 1).sum() == 20 * 10
    assert (mask == 2).sum() == 8 * 6
    assert (mask == 3).sum() == pytest.approx(np.pi * 4 * 3, rel=0.15)


def test_brush_strokes_are_unpacked(tmp_path):
    drawn = np.zeros((HEIGHT, WIDTH), bool)
    drawn[3:9, 5:21] = True
    rgba = np.repeat(drawn[..., None], 4, axis=2) * np.uint8(255)
    mask = (
        open_data(write(tmp_path, result("brushlabels", "a", format="rle", rle=packed(rgba))), split="all")
        .videos[0]
        .mask(0)
    )
    np.testing.assert_array_equal(mask == 1, drawn)


@pytest.mark.parametrize(
    "address", ["a.png", "http://box:8080/data/upload/7/a.png", "/data/local-files/?d=shots/a.png"]
)
def test_images_are_found_by_the_end_of_their_address(tmp_path, address):
    shape = result("polygonlabels", "a", points=[[10, 20], [60, 20], [60, 70]])
    assert open_data(write(tmp_path, shape, address=address), split="all").frames == 1


def test_a_task_without_annotations_is_a_frame_without_a_label(tmp_path):
    where = write(tmp_path, annotations=[])
    with pytest.raises(DataError, match="no shape with a label"):
        open_data(where, split="all")
    (tmp_path / "classes.txt").write_text("ground\ncell\n")
    assert open_data(where, split="all").videos[0].labelled == ()


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (result("keypointlabels", "a", x=1, y=1), "covers no area"),
        (result("brushlabels", "a", rle=[1, 2, 3]), "end too soon"),
        (result("brushlabels", "a", rle=[0, 0, 0, 9, 56, 0, 0, 0]), "are needed"),
        (result("polygonlabels", "a", points="x"), "cannot be read"),
        ({"type": "polygonlabels", "value": {}}, "cannot be read"),
    ],
)
def test_results_of_no_use_are_reported(tmp_path, shape, message):
    with pytest.raises(DataError, match=message):
        open_data(write(tmp_path, shape), split="all")


TASK = '[{"data": {"image": "a.png"}, "annotations": %s}]'
ADDRESS = '[{"data": {"image": "http://[a.png"}, "annotations": []}]'


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "[" * 3000, TASK % "7", TASK % "[7]", TASK % '[{"result": 7}]', ADDRESS]
)
def test_json_of_something_else_is_one_line(tmp_path, text):
    imageio.imwrite(tmp_path / "a.png", np.full((HEIGHT, WIDTH, 3), 80, "uint8"))
    (tmp_path / "export.json").write_text(text)
    with pytest.raises(DataError) as error:
        open_data(f"label_studio:{tmp_path / 'export.json'}", split="all")
    assert "\n" not in str(error.value)
