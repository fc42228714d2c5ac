"""Frames without labels."""

import cv2
import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.data.clips.next_frames import grey, next_frames, require_length
from seqseg.errors import DataError


def write_images(folder, count):
    folder.mkdir(parents=True)
    for number in range(count):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((5, 7, 3), number, np.uint8))


def values(data):
    return [[int(video.frame(index)[0, 0, 0]) for index in range(len(video))] for video in data.videos]


def test_a_folder_of_images_is_a_video_whose_last_fifth_is_val(tmp_path):
    write_images(tmp_path / "one", 12)
    assert values(open_data(f"frames:{tmp_path}/one")) == [list(range(10))]
    val = open_data(f"frames:{tmp_path}/one", split="val")
    assert values(val) == [[10, 11]] and "frames 10–11 of one are val" in val.notes[0]
    assert not val.videos[0].labelled


def test_of_several_videos_the_last_is_val(tmp_path):
    for name, count in (("a2", 2), ("a10", 3), ("b", 4)):
        write_images(tmp_path / name, count)
    assert [video.name for video in open_data(f"frames:{tmp_path}").videos] == ["a2", "a10"]
    assert [video.name for video in open_data(f"frames:{tmp_path}", split="val").videos] == ["b"]


def test_folders_named_so_are_the_splits(tmp_path):
    write_images(tmp_path / "train" / "x", 3)
    write_images(tmp_path / "test" / "y", 2)
    assert [video.name for video in open_data(f"frames:{tmp_path}", split="test").videos] == ["y"]
    assert len(open_data(f"frames:{tmp_path}", split="all").videos) == 2


@pytest.mark.parametrize(
    ("count", "where", "said"),
    [(0, "nowhere", "there is no"), (0, "", "has no frames"), (3, "one", "too few to keep some back")],
)
def test_what_cannot_be_used_is_one_line(tmp_path, count, where, said):
    if count:
        write_images(tmp_path / "one", count)
    with pytest.raises(DataError, match=said):
        open_data(f"frames:{tmp_path / where}")


def test_next_frames_are_the_clip_a_frame_later():
    clip = np.arange(2 * 4 * 3).reshape(2, 4, 1, 1, 3).astype("uint8")
    ((frames, targets),) = next_frames([(clip, None)])
    np.testing.assert_array_equal(frames, clip[:, :3])
    np.testing.assert_array_equal(targets, clip[:, 1:])


def test_grey_is_opencvs():
    image = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)
    assert np.abs(grey(image)[..., 0].astype(int) - cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)).max() <= 1


def test_a_video_shorter_than_a_clip_is_one_line():
    with pytest.raises(DataError, match="2 of 2 videos of shapes .* shorter than a clip of 9 frames"):
        require_length(open_data("shapes:videos=2,frames=5"), 9)


def test_a_tiff_of_many_pages_is_a_video_of_all_of_them_alone_or_beside_others(tmp_path):
    import tifffile

    for name, count in (("a", 6), ("b", 5)):
        pages = np.stack([np.full((9, 11), number, np.uint8) for number in range(count)])
        tifffile.imwrite(tmp_path / f"{name}.tif", pages, photometric="minisblack")
    assert values(open_data(f"frames:{tmp_path}/a.tif", split="all")) == [list(range(6))]
    assert values(open_data(f"frames:{tmp_path}", split="all")) == [list(range(6)), list(range(5))]
