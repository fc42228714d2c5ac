"""Pascal VOC, against PIL."""

import numpy as np
import pytest
from PIL import Image

from seqseg.data import VOID, LeftOut, open_data
from seqseg.data.labels.palette import voc_palette
from seqseg.errors import DataError


@pytest.fixture
def small(tmp_path):
    for folder in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (tmp_path / folder).mkdir(parents=True)
    for name, size in (("2007_000001", (7, 5)), ("2007_000002", (4, 6))):
        Image.new("RGB", size).save(tmp_path / "JPEGImages" / f"{name}.jpg")
        mask = Image.new("P", size, 15)
        mask.putpalette(voc_palette().ravel().tolist())
        mask.putpixel((0, 0), VOID)
        mask.save(tmp_path / "SegmentationClass" / f"{name}.png")
    (tmp_path / "ImageSets/Segmentation/train.txt").write_text("2007_000001\n\n2007_000002\n")
    return tmp_path


def test_labels_are_the_palette_indices_as_pil_reads_them(shared_data):
    data = open_data(f"voc:{shared_data / 'voc'}", split="val")
    assert len(data.videos) == 60
    for video in data.videos[:10]:
        image, mask = video.pair(0)
        with Image.open(shared_data / "voc" / "SegmentationClass" / f"{video.name}.png") as expected:
            np.testing.assert_array_equal(mask, np.array(expected))
        with Image.open(shared_data / "voc" / "JPEGImages" / f"{video.name}.jpg") as expected:
            assert np.abs(image.astype(int) - np.array(expected)).mean() < 1


def test_train_and_val_have_no_image_in_common(shared_data):
    train, val = ({v.name for v in open_data(f"voc:{shared_data / 'voc'}", split=s).videos} for s in ("train", "val"))
    assert (len(train), len(val), len(train & val)) == (300, 60, 0)


def test_colours_are_those_of_the_files(shared_data):
    with Image.open(next((shared_data / "voc" / "SegmentationClass").glob("*.png"))) as mask:
        expected = np.array(mask.getpalette(), np.uint8).reshape(-1, 3)
    np.testing.assert_array_equal(voc_palette(len(expected)), expected)


def test_every_image_is_a_video_of_its_own_size(small):
    data = open_data(f"voc:{small}")
    assert [(len(video), video.size) for video in data.videos] == [(1, (5, 7)), (1, (6, 4))]
    assert data.videos[0].mask(0)[0, 0] == VOID
    assert data.videos[0].mask(0)[1, 1] == 15


def test_a_missing_mask_is_named(small):
    (small / "SegmentationClass/2007_000002.png").unlink()
    with pytest.raises(DataError, match="2007_000002.png"):
        open_data(f"voc:{small}")


def test_a_missing_list_is_named_with_those_there_are(small):
    with pytest.raises(DataError, match="val.txt.*there are: train"):
        open_data(f"voc:{small}", split="val")


def test_a_folder_that_is_no_voc_is_reported(tmp_path):
    with pytest.raises(DataError, match="JPEGImages"):
        open_data(f"voc:{tmp_path}")


def write_sbd_beside(root, names, label):
    sbd = root / "sbd"
    for folder in ("cls_png", "img"):
        (sbd / folder).mkdir(parents=True)
    for name in names:
        Image.new("L", (5, 7), label).save(sbd / "cls_png" / f"{name}.png")
        Image.new("RGB", (5, 7)).save(sbd / "img" / f"{name}.jpg")
    return sbd


def test_sbds_labels_are_taken_for_train_and_vocs_for_val(small):
    """2007_000001 is VOC train and SBD val, 2007_000002 VOC val, 2008_1 only SBD's, its image too."""
    sbd = write_sbd_beside(small, ["2007_000001", "2008_1"], label=9)
    lists = small / "ImageSets/Segmentation"
    for file, names in ((lists / "train.txt", "2007_000001"), (lists / "val.txt", "2007_000002")):
        file.write_text(names)
    (sbd / "train.txt").write_text("2008_1\n")
    (sbd / "val.txt").write_text("2007_000001\n")
    train = open_data(f"voc:{small},sbd={sbd}")
    assert [(video.name, video.mask(0)[1, 1]) for video in train.videos] == [("2007_000001", 9), ("2008_1", 9)]
    assert train.name == "voc (split mode1)"
    assert train.notes == (
        "split mode1: 2 train and 1 val images by its lists, none in both",
        "labels: 2 of SBD (without void), 0 of VOC",
    )
    val = open_data(f"voc:{small},sbd={sbd},split=mode3", split="val")
    assert [(video.name, video.mask(0)[1, 1]) for video in val.videos] == [("2007_000002", 15)]


def test_segmentation_class_aug_replaces_sbd(small):
    (small / "ImageSets/Segmentation/trainaug.txt").write_text("/JPEGImages/2007_000001.jpg /x/2007_000001.png\n")
    (small / "ImageSets/Segmentation/val.txt").write_text("2007_000002\n")
    (small / "SegmentationClassAug").mkdir()
    Image.new("L", (5, 7), 3).save(small / "SegmentationClassAug/2007_000001.png")
    assert open_data(f"voc:{small},split=trainaug").videos[0].mask(0)[1, 1] == 3
    assert open_data(f"voc:{small},split=trainaug", split="val").videos[0].mask(0)[1, 1] == 15


def test_keras_fcns_lists_are_read_from_where_they_stand(shared_data):
    left_out, lists = LeftOut(skip=True), shared_data / "voc" / "splits_kd"
    data = open_data(f"voc:{shared_data / 'voc'},split=keras_fcn,lists={lists}", left_out=left_out)
    there = {path.stem for path in (shared_data / "voc" / "JPEGImages").iterdir()}
    assert {video.name for video in data.videos} == there & {*(lists / "train_png.txt").read_text().split()}
    assert data.frames + len(left_out.items) == 10831
    assert "split keras_fcn: 10,831 train and 1,200 val images by its lists, none in both" in data.notes


def test_test_images_have_no_labels(small):
    (small / "ImageSets/Segmentation/test.txt").write_text("2007_000001\n")
    assert open_data(f"voc:{small}", split="test").videos[0].labelled == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("split=mode4", "split must be one of voc12, mode1"),
        ("lists=nowhere", "lists must be an existing folder"),
        ("split=mode2", "needs SBD's lists"),
        ("splt=mode2", "did you mean split"),
    ],
)
def test_options_that_make_no_sense_are_one_sentence(small, options, message):
    with pytest.raises(DataError, match=message):
        open_data(f"voc:{small},{options}")


def test_labels_saved_in_vocs_colours_are_read_as_classes(small):
    mask = np.zeros((7, 5, 3), np.uint8)
    mask[0, :2] = (128, 0, 0), (224, 224, 192)
    Image.fromarray(mask).save(small / "SegmentationClass/2007_000001.png")
    np.testing.assert_array_equal(open_data(f"voc:{small}").videos[0].mask(0)[0], [1, VOID, 0, 0, 0])
