import json

import numpy as np
import pytest
import scipy.ndimage

from seqseg.data.drawn.writing.drawing import drawings_of
from seqseg.data.drawn.writing.writers import FORMATS, make_writer
from seqseg.data.opening import open_data
from seqseg.errors import ConfigError

NAMES = {1: "cell", 2: "dust & dirt"}
WHERE = {"coco": "coco:{}/annotations.json", "labelme": "labelme:{}", "cvat": "cvat:{}", "yolo_seg": "yolo_seg:{}"}


def mask_of(seed):
    """Odd-sized, two classes with holes and islands; the third is noise, whose regions pass through each other."""
    if seed == 2:
        return np.random.default_rng(seed).integers(0, 3, (61, 83), np.uint8)
    noise = scipy.ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(61, 83)), 2.5)
    return np.select([noise > 0.06, noise < -0.06], [2, 1]).astype(np.uint8)


def written(folder, form, error=0.0, **options):
    """Three frames written, and what the project's own reader makes of them."""
    masks = [mask_of(seed) for seed in range(3)]
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (61, 83, 3), np.uint8) for _ in masks]
    with make_writer(folder, NAMES, form=form, error=error) as writer:
        for number, (image, mask) in enumerate(zip(images, masks, strict=True)):
            drawings = [one._replace(track=7) for one in drawings_of(mask, NAMES)]
            writer.add(f"frame {number}", image, drawings)
    data = open_data(WHERE[form].format(folder), split="all")
    pairs = {video.name: video.pair(0) for video in data.videos}
    return data, images, masks, [pairs[name] for name in sorted(pairs)]


@pytest.mark.parametrize("form", FORMATS)
def test_exact_polygons_come_back_to_the_very_same_masks(form, tmp_path):
    data, images, masks, read = written(tmp_path / "out", form)
    assert data.classes == ("background", *NAMES.values())
    for image, mask, (read_image, read_mask) in zip(images, masks, read, strict=True):
        np.testing.assert_array_equal(read_image, image)
        np.testing.assert_array_equal(read_mask, mask)


@pytest.mark.parametrize("form", FORMATS)
def test_simplified_polygons_are_right_further_from_a_border_than_their_error(form, tmp_path):
    _, _, masks, read = written(tmp_path / "out", form, error=1.0)
    for mask, (_, read_mask) in zip(masks[:2], read[:2], strict=True):
        inner = np.zeros(mask.shape, bool)
        for value in range(3):
            inner |= scipy.ndimage.distance_transform_edt(np.pad(mask == value, 1))[1:-1, 1:-1] > 2
        assert inner.mean() > 0.2
        np.testing.assert_array_equal(read_mask[inner], mask[inner])


def test_objects_keep_their_numbers_where_the_format_has_a_place_for_them(tmp_path):
    for form in ("coco", "labelme", "cvat"):
        written(tmp_path / form, form)
    annotations = json.loads((tmp_path / "coco/annotations.json").read_text())["annotations"]
    shapes = json.loads((tmp_path / "labelme/frame 1.json").read_text())["shapes"]
    assert {one["track_id"] for one in annotations} == {one["group_id"] for one in shapes} == {7}
    assert 'group_id="7"' in (tmp_path / "cvat/annotations.xml").read_text()


def test_cocos_own_tool_reads_the_json_and_its_areas(tmp_path):
    from pycocotools.coco import COCO

    written(tmp_path / "coco", "coco")
    found = COCO(tmp_path / "coco/annotations.json")
    for one in found.loadAnns(found.getAnnIds()):
        assert found.annToMask(one).sum() == one["area"]


def test_several_classes_a_pixel_are_drawn_over_each_other():
    planes = np.zeros((9, 11, 3), np.uint8)
    planes[1:8, 1:8, 1] = planes[3:5, 3:6, 2] = 1
    assert [(one.value, int(one.pixels.sum())) for one in drawings_of(planes, NAMES)] == [(1, 49), (2, 6)]


def test_two_frames_of_one_name_do_not_overwrite_each_other(tmp_path):
    with make_writer(tmp_path, NAMES, form="labelme") as writer:
        for _ in range(2):
            writer.add("a/b", np.zeros((5, 5, 3), np.uint8), [])
    assert sorted(path.name for path in (tmp_path / "a").glob("*.json")) == ["b-2.json", "b.json"]


@pytest.mark.parametrize(
    ("path", "form", "error", "message"),
    [
        ("out.json", "labelme", 1.0, "one json, which COCO alone takes"),
        ("out", "labelbox", 1.0, "unknown format of polygons 'labelbox'"),
        ("out", "coco", -1.0, "at least 0 pixels off"),
    ],
)
def test_what_cannot_be_written_is_one_line(path, form, error, message):
    with pytest.raises(ConfigError, match=message):
        make_writer(path, NAMES, form=form, error=error)
