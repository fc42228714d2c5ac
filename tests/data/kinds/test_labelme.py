import base64
import io
import json

import imageio.v3 as imageio
import numpy as np
import pytest
from PIL import Image

from seqseg.data import open_data
from seqseg.data.left_out import LeftOut
from seqseg.errors import DataError

HEIGHT, WIDTH = 23, 31
SQUARE = [[4, 5], [12, 5], [12, 14], [4, 14]]


def write(folder, name, shapes, *, image=None, version="5.4.1", **entries):
    folder.mkdir(parents=True, exist_ok=True)
    imageio.imwrite(folder / f"{name}.png", np.full((HEIGHT, WIDTH, 3), 90, "uint8"))
    content = {
        "version": version,
        "flags": {},
        "shapes": shapes,
        "imagePath": image or f"{name}.png",
        "imageData": None,
    }
    (folder / f"{name}.json").write_text(json.dumps(content | entries))


def polygon(label, points, **more):
    return {"label": label, "points": points, "shape_type": "polygon", "group_id": None, "flags": {}} | more


def masks(where, **options):
    data = open_data(where, split="all", **options)
    return data, [video.mask(0) for video in data.videos]


def test_polygons_are_drawn_with_their_outline_as_labelme_does(tmp_path):
    write(tmp_path, "a", [polygon("cell", SQUARE)])
    data, (mask,) = masks(f"labelme:{tmp_path}")
    expected = np.zeros((HEIGHT, WIDTH), "uint8")
    expected[5:15, 4:13] = 1  # Pillow includes the last row and column
    np.testing.assert_array_equal(mask, expected)
    assert data.classes == ("background", "cell")


def test_later_shapes_lie_on_top_and_ignored_ones_are_void(tmp_path):
    inner = [[6, 7], [9, 7], [9, 10], [6, 10]]
    write(
        tmp_path, "a", [polygon("b", SQUARE), polygon("a", inner), polygon("__ignore__", [[20, 2], [25, 2], [25, 6]])]
    )
    data, (mask,) = masks(f"labelme:{tmp_path}")
    assert data.classes == ("background", "a", "b")
    assert (mask[8, 8], mask[13, 5], mask[3, 24]) == (1, 2, 255)


def test_rectangles_circles_lines_points_and_masks(tmp_path):
    drawn = np.zeros((4, 6), bool)
    drawn[1:3, 2:5] = True
    data = io.BytesIO()
    Image.fromarray(drawn).save(data, "PNG")
    shapes = [
        polygon("r", [[10, 9], [2, 3]], shape_type="rectangle"),
        polygon("c", [[20, 10], [23, 10]], shape_type="circle"),
        polygon("m", [[3, 15], [8, 18]], shape_type="mask", mask=base64.b64encode(data.getvalue()).decode()),
    ]
    write(tmp_path, "a", shapes)
    found, (mask,) = masks(f"labelme:{tmp_path}")
    names = {name: number for number, name in enumerate(found.classes)}
    assert (mask == names["r"]).sum() == 9 * 7
    assert mask[10, 23] == names["c"] and mask[10, 24] == 0
    np.testing.assert_array_equal(mask[15:19, 3:9] == names["m"], drawn)


def test_files_of_version_two_and_of_windows_are_read(tmp_path):
    old = {"label": "cell", "points": SQUARE, "line_color": None, "fill_color": None}
    write(tmp_path, "a", [old], image="..\\photos\\a.png", version="2.9.0", lineColor=[0, 255, 0, 128])
    _, (mask,) = masks(f"labelme:{tmp_path}")
    assert mask[9, 8] == 1


def test_labels_txt_orders_the_classes_and_a_label_it_lacks_is_named(tmp_path):
    write(tmp_path, "a", [polygon("cell", SQUARE)])
    (tmp_path / "labels.txt").write_text("__ignore__\n_background_\nwall\ncell\n")
    assert open_data(f"labelme:{tmp_path}", split="all").classes == ("background", "wall", "cell")
    (tmp_path / "labels.txt").write_text("_background_\nwall\ncall\n")
    with pytest.raises(DataError, match=r"'cell' is not in its list of labels; did you mean call"):
        open_data(f"labelme:{tmp_path}", split="all")


def test_a_folder_may_be_a_video(tmp_path):
    for name in ("f2", "f10", "f1"):
        write(tmp_path / "clip", name, [polygon(name, SQUARE)])
    data = open_data(f"labelme:{tmp_path},videos=1", split="all")
    (video,) = data.videos
    assert len(video) == 3
    assert [data.classes[video.mask(index)[9, 8]] for index in range(3)] == ["f1", "f2", "f10"]


