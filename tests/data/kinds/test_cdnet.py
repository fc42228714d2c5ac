"""changedetection.net, real and laid out by hand."""

import cv2
import numpy as np
import pytest

from seqseg.data import VOID, open_data
from seqseg.errors import DataError


def scene(folder, *, frames=4, labelled="2 3", values=(0, 50, 85, 170, 255)):
    for name in ("input", "groundtruth"):
        (folder / name).mkdir(parents=True)
    for number in range(1, frames + 1):
        cv2.imwrite(str(folder / "input" / f"in{number:06d}.jpg"), np.zeros((1, len(values), 3), np.uint8))
        cv2.imwrite(str(folder / "groundtruth" / f"gt{number:06d}.png"), np.array([values], np.uint8))
    (folder / "temporalROI.txt").write_text(labelled)
    return folder


def test_five_labels_become_two_classes_and_void(tmp_path):
    video = open_data(f"cdnet:{scene(tmp_path)}", split="all").videos[0]
    assert video.mask(1).tolist() == [[0, 0, VOID, VOID, 1]]


def test_only_frames_of_the_temporal_region_are_labelled(tmp_path):
    assert open_data(f"cdnet:{scene(tmp_path)}", split="all").videos[0].labelled == (1, 2)


def test_a_folder_of_scenes_gives_a_video_each(tmp_path):
    scene(tmp_path / "baseline" / "highway")
    scene(tmp_path / "baseline" / "office")
    assert [video.name for video in open_data(f"cdnet:{tmp_path}", split="all").videos] == ["highway", "office"]


def test_the_real_scenes_have_their_labelled_frames(shared_data):
    highway, office = open_data(f"cdnet:{shared_data / 'cdnet'}", split="all").videos
    assert (len(highway), len(highway.labelled)) == (1700, 1231)
    assert (len(office), len(office.labelled)) == (1500, 931)


def test_real_labels_are_opencvs(shared_data):
    video = open_data(f"cdnet:{shared_data / 'cdnet' / 'highway'}", split="all").videos[0]
    raw = cv2.imread(str(shared_data / "cdnet/highway/groundtruth/gt001000.png"), cv2.IMREAD_GRAYSCALE)
    mask = video.mask(999)
    assert (mask == 1).sum() == (raw == 255).sum() > 0
    assert (mask == VOID).sum() == ((raw == 85) | (raw == 170)).sum() > 0


@pytest.mark.parametrize("text", ["", "3", "three four", "9 12", "3 2"])
def test_a_temporal_region_that_makes_no_sense_is_reported(tmp_path, text):
    with pytest.raises(DataError, match="temporalROI.txt"):
        open_data(f"cdnet:{scene(tmp_path, labelled=text)}")


def test_an_unknown_value_among_the_labels_is_reported(tmp_path):
    video = open_data(f"cdnet:{scene(tmp_path, values=(0, 7))}", split="all").videos[0]
    with pytest.raises(DataError, match="label 7"):
        video.mask(1)


def test_a_missing_mask_and_a_missing_scene_are_reported(tmp_path):
    (scene(tmp_path / "a") / "groundtruth" / "gt000003.png").unlink()
    with pytest.raises(DataError, match="gt000003.png"):
        open_data(f"cdnet:{tmp_path / 'a'}")
    (tmp_path / "b").mkdir()
    with pytest.raises(DataError, match="no scene"):
        open_data(f"cdnet:{tmp_path / 'b'}")


def test_all_labels_are_three_classes_and_void(tmp_path):
    data = open_data(f"cdnet:{scene(tmp_path)},labels=all", split="all")
    assert data.classes == ("static", "shadow", "moving")
    assert data.videos[0].mask(1).tolist() == [[0, 1, VOID, VOID, 2]]


def test_the_real_scenes_have_as_many_pixels_of_each_class_as_opencv_counts(shared_data):
    video = open_data(f"cdnet:{shared_data / 'cdnet' / 'highway'},labels=all", split="all").videos[0]
    raw = cv2.imread(str(shared_data / "cdnet/highway/groundtruth/gt001000.png"), cv2.IMREAD_GRAYSCALE)
    counts = [int((raw == value).sum()) for value in (0, 50, 255)]
    assert [int((video.mask(999) == label).sum()) for label in range(3)] == counts


def test_a_scene_that_cannot_be_used_is_left_out_when_asked(tmp_path):
    from seqseg.data import LeftOut

    scene(tmp_path / "a")
    (scene(tmp_path / "b") / "temporalROI.txt").unlink()
    (tmp_path / "b" / "groundtruth" / "gt000003.png").unlink()
    left_out = LeftOut(skip=True)
    assert [video.name for video in open_data(f"cdnet:{tmp_path}", split="all", left_out=left_out).videos] == ["a"]
    assert "temporalROI.txt" in left_out.items[0]


def test_a_scene_without_a_temporal_region_is_labelled_throughout_where_every_frame_has_a_mask(tmp_path):
    (scene(tmp_path) / "temporalROI.txt").unlink()
    assert open_data(f"cdnet:{tmp_path}", split="all").videos[0].labelled == (0, 1, 2, 3)
