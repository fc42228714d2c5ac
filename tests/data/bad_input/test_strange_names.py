"""Names of other people's files: other suffixes, other patterns, other systems."""

import json
import os
import sys
import time

import cv2
import numpy as np
import pytest
from PIL import Image

from seqseg.data import LeftOut, open_data
from seqseg.data.files.folder_names import match_masks, read_pattern
from seqseg.errors import DataError

OBJECT = np.zeros((12, 10), np.uint8)
OBJECT[2:7, 3:8] = 1


def write(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


def image(number):
    return np.full((12, 10, 3), 20 * number, np.uint8)


def pairs(root, image_name="images/{}.png", mask_name="masks/{}.png", count=4, mask=OBJECT, **options):
    for number in range(1, count + 1):
        write(root / image_name.format(number), image(number))
        write(root / mask_name.format(number), mask, **options)
    return f"folders:{root}"


def require_pairs(source, count=4):
    """Every image has its mask, and the right one."""
    (video,) = open_data(source, split="all").videos
    assert len(video) == count and video.labelled == tuple(range(count))
    for index in range(count):
        frame, mask = video.pair(index)
        assert frame[0, 0, 0] == 20 * (index + 1)
        np.testing.assert_array_equal(mask, OBJECT)


@pytest.mark.parametrize(
    ("image_name", "mask_name"),
    [
        ("img_{}", "mask_{}"),
        ("img{}", "mask{}"),
        ("IMG-{}", "Label-{}"),
        ("image_{}", "gt_{}"),
        ("frame_{}", "seg_{}"),
        ("{}", "{}_seg"),
        ("{}", "{}_GT"),
        ("{}", "{}_cp_masks"),
        ("{}", "mask_{}"),
        ("cell {}_rgb", "cell {}_label"),
        ("2024-11-30T12:30:0{}", "2024-11-30T12:30:0{}"),
    ],
)
def test_masks_are_found_by_the_usual_patterns(tmp_path, image_name, mask_name):
    require_pairs(pairs(tmp_path, f"images/{image_name}.png", f"masks/{mask_name}.png"))


@pytest.mark.parametrize("ending", ["_mask", "_cp_masks", "_seg"])
def test_masks_may_lie_beside_their_images(tmp_path, ending):
    require_pairs(pairs(tmp_path, "{}.png", f"{{}}{ending}.png"))


@pytest.mark.parametrize(("option", "mask_name"), [("mask=*_roi", "a{}_roi"), ("mask=a*>truth*", "truth{}")])
def test_a_pattern_names_any_other(tmp_path, option, mask_name):
    source = pairs(tmp_path, "images/a{}.png", f"masks/{mask_name}.png")
    with pytest.raises(DataError, match=r"no mask has the name of an image .*mask=\*_roi"):
        open_data(source, split="all")
    require_pairs(f"{source},{option}")


@pytest.mark.parametrize("pattern", ["", "roi", "*_*", "a>b", "*>"])
def test_a_pattern_without_its_star_is_one_error(tmp_path, pattern):
    with pytest.raises(ValueError, match=r"with one \*"):
        read_pattern(pattern)
    with pytest.raises(DataError, match=r"mask must be the mask's name with one \*"):
        open_data(f"{pairs(tmp_path)},mask={pattern}")


def test_a_mask_of_its_own_name_comes_before_all_patterns():
    labels = {"img_1": "img_1.png", "mask_1": "mask_1.png"}
    assert match_masks(["img_1", "2"], labels) == ({"img_1": "img_1.png"}, [])
    assert match_masks(["img_1"], {"mask_1": "mask_1.png"})[0] == {"img_1": "mask_1.png"}


def test_a_hundred_thousand_images_of_which_few_have_masks_are_matched_at_once():
    images = [f"img_{number}" for number in range(100_000)]
    start = time.process_time()
    found, _ = match_masks(images, {f"mask_{number}": f"mask_{number}.png" for number in range(0, 100_000, 500)})
    assert found["img_500"] == "mask_500.png" and len(found) == 200
    assert len(match_masks(images, {f"{image}_seg": f"{image}_seg.png" for image in images})[0]) == 100_000
    assert match_masks(images, {f"other{number}": f"{number}.png" for number in range(100_000)})[0] == {}
    assert time.process_time() - start < 10


def test_one_mask_for_two_images_is_an_error_or_left_out(tmp_path):
    source = pairs(tmp_path, "images/img_{}.png", "masks/mask_{}.png")
    write(tmp_path / "images/image_1.png", image(9))
    with pytest.raises(DataError, match=r"mask_1.png is the mask of (image_1 and of img_1|img_1 and of image_1)"):
        open_data(source, split="all")
    left_out = LeftOut(skip=True)
    (video,) = open_data(source, split="all", left_out=left_out).videos
    assert len(left_out.items) == 1 and len(video.labelled) == 4


@pytest.mark.parametrize("suffix", [".PNG", ".Bmp", ".TIF", ".gif", ".webp"])
def test_masks_of_other_suffixes_are_read(tmp_path, suffix):
    options = {"lossless": True} if suffix == ".webp" else {}
    require_pairs(pairs(tmp_path, mask_name=f"masks/{{}}{suffix}", **options))


@pytest.mark.parametrize("suffix", [".JPG", ".tiff", ".avif", ".jp2"])
def test_images_of_other_suffixes_are_read(tmp_path, suffix):
    source = pairs(tmp_path, image_name=f"images/{{}}{suffix}")
    (video,) = open_data(source, split="all").videos
    assert [abs(int(video.frame(index).mean()) - 20 * (index + 1)) <= 2 for index in range(4)] == [True] * 4


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_masks_are_refused_with_the_reason_unless_a_threshold_makes_them_sound(tmp_path, suffix):
    source = pairs(tmp_path, mask_name=f"masks/{{}}{suffix}", mask=OBJECT * np.uint8(255), quality=60)
    with pytest.raises(DataError, match=rf"1{suffix} is a lossy (JPEG|WebP), which changes labels; .*foreground=>127"):
        open_data(source, split="all")
    require_pairs(f"{source},foreground=>127")


def test_a_lossy_picture_beside_a_sound_mask_is_no_mask(tmp_path):
    source = pairs(tmp_path)
    write(tmp_path / "masks/1.jpg", OBJECT)
    require_pairs(source)


def test_soft_edges_are_named_and_split_at_a_threshold(tmp_path):
    soft = cv2.GaussianBlur(cv2.resize(OBJECT * np.uint8(255), (60, 72), interpolation=cv2.INTER_NEAREST), (0, 0), 2)
    for number in range(4):
        write(tmp_path / f"images/{number}.png", np.zeros((72, 60, 3), np.uint8))
        write(tmp_path / f"masks/{number}.png", soft)
    with pytest.raises(DataError, match="as soft edges do; write .*foreground=>127"):
        open_data(f"folders:{tmp_path}", split="all")
    mask = open_data(f"folders:{tmp_path},foreground=>127", split="all").videos[0].mask(0)
    np.testing.assert_array_equal(mask, soft > 127)


@pytest.mark.parametrize("value", [">", ">x", ">-1", "0", ">99999", "999999"])
def test_a_threshold_that_is_invalid_is_one_error(tmp_path, value):
    with pytest.raises(DataError, match="foreground must be foreground=N"):
        open_data(f"{pairs(tmp_path)},foreground={value}")


def test_suffixes_that_are_not_read_are_named(tmp_path):
    for number in range(3):
        (tmp_path / "images").mkdir(exist_ok=True)
        (tmp_path / "masks").mkdir(exist_ok=True)
        (tmp_path / f"images/{number}.dng").write_bytes(b"raw")
        (tmp_path / f"masks/{number}.svg").write_bytes(b"<svg/>")
    with pytest.raises(DataError, match=r"has no images \(6 files: 3 with .dng, 3 with .svg\)"):
        open_data(f"folders:{tmp_path}")
    write(tmp_path / "images/0.png", image(0))
    with pytest.raises(DataError, match=r"1 images and no masks at all \(3 files: 3 with .svg\)"):
        open_data(f"folders:{tmp_path}")


def test_files_of_systems_are_nobodys_pictures(tmp_path):
    source = pairs(tmp_path)
    for folder in ("images", "masks"):
        for name in ("._1.png", ".DS_Store", "Thumbs.db", "desktop.ini", "._2.PNG"):
            (tmp_path / folder / name).write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X        ")
        (tmp_path / folder / "__MACOSX").mkdir()
        (tmp_path / folder / "__MACOSX/1.png").write_bytes(b"no picture")
    require_pairs(source)


def test_the_frames_of_a_folder_that_also_holds_movies_are_not_lost_silently(tmp_path):
    write(tmp_path / "poster.png", image(1))
    (tmp_path / "take.mp4").write_bytes(b"no movie")
    with pytest.raises(DataError, match=r"holds 1 movies and 1 images \(take.mp4, poster.png …\); move either"):
        open_data(f"frames:{tmp_path}")


def coco(root, images, annotations, encoding="utf-8", names="{}.png"):
    held = {
        "images": [{"file_name": names.format(one), "height": 12, "width": 10, "id": images(one)} for one in range(4)],
        "annotations": [
            {"id": one, "image_id": annotations(one), "category_id": annotations(1), "iscrowd": annotations(0),
             "segmentation": [[3, 2, 8, 2, 8, 7, 3, 7]]}
            for one in range(4)
        ],
        "categories": [{"id": images(1), "name": "cat"}],
    }  # fmt: skip
    for one in range(4):
        write(root / f"images/{one}.png", image(one))
    (root / "instances_train.json").write_text(json.dumps(held), encoding=encoding)
    return f"coco:{root}"


@pytest.mark.parametrize("images", [int, str, float])
@pytest.mark.parametrize("annotations", [int, str, float])
def test_ids_of_coco_may_be_written_as_text_or_floats(tmp_path, images, annotations):
    data = open_data(coco(tmp_path, images, annotations), split="train")
    assert [int(video.mask(0).sum()) for video in data.videos] == [25] * 4


@pytest.mark.parametrize("identity", ["cat.png", 0.5, None, True, "9" * 5000])
def test_ids_that_are_no_numbers_are_one_error(tmp_path, identity):
    source = coco(tmp_path, lambda one: identity if one == 3 else one, int)
    with pytest.raises(DataError, match=r"image .* has no id or no file_name; give it a number"):
        open_data(source, split="train")


def test_polygons_without_an_area_are_left_out_one_by_one_and_counted(tmp_path):
    source = coco(tmp_path, int, int)
    file = tmp_path / "instances_train.json"
    held = json.loads(file.read_text())
    for one in held["annotations"][:3]:
        one["segmentation"] += [[1, 1], [0, 0, 5, 5], []]
    file.write_text(json.dumps(held))
    data = open_data(source, split="train")
    assert [int(video.mask(0).sum()) for video in data.videos] == [25] * 4
    assert any("9 polygons without an area are left out" in note for note in data.notes)


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path):
    data = open_data(coco(tmp_path / "coco", int, int, encoding="utf-8-sig"), split="train")
    assert len(data.videos) == 4
    source = pairs(tmp_path / "folders")
    (tmp_path / "folders/classes.txt").write_text("water\nice\n", encoding="utf-8-sig")
    assert open_data(source, split="all").classes == ("water", "ice")
    (tmp_path / "map.toml").write_text('frozen = "ice"\nrest = "*"\n', encoding="utf-8-sig")
    assert open_data(f"{source},map={tmp_path / 'map.toml'}", split="all").classes == ("frozen", "rest")


