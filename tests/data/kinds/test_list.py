"""Lists of images and masks in CSV files."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from seqseg.data import VOID, LeftOut, open_data
from seqseg.errors import DataError


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b", "c", "d"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((4, 6, 3), ord(name), np.uint8))
        cv2.imwrite(str(tmp_path / f"{name}_mask.png"), np.arange(24, dtype=np.uint8).reshape(4, 6) % 3)
    return tmp_path


def write(folder, text, name="list.csv"):
    (folder / name).write_text(text)
    return f"list:{folder / name}"


def shown(video):
    return "".join(chr(video.frame(index)[0, 0, 0]) for index in range(len(video)))


def test_lines_make_videos_in_the_order_of_their_frames(folder):
    source = write(
        folder,
        "image,mask,video,frame\nb.png,b_mask.png,x,10\na.png,a_mask.png,x,9\nc.png,,y,1\nd.png,d_mask.png,y,0\n",
    )
    data = open_data(source, split="all")
    assert [(video.name, shown(video), video.labelled) for video in data.videos] == [
        ("x", "ab", (0, 1)), ("y", "dc", (0,)),
    ]  # fmt: skip
    assert (data.videos[1].mask(1) == VOID).all()
    np.testing.assert_array_equal(data.videos[0].mask(1), np.arange(24).reshape(4, 6) % 3)


def test_the_column_split_makes_the_splits(folder):
    source = write(folder, "image;mask;split\na.png;a_mask.png;train\nb.png;b_mask.png;val\nc.png;;train\n")
    assert [video.name for video in open_data(source).videos] == ["a.png", "c.png"]
    assert open_data(source, split="val").frames == 1
    assert open_data(source, split="all").frames == 3


def test_further_columns_of_numbers_are_vectors_and_words_are_left_alone(folder):
    source = write(
        folder,
        "image,mask,video,time,temperature,wind,place\na.png,a_mask.png,v,0.1,-3.5,7,sea\nb.png,,v,0.35,2e1,8,ice\n",
    )
    data = open_data(source, split="all")
    assert data.vector_names == ("temperature", "wind")
    np.testing.assert_array_equal(data.videos[0].vectors, np.float32([[-3.5, 7], [20, 8]]))
    assert list(data.videos[0].times) == [0, Fraction(1, 4)]
    assert any("column place of list.csv holds words" in note for note in data.notes)


def test_without_a_video_column_each_image_is_one_unless_frames_are_numbered(folder):
    plain = open_data(write(folder, "image,mask\na.png,a_mask.png\nb.png,b_mask.png\n"), split="all")
    assert [len(video) for video in plain.videos] == [1, 1]
    numbered = open_data(write(folder, "image,mask,frame\na.png,a_mask.png,2\nb.png,b_mask.png,1\n"), split="all")
    assert [(video.name, shown(video)) for video in numbered.videos] == [("list", "ba")]


def test_one_image_may_come_with_several_vectors(folder):
    data = open_data(write(folder, "image,mask,dose\na.png,a_mask.png,1\na.png,b_mask.png,2\n"), split="all")
    assert [video.name for video in data.videos] == ["a.png", "a.png (line 3)"]


def test_classes_and_options_are_those_of_folders(folder):
    source = write(folder, "image,mask\na.png,a_mask.png\nb.png,b_mask.png\n")
    assert open_data(f"{source},foreground=any").classes == ("background", "object")
    assert open_data(f"{source},instances=2").classes == ("0", "1")
    (folder / "classes.txt").write_text("sea\nice\nland\n")
    assert open_data(source).classes == ("sea", "ice", "land")


def test_absolute_paths_may_be_anywhere(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    source = write(elsewhere, f"image,mask\n{folder / 'a.png'},{folder / 'a_mask.png'}\n")
    assert open_data(source, split="all").frames == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty; name the columns"),
        ("picture,mask\na.png,a_mask.png\n", "has no column `image`"),
        ("imag,mask\na.png,a_mask.png\n", "did you mean"),
        ("image,mask,mask\na.png,,\n", "names a column twice"),
        ("image,mask\n", "lists no images"),
        ("image,mask\na.png\n", "line 2 of .* has 1 columns"),
        ("image,mask\n,a_mask.png\n", "line 2 of .* names no image"),
        ("image,mask\na.png,gone.png\n", "line 2 of .* names gone.png, which does not exist"),
        ("image,mask\na.png,a_mask.png\n../b.png,\n", "line 3 of .* leaves the folder of the list"),
        ("image,mask\nx/../../b.png,\n", "leaves the folder"),
        ("image,mask,split\na.png,a_mask.png,dev\n", "split 'dev', which must be one of train, val, test"),
        ("image,mask,split\na.png,a_mask.png,\n", "split ''"),
        ("image,mask,frame\na.png,a_mask.png,one\n", "frame 'one'"),
        ("image,mask,frame\na.png,a_mask.png,1\nb.png,,1\n", "line 3 of .*list.csv: video list has frame 1 twice"),
        ("image,mask,time\na.png,a_mask.png,nan\n", "time 'nan'"),
        ("image,mask,time\na.png,a_mask.png,1\nb.png,,1.0\n", "times that do not grow"),
        ("image,mask,dose\na.png,a_mask.png,1\nb.png,,\n", "line 3 of .* has '' in column dose"),
        ("image,mask\na.png,\n", "names no masks"),
    ],
)
def test_lists_without_sense_are_reported_by_their_line(folder, text, said):
    with pytest.raises(DataError, match=said):
        open_data(write(folder, text), split="all")


def test_lists_that_are_no_text_or_not_there_are_reported(folder):
    (folder / "list.csv").write_bytes(b"image\xff\xfe\n")
    with pytest.raises(DataError, match="is not UTF-8"):
        open_data(f"list:{folder / 'list.csv'}")
    with pytest.raises(DataError, match="cannot read the list .*gone.csv"):
        open_data(f"list:{folder / 'gone.csv'}")


def test_bad_lines_are_left_out_when_asked(folder):
    left_out = LeftOut(skip=True)
    source = write(folder, "image,mask\na.png,a_mask.png\n../b.png,\ngone.png,\n")
    assert open_data(source, split="all", left_out=left_out).frames == 1
    assert len(left_out.items) == 2
