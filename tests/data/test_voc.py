"""Pascal VOC, against PIL."""

import numpy as np
import pytest
from PIL import Image

from seqseg.data import VOID, open_data
from seqseg.data.voc import voc_palette
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


def test_a_folder_that_is_no_voc_is_told(tmp_path):
    with pytest.raises(DataError, match="JPEGImages"):
        open_data(f"voc:{tmp_path}")