def test_backslashes_of_windows_lead_into_folders(tmp_path):
    data = open_data(coco(tmp_path / "coco", int, int, names="images\\{}.png"), split="train")
    assert [int(video.frame(0)[0, 0, 0]) for video in data.videos] == [0, 20, 40, 60]
    pairs(tmp_path)
    lines = [f"images\\{number}.png,masks\\{number}.png" for number in range(1, 5)]
    (tmp_path / "list.csv").write_text("\n".join(["image,mask", *lines]))
    data = open_data(f"list:{tmp_path / 'list.csv'}", split="all")
    assert [int(video.frame(0)[0, 0, 0]) for video in data.videos] == [20, 40, 60, 80]
    (tmp_path / "climbs.csv").write_text("image,mask\n..\\x.png,\nimages\\1.png,masks\\1.png\n")
    with pytest.raises(DataError, match="which does not exist|leaves the folder"):
        open_data(f"list:{tmp_path / 'climbs.csv'}", split="all")


def test_labelmap_of_cvat_names_the_colours_of_its_masks(tmp_path):
    coloured = np.zeros((12, 10, 3), np.uint8)
    coloured[OBJECT == 1] = (48, 112, 32)
    pairs(tmp_path, "JPEGImages/{}.png", "SegmentationClass/{}.png", mask=coloured)
    (tmp_path / "labelmap.txt").write_text("# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:48,112,32::\n")
    data = open_data(f"folders:{tmp_path}", split="all")
    assert data.classes == ("background", "cat")
    np.testing.assert_array_equal(data.videos[0].mask(0), OBJECT)
    with pytest.raises(DataError, match=r"CVAT's labelmap.txt; open it as cvat:"):
        open_data(f"voc:{tmp_path}")


