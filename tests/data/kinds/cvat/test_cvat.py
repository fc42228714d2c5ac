import imageio.v3 as imageio
import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.data.left_out import LeftOut
from seqseg.errors import DataError

HEIGHT, WIDTH = 21, 27
META = (
    "<meta><job><labels><label><name>car</name><color>#ff0000</color></label><label><name>road</name></label></labels>"
    f"<original_size><width>{WIDTH}</width><height>{HEIGHT}</height></original_size></job></meta>"
)


def write(root, body, images=("a.png",), meta=META):
    (root / "images").mkdir(parents=True, exist_ok=True)
    for name in images:
        imageio.imwrite(root / "images" / name, np.full((HEIGHT, WIDTH, 3), 60, "uint8"))
    (root / "annotations.xml").write_text(
        f'<?xml version="1.0" encoding="utf-8"?><annotations>{meta}{body}</annotations>'
    )
    return f"cvat:{root}"


def image(*shapes, name="a.png"):
    return f'<image id="0" name="{name}" width="{WIDTH}" height="{HEIGHT}">{"".join(shapes)}</image>'


def box(left, top, right, bottom, label="car", **more):
    extra = "".join(f' {key}="{value}"' for key, value in more.items())
    return f'<box label="{label}" xtl="{left}" ytl="{top}" xbr="{right}" ybr="{bottom}"{extra}/>'


def test_a_polygon_covers_the_pixels_of_pycocotools(tmp_path):
    from pycocotools import mask as coco

    points = [3.5, 2.0, 15.2, 4.0, 9.0, 17.7]
    text = ";".join(f"{x},{y}" for x, y in zip(points[::2], points[1::2], strict=True))
    data = open_data(write(tmp_path, image(f'<polygon label="road" points="{text}"/>')), split="all")
    expected = coco.decode(coco.frPyObjects([points], HEIGHT, WIDTH))[..., 0]
    assert data.classes == ("background", "car", "road")
    np.testing.assert_array_equal(data.videos[0].mask(0), 2 * expected)


def test_a_higher_z_order_is_on_top_whatever_comes_first(tmp_path):
    shapes = box(2, 2, 12, 12, z_order=1), box(6, 6, 20, 18, label="road", z_order=0)
    mask = open_data(write(tmp_path, image(*shapes)), split="all").videos[0].mask(0)
    assert (mask[8, 8], mask[15, 15]) == (1, 2)


def test_run_lengths_of_a_mask_start_with_what_is_off(tmp_path):
    shape = '<mask label="car" rle="2, 3, 1, 4, 2" left="5" top="4" width="4" height="3" z_order="0"/>'
    mask = open_data(write(tmp_path, image(shape)), split="all").videos[0].mask(0)
    expected = [[0, 0, 1, 1], [1, 0, 1, 1], [1, 1, 0, 0]]
    np.testing.assert_array_equal(mask[4:7, 5:9], expected)
    assert mask.sum() == 7


def test_a_turned_box_and_an_ellipse(tmp_path):
    upright = open_data(write(tmp_path / "a", image(box(10, 4, 14, 16))), split="all").videos[0].mask(0)
    lying = open_data(write(tmp_path / "b", image(box(10, 4, 14, 16, rotation=90))), split="all").videos[0].mask(0)
    assert upright[5, 12] == lying[10, 7] == 1
    assert upright[10, 7] == lying[5, 12] == 0
    ellipse = '<ellipse label="car" cx="13" cy="10" rx="8" ry="4"/>'
    round_ = open_data(write(tmp_path / "c", image(ellipse)), split="all").videos[0].mask(0)
    assert round_.sum() == pytest.approx(np.pi * 8 * 4, rel=0.06)


def test_tracks_are_interpolated_between_keyframes_and_end_where_they_are_outside(tmp_path):
    keys = (
        '<polygon frame="1" outside="0" keyframe="1" points="0,0;8,0;8,8;0,8"/>'
        '<polygon frame="3" outside="0" keyframe="1" points="8,4;16,4;16,12;8,12"/>'
        '<polygon frame="4" outside="1" keyframe="1" points="8,4;16,4;16,12;8,12"/>'
    )
    names = [f"frame_{index:06d}.png" for index in range(6)]
    where = write(tmp_path, f'<track id="0" label="car">{keys}</track>', images=names)
    (video,) = open_data(where, split="all").videos
    masks = [video.mask(index) for index in range(6)]
    assert [int(mask.sum()) for mask in masks] == [0, 64, 64, 64, 0, 0]
    rows, columns = np.nonzero(masks[2])
    assert (rows.min(), columns.min()) == (2, 4)


def test_the_mask_export_takes_its_colours_from_labelmap_txt(tmp_path):
    for folder in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (tmp_path / folder).mkdir(parents=True)
    colours = np.zeros((HEIGHT, WIDTH, 3), "uint8")
    colours[:5] = (250, 50, 83)
    colours[5:8] = (255, 255, 0)
    imageio.imwrite(tmp_path / "SegmentationClass/a.png", colours)
    imageio.imwrite(tmp_path / "JPEGImages/a.jpg", colours)
    (tmp_path / "ImageSets/Segmentation/default.txt").write_text("a\n")
    (tmp_path / "labelmap.txt").write_text(
        "# label:color_rgb:parts:actions\ncar:250,50,83::\nbackground:0,0,0::\nvoid:255,255,0::\n"
    )
    data = open_data(f"cvat:{tmp_path}", split="all")
    mask = data.videos[0].mask(0)
    assert data.classes == ("background", "car")
    assert (mask[0, 0], mask[6, 0], mask[12, 0]) == (1, 255, 0)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ('<skeleton label="car"/>', "skeleton of 'car' covers no area"),
        ('<mask label="car" rle="2,3" left="0" top="0" width="9" height="9"/>', "do not cover 9x9"),
        ('<polygon label="car" points="1,1;2,x;3,3"/>', "cannot be read"),
        ('<mask label="car" rle="1,1" left="1e999" top="0" width="1" height="2"/>', "cannot be read"),
        ('<polygon label="car" points="1,1;2,2"/>', "has 2 points"),
        ('<polygon label="car" points="-9,-9;-5,-9;-5,-5"/>', "outside the picture"),
    ],
)
def test_shapes_of_no_use_are_reported_one_by_one(tmp_path, shape, message):
    where = write(tmp_path, image(box(2, 2, 9, 9), shape))
    with pytest.raises(DataError, match=message):
        open_data(where, split="all")
    left_out = LeftOut(skip=True)
    assert open_data(where, split="all", left_out=left_out).videos[0].mask(0)[5, 5] == 1
    assert len(left_out.items) == 1


def test_a_bomb_of_entities_is_refused(tmp_path):
    (tmp_path / "images").mkdir()
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><annotations>&b;</annotations>'
    (tmp_path / "annotations.xml").write_text(bomb)
    with pytest.raises(DataError, match="declares entities"):
        open_data(f"cvat:{tmp_path}", split="all")


def test_a_label_that_the_list_lacks_and_xml_of_something_else(tmp_path):
    with pytest.raises(DataError, match="'cat' is not in its list of labels; did you mean car"):
        open_data(write(tmp_path / "a", image(box(1, 1, 5, 5, label="cat"))), split="all")
    (tmp_path / "annotations.xml").write_text("<svg/>")
    with pytest.raises(DataError, match="not CVAT's"):
        open_data(f"cvat:{tmp_path}", split="all")
