"""CamVid, real and laid out by hand."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from seqseg.data import VOID, open_data
from seqseg.data.statistics import label_counts
from seqseg.errors import DataError


@pytest.fixture
def small(tmp_path):
    for split, name in (("train", "0001TP_000090"), ("train", "0001TP_000030"), ("val", "0016E5_07959")):
        image, mask = np.zeros((9, 13, 3), np.uint8), np.full((9, 13), 11, np.uint8)
        for folder, pixels in ((split, image), (f"{split}annot", mask)):
            (tmp_path / folder).mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / folder / f"{name}.png"), pixels)
    return tmp_path


def test_the_published_numbers_of_frames(shared_data):
    source = f"camvid:{shared_data / 'camvid'}"
    lengths = {video.name: len(video) for video in open_data(source).videos}
    assert lengths == {"0001TP": 62, "0006R0": 101, "0016E5": 204}
    assert open_data(source, split="val").frames == 101
    assert open_data(source, split="all").frames == 468


def test_labels_are_eleven_classes_or_void(shared_data):
    data = open_data(f"camvid:{shared_data / 'camvid'}", split="val")
    counts = label_counts(data)
    raw = sum(
        np.bincount(cv2.imread(str(path), cv2.IMREAD_UNCHANGED).ravel(), minlength=12)
        for path in (shared_data / "camvid" / "valannot").iterdir()
    )
    np.testing.assert_array_equal(counts, raw[:11])
    assert raw[11] > 0


def test_a_frame_is_that_of_its_file(shared_data):
    video = open_data(f"camvid:{shared_data / 'camvid'}", split="val").videos[0]
    file = cv2.imread(str(shared_data / "camvid" / "val" / "0016E5_07961.png"))[..., ::-1]
    np.testing.assert_array_equal(video.frame(1), file)
    assert video.size == (360, 480)


def test_numbers_give_order_and_time(small):
    video = open_data(f"camvid:{small}").videos[0]
    assert [path.stem for path in video.frames.paths] == ["0001TP_000030", "0001TP_000090"]
    assert list(video.times) == [0, Fraction(2)]


def test_eleven_on_disk_is_void(small):
    assert (open_data(f"camvid:{small}").videos[0].mask(0) == VOID).all()


def test_a_missing_split_says_which_there_are(small):
    with pytest.raises(DataError, match="no test/ for its test split; the splits there are: train, val"):
        open_data(f"camvid:{small}", split="test")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="no CamVid at .*nowhere"):
        open_data(f"camvid:{tmp_path / 'nowhere'}")


def test_an_image_without_its_mask_is_named(small):
    (small / "trainannot" / "0001TP_000030.png").unlink()
    with pytest.raises(DataError, match="train/0001TP_000030.png has no mask"):
        open_data(f"camvid:{small}")


def test_a_folder_without_images_is_reported(small):
    for image in (small / "val").iterdir():
        image.unlink()
    with pytest.raises(DataError, match="no frames in its val split"):
        open_data(f"camvid:{small}", split="val")


def test_a_label_beyond_the_classes_names_the_file(small):
    cv2.imwrite(str(small / "valannot" / "0016E5_07959.png"), np.full((9, 13), 12, np.uint8))
    with pytest.raises(DataError, match="0016E5_07959.png has label 12 outside the 11 classes"):
        open_data(f"camvid:{small}", split="val").videos[0].pair(0)


@pytest.fixture
def published(tmp_path):
    """One frame of each split by SegNet's rule; the mask shows sky, a lane marking, a wall and void."""
    row = np.uint8([[[128, 128, 128], [128, 0, 192], [64, 192, 0], [0, 0, 0]]])
    for name in ("0001TP_006690", "0001TP_008550", "0006R0_f00930", "0016E5_00390", "0016E5_07959", "Seq05VD_f00000"):
        for folder, stem, pixels in (
            ("701_StillsRaw_full", name, np.zeros_like(row)), ("LabeledApproved_full", f"{name}_L", row[..., ::-1]),
        ):  # fmt: skip
            (tmp_path / folder).mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / folder / f"{stem}.png"), pixels)
    return tmp_path


def test_coloured_masks_have_31_classes_32_or_11(published):
    for count, names in (("", ("Sky", "LaneMkgsDriv", "Wall", None)),
                         (",classes=32", ("Sky", "LaneMkgsDriv", "Wall", "Void")),
                         (",classes=11", ("sky", "road", "building", None))):  # fmt: skip
        data = open_data(f"camvid:{published}{count}")
        row = data.videos[0].mask(0)[0]
        assert [None if label == VOID else data.classes[label] for label in row] == list(names)
        assert len(data.classes) == int(count[-2:] or 31)
        assert data.palette[data.classes.index(names[0])].tolist() == [128, 128, 128]


def test_published_frames_are_split_as_in_the_segnet_layout(published, shared_data):
    stems = {
        split: {
            path.stem for video in open_data(f"camvid:{published}", split=split).videos for path in video.frames.paths
        }
        for split in ("train", "val", "test")
    }
    assert stems == {
        "train": {"0001TP_006690", "0006R0_f00930", "0016E5_00390"}, "val": {"0016E5_07959"},
        "test": {"0001TP_008550", "Seq05VD_f00000"},
    }  # fmt: skip
    from seqseg.data.kinds.camvid import _segnet_split

    for split in ("train", "val"):
        assert {_segnet_split(path) for path in (shared_data / "camvid" / split).iterdir()} == {split}


def test_lists_and_folders_split_the_published_frames_otherwise(published):
    (published / "train.txt").write_text("0001TP_008550.png\n0006R0_f00930\n")
    (published / "val.txt").write_text("701_StillsRaw_full/Seq05VD_f00000.png\n")
    assert [video.name for video in open_data(f"camvid:{published}").videos] == ["0001TP", "0006R0"]
    assert open_data(f"camvid:{published}", split="val").videos[0].name == "Seq05VD"


def test_a_label_colors_txt_names_the_classes(published):
    lines = ["128 128 128\tHeaven", "128 0 192\t\tLane", "64 192 0 Wall", "0 0 0 Void"]
    (published / "label_colors.txt").write_text("\n".join(lines))
    data = open_data(f"camvid:{published}")
    assert data.classes == ("Heaven", "Lane", "Wall")
    assert data.videos[0].mask(0).tolist() == [[0, 1, 2, VOID]]
    (published / "label_colors.txt").write_text("128 128 128 Heaven\n0 0 0 Void\n1 2 3 Rain\n")
    with pytest.raises(DataError, match=r"_L.png has the colour 128 0 192 of no class; add it to label_colors.txt"):
        open_data(f"camvid:{published}").videos[0].mask(0)
    (published / "label_colors.txt").write_text("128 128 Heaven\n")
    with pytest.raises(DataError, match="invalid line '128 128 Heaven'"):
        open_data(f"camvid:{published}")


def test_a_split_that_is_not_whole_is_noted(small, shared_data):
    assert open_data(f"camvid:{small}").notes == ("CamVid's train split has 367 frames, here are 2",)
    assert open_data(f"camvid:{shared_data / 'camvid'}", split="train").notes == ()


def test_the_segnet_layout_has_only_its_11_classes(small):
    with pytest.raises(DataError, match="is in the SegNet layout, which has 11 classes"):
        open_data(f"camvid:{small},classes=31")