@pytest.mark.parametrize("beside", [False, True])
def test_json_of_labelme_is_named(tmp_path, beside):
    held = {"version": "5.4.1", "shapes": [], "imagePath": "1.png", "imageHeight": 12, "imageWidth": 10}
    for number in range(1, 3):
        write(tmp_path / ("" if beside else "images") / f"{number}.png", image(number))
        file = tmp_path / ("" if beside else "masks") / f"{number}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(held))
    with pytest.raises(DataError, match="LabelMe"):
        open_data(f"folders:{tmp_path}", split="all").videos[0].pair(0)


@pytest.mark.parametrize("name", ["a + b", "a, b", "run,seed=3", "a + shapes", "x,foreground=255", 'say "hi"'])
def test_paths_with_plus_and_commas_are_found_where_they_exist(tmp_path, name):
    require_pairs(pairs(tmp_path / name))


@pytest.mark.parametrize("name", ["a + b", "a, b", "run,seed=3", "a + folders:b", "x,foreground=255", "c,map=x.toml"])
@pytest.mark.parametrize("after", ["", ",foreground=1"])
def test_paths_in_quotes_are_taken_as_they_stand(tmp_path, name, after):
    pairs(tmp_path / name)
    require_pairs(f'folders:"{tmp_path / name}"{after}')


def test_paths_in_quotes_are_joined_and_mapped(tmp_path):
    pairs(tmp_path / "a + b, c")
    (tmp_path / "map.toml").write_text('ice = "1"\nrest = "*"\n')
    one = f'folders:"{tmp_path / "a + b, c"}",map={tmp_path / "map.toml"}'
    data = open_data(f"{one} + {one}", split="all")
    assert len(data.videos) == 2 and data.classes == ("ice", "rest")


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="the file system takes UTF-8 alone")
def test_a_folder_whose_name_is_not_utf8_is_read(tmp_path):
    folder = tmp_path / os.fsdecode(b"gr\xfcn")
    require_pairs(pairs(folder))
