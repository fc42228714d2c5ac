"""Folders that are unusual are read right; what makes no sense in a whole folder is named."""

import os

import numpy as np
import pytest

from seqseg.errors import DataError
from tests.data.sound_sets import (
    FRAMES,
    HEIGHT,
    WIDTH,
    image,
    in_time,
    label,
    read_all,
    require_right,
    without_broken,
    write,
    write_folders,
)


def unusual_folders():
    """What looks wrong and is not, or is worth a note alone: (name, change, frames, labels)."""

    def directory(root):
        (root / "images/9.png").mkdir()

    def directory_mask(root):
        (root / "masks/2.png").unlink()
        (root / "masks/2.png").mkdir()

    def circle(root):
        (root / "images/again").symlink_to(root / "images", target_is_directory=True)

    def not_utf8(root):
        for kind in ("images", "masks"):
            os.rename(root / kind / "3.png", os.fsencode(root / kind) + b"/\xff\xfe.png")

    def line_break(root):
        for kind in ("images", "masks"):
            os.rename(root / kind / "3.png", root / kind / "a\nb.png")

    def no_mask(root):
        (root / "masks/2.png").unlink()

    def no_image(root):
        write(root / "masks/99.png", label(1))

    def other_files(root):
        (root / "images/Thumbs.db").write_bytes(b"\0")
        (root / "images/notes.txt").write_text("hello")
        (root / "images/.DS_Store").write_bytes(b"\0")

    def one_pixel(root):
        for index in range(FRAMES):
            write(root / "images" / f"{index}.png", image(index)[:1, :1])
            write(root / "masks" / f"{index}.png", label(index)[:1, :1])

    def one_bit(root):
        write(root / "masks/2.png", label(2))
        from PIL import Image

        Image.fromarray(label(2).astype(bool)).save(root / "masks/2.png")

    def wide(root):
        write(root / "masks/2.png", label(2).astype(np.uint16))

    return {
        "a folder called 9.png": (directory, FRAMES, FRAMES),
        "a folder in place of a mask": (directory_mask, FRAMES, FRAMES - 1),
        "links in a circle": (circle, FRAMES, FRAMES),
        "names that are not UTF-8": (not_utf8, FRAMES, FRAMES),
        "a name with a line break": (line_break, FRAMES, FRAMES),
        "a missing mask": (no_mask, FRAMES, FRAMES - 1),
        "a mask without image": (no_image, FRAMES, FRAMES),
        "other files": (other_files, FRAMES, FRAMES),
        "images of one pixel": (one_pixel, FRAMES, FRAMES),
        "a mask of one bit": (one_bit, FRAMES, FRAMES),
        "a mask of 16 bits": (wide, FRAMES, FRAMES),
    }


UNUSUAL = unusual_folders()


@pytest.mark.parametrize("case", UNUSUAL)
def test_what_is_merely_unusual_is_read_right(tmp_path, case):
    source = write_folders(tmp_path)
    change, frames, labels = UNUSUAL[case]
    change(tmp_path)
    assert require_right(in_time(read_all, source)) == (frames, labels)
    data, items = in_time(without_broken, source)
    assert items == [] and require_right(data) == (frames, labels)


@pytest.mark.parametrize("name", ["2.PNG", "2.jpg", "2.tif"])
def test_two_images_of_one_name_are_reported_or_the_second_is_left_out(tmp_path, name):
    source = write_folders(tmp_path)
    write(tmp_path / "images" / name, image(2))
    with pytest.raises(DataError, match="images has .*2.* which name one frame.*--skip-bad"):
        read_all(source)
    data, (item,) = without_broken(source)
    assert name in item and require_right(data)[0] == FRAMES


def test_names_that_differ_in_capitals_alone_are_one_name(tmp_path):
    source = write_folders(tmp_path)
    for kind in ("images", "masks"):
        write(tmp_path / kind / "frame.png", image(0) if kind == "images" else label(0))
        write(tmp_path / kind / "Frame.png", image(1) if kind == "images" else label(1))
    with pytest.raises(DataError, match="Frame.png"):
        read_all(source)
    data, items = without_broken(source)
    assert len(items) == 2 and require_right(data) == (FRAMES + 1, FRAMES + 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"water\nice\nwater\n", "water, ice, water"),
        (b"water\n", "give two or more"),
        (b"", "none"),
        (b"water 1\nice 1\n", "same value"),
        (b"water 1 2\nice 3\n", "numbers"),
        (b"water 999 0 0\nice 0 0 0\n", "each 0 to 255"),
        (b"water\nice 70000\n", "each 0 to 65535"),
        (b"\xff\xfe\x00\n", "cannot read the classes"),
    ],
)
def test_a_class_list_that_makes_no_sense_is_named_also_with_leave_to_skip(tmp_path, content, said):
    source = write_folders(tmp_path)
    (tmp_path / "classes.txt").write_bytes(content)
    for open_it in (read_all, without_broken):
        with pytest.raises(DataError, match=said) as raised:
            open_it(source)
        assert str(tmp_path / "classes.txt") in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("value", [0, 1, 255])
def test_a_set_that_shows_one_class_or_void_alone_is_reported(tmp_path, value):
    source = write_folders(tmp_path)
    (tmp_path / "classes.txt").unlink()
    for index in range(FRAMES):
        write(tmp_path / "masks" / f"{index}.png", np.full((HEIGHT, WIDTH), value, np.uint8))
    for open_it in (read_all, without_broken):
        with pytest.raises(DataError, match="hold no two classes"):
            open_it(source)


def test_objects_that_are_void_are_reported_with_the_way_out(tmp_path):
    source = write_folders(tmp_path, values=(0, 255))
    (tmp_path / "classes.txt").unlink()
    with pytest.raises(DataError, match="foreground=255"):
        read_all(source)
    assert require_right(read_all(f"{source},foreground=255")) == (FRAMES, FRAMES)


def test_a_set_that_is_broken_from_end_to_end_is_an_error_also_with_leave_to_skip(tmp_path):
    source = write_folders(tmp_path)
    for path in (tmp_path / "images").iterdir():
        path.write_bytes(b"")
    with pytest.raises(DataError, match="nothing is left of .*0.png is empty"):
        without_broken(source)
