import json

import imageio.v3 as imageio
import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.errors import DataError

SIZE = (20, 24)
POLYGON = {"name": "polygon", "all_points_x": [2, 12, 12, 2], "all_points_y": [3, 3, 9, 9]}


def write(folder, regions, *, project=False, name="via.json"):
    imageio.imwrite(folder / "a.jpg", np.full((*SIZE, 3), 99, "uint8"))
    images = {"a.jpg1234": {"filename": "a.jpg", "size": 1234, "regions": regions, "file_attributes": {}}}
    content = {"_via_settings": {}, "_via_img_metadata": images} if project else images
    (folder / name).write_text(json.dumps(content), encoding="utf-8-sig")


def region(shape, **attributes):
    return {"shape_attributes": shape, "region_attributes": attributes}


@pytest.mark.parametrize("project", [False, True])
@pytest.mark.parametrize("numbered", [False, True])
def test_regions_of_both_versions_are_read(tmp_path, project, numbered):
    regions = [
        region(POLYGON, kind="wall"),
        region({"name": "rect", "x": 14, "y": 2, "width": 6, "height": 5}, kind="sky"),
    ]
    write(tmp_path, dict(enumerate(regions)) if numbered else regions, project=project)
    data = open_data(f"via:{tmp_path}", split="all")
    mask = data.videos[0].mask(0)
    assert data.classes == ("background", "sky", "wall")
    assert (mask[5, 5], mask[4, 16]) == (2, 1)
    assert (mask == 2).sum() == 60 and (mask == 1).sum() == 30


def test_circles_ellipses_and_checkboxes(tmp_path):
    shapes = [{"name": "circle", "cx": 6, "cy": 6, "r": 4}, {"name": "ellipse", "cx": 16, "cy": 12, "rx": 6, "ry": 3}]
    write(tmp_path, [region(shape, kind={"cell": True}) for shape in shapes])
    mask = open_data(f"via:{tmp_path / 'via.json'}", split="all").videos[0].mask(0)
    assert mask.sum() == pytest.approx(np.pi * (16 + 18), rel=0.08)


def test_which_attribute_is_the_class_has_to_be_clear(tmp_path):
    write(tmp_path, [region(POLYGON, kind="wall", colour="red")])
    with pytest.raises(DataError, match=r"attribute=NAME, one of: colour, kind"):
        open_data(f"via:{tmp_path}", split="all")
    assert open_data(f"via:{tmp_path},attribute=colour", split="all").classes == ("background", "red")


@pytest.mark.parametrize(
    "regions", [7, "regions", [[1]], [None], [{"region_attributes": [{}]}], [{"region_attributes": {"kind": {}}}]]
)
def test_regions_that_are_none_are_one_line(tmp_path, regions):
    write(tmp_path, regions)
    with pytest.raises(DataError) as error:
        open_data(f"via:{tmp_path}", split="all")
    assert "\n" not in str(error.value)


def test_what_cannot_be_read_is_one_line(tmp_path):
    write(tmp_path, [region({"name": "polygon", "all_points_x": [1], "all_points_y": []}, kind="wall")])
    with pytest.raises(DataError, match="region 0 cannot be read"):
        open_data(f"via:{tmp_path}", split="all")
    (tmp_path / "via.json").write_text('{"a": 1}')
    with pytest.raises(DataError, match="no json of VIA"):
        open_data(f"via:{tmp_path}", split="all")