# The head of a PNG of 50,000 x 50,000.
LARGE_PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xc3\x50\0\0\xc3\x50\x08\0\0\0\0").decode()


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (polygon("a", [[1, 1], [2, 2]]), "has 2 points"),
        (polygon("a", [[100, 100], [120, 100], [110, 120]]), "outside the picture"),
        (polygon("a", [[1, "x"], [2, 2], [3, 3]]), "cannot be read"),
        (polygon("a", [[1, float("nan")], [2, 2], [3, 3]]), "finite"),
        (polygon("a", SQUARE, shape_type="points3d"), "covers no area"),
        (polygon("a", [[1, 1]], shape_type="mask", mask="$$"), "cannot be read"),
        (polygon("a", [[1, 1], [2, 2], [3, 3]], shape_type="circle"), "has 3 points, 2 are needed"),
        (polygon("a", [[1, 10**400], [2, 2], [3, 3]]), "cannot be read"),
        (polygon("a", [[1, 1]], shape_type="mask", mask="AAAA"), "its mask is no picture"),
        (polygon("a", [[1, 1]], shape_type="mask", mask=""), "its mask is no picture"),
        (polygon("a", [[1, 1]], shape_type="mask", mask=LARGE_PNG), "more than the 268,435,456 pixels"),
        ({"points": SQUARE}, "cannot be read"),
        (7, "cannot be read"),
    ],
)
def test_a_shape_of_no_use_is_reported_and_the_others_stay(tmp_path, shape, message):
    write(tmp_path, "a", [polygon("cell", SQUARE), shape])
    with pytest.raises(DataError, match=message):
        open_data(f"labelme:{tmp_path}", split="all")
    left_out = LeftOut(skip=True)
    _, (mask,) = masks(f"labelme:{tmp_path}", left_out=left_out)
    assert mask[9, 8] == 1
    assert len(left_out.items) == 1 and "a.json" in left_out.items[0]


@pytest.mark.parametrize(
    "text",
    [
        '{"shapes": [], "imagePath": "' + "x" * 999 + '"}',
        "",
        "{",
        "[" * 5000,
        '{"shapes": [], "imagePath": "../../etc/passwd"}',
    ],
)
def test_a_json_that_cannot_be_used_is_one_line(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DataError) as error:
        open_data(f"labelme:{tmp_path}", split="all")
    assert "\n" not in str(error.value)


def test_json_of_other_tools_is_passed_over(tmp_path):
    (tmp_path / "settings.json").write_text('{"theme": "dark"}')
    write(tmp_path, "a", [polygon("cell", SQUARE)])
    assert open_data(f"labelme:{tmp_path}", split="all").frames == 1


@pytest.mark.parametrize("videos", ["", ",videos=1"])
def test_an_image_that_is_not_there_is_taken_from_its_json(tmp_path, videos):
    """As versions 2 to 4 wrote it: imageData, colours of lines, no kinds of shapes."""
    picture = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), "uint8")
    data = base64.b64encode(imageio.imwrite("<bytes>", picture, extension=".png")).decode()
    old = [{"label": "cell", "line_color": None, "fill_color": None, "points": SQUARE}]
    write(
        tmp_path, "a", old, image="C:\\pictures\\gone.png", version="2.9.0", imageData=data, lineColor=[0, 255, 0, 128]
    )
    (tmp_path / "a.png").unlink()
    write(tmp_path, "b", [polygon("cell", SQUARE)])
    opened = open_data(f"labelme:{tmp_path}{videos}", split="all")
    frames = [frame for video in opened.videos for frame in video.frames]
    np.testing.assert_array_equal(frames[0], picture)
    assert frames[1].shape == (HEIGHT, WIDTH, 3) and opened.videos[0].mask(0).sum() == 90


@pytest.mark.parametrize("data", ["no base64!", base64.b64encode(b"no image").decode(), 7])
def test_an_image_in_a_json_that_is_none_is_one_line(tmp_path, data):
    write(tmp_path, "a", [polygon("cell", SQUARE)], image="gone.png", imageData=data)
    (tmp_path / "a.png").unlink()
    with pytest.raises(DataError, match="its imageData is .*copy the image beside it"):
        open_data(f"labelme:{tmp_path}", split="all")
