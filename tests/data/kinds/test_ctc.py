"""The Cell Tracking Challenge's layout, by hand and made of the real cells."""

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage.segmentation import find_boundaries

from seqseg.data import VOID, open_data
from seqseg.data.kinds.ctc import borders
from seqseg.errors import DataError


def write(path, values, kind="uint16"):
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.asarray(values, kind))


NUMBERS = np.zeros((9, 11), np.uint16)
NUMBERS[1:5, 1:5], NUMBERS[1:5, 5:9], NUMBERS[6:8, 2:7] = 300, 2, 70


@pytest.fixture
def cells(tmp_path):
    for sequence in ("01", "02"):
        for frame in range(4):
            write(tmp_path / sequence / f"t{frame:03d}.tif", NUMBERS * 9 + frame)
            write(tmp_path / f"{sequence}_ST" / "SEG" / f"man_seg{frame:03d}.tif", NUMBERS)
        for frame in (1, 3):
            write(tmp_path / f"{sequence}_GT" / "SEG" / f"man_seg{frame:03d}.tif", np.where(NUMBERS == 70, 0, NUMBERS))
    return tmp_path


def test_gold_labels_are_on_some_frames_only(cells):
    data = open_data(f"ctc:{cells}", split="all")
    assert [(video.name, video.labelled) for video in data.videos] == [("01", (1, 3)), ("02", (1, 3))]
    np.testing.assert_array_equal(data.videos[0].mask(1), (NUMBERS > 0) & (NUMBERS != 70))
    assert "4 of 8 frames have gold truth" in data.notes


def test_silver_is_everywhere_and_both_is_gold_where_there_is(cells):
    assert open_data(f"ctc:{cells},truth=silver", split="all").videos[0].labelled == (0, 1, 2, 3)
    both = open_data(f"ctc:{cells},truth=both", split="all").videos[0]
    np.testing.assert_array_equal(both.mask(0), NUMBERS > 0)
    np.testing.assert_array_equal(both.mask(1), (NUMBERS > 0) & (NUMBERS != 70))


def test_a_marked_cell_that_gold_leaves_out_is_void(cells):
    markers = np.zeros_like(NUMBERS)
    markers[2:4, 2:4], markers[6, 3:6] = 300, 70
    write(cells / "01_GT" / "TRA" / "man_track001.tif", markers)
    mask = open_data(f"ctc:{cells}", split="all").videos[0].mask(1)
    assert (mask[6, 3:6] == VOID).all() and (mask == VOID).sum() == 3


def test_borders_are_those_of_scikit_image(cells):
    np.testing.assert_array_equal(borders(NUMBERS), find_boundaries(NUMBERS, connectivity=2, mode="inner"))
    mask = open_data(f"ctc:{cells},labels=border,truth=silver", split="all").videos[0].mask(0)
    np.testing.assert_array_equal(mask == 2, borders(NUMBERS))
    assert set(np.unique(mask)) == {0, 1, 2}


def test_real_cells_have_the_borders_scikit_image_finds(shared_data):
    numbers = np.array(Image.open(shared_data / "cells/id_masks/00007.png"))
    np.testing.assert_array_equal(borders(numbers), find_boundaries(numbers, connectivity=2, mode="inner"))


def test_the_second_sequence_is_val(cells):
    assert [video.name for video in open_data(f"ctc:{cells}", split="val").videos] == ["02"]


def test_several_sets_side_by_side_are_videos_by_their_names(cells, tmp_path_factory):
    above = tmp_path_factory.mktemp("sets")
    cells.rename(above / "DIC-HeLa")
    assert [video.name for video in open_data(f"ctc:{above}", split="all").videos] == ["DIC-HeLa/01", "DIC-HeLa/02"]


def test_frames_of_sixteen_bits_are_stretched_alike(cells):
    video = open_data(f"ctc:{cells}", split="all").videos[0]
    assert video.frame(0).dtype == np.uint8 and video.frame(0).max() == 255


def test_volumes_and_missing_truth_are_reported(tmp_path):
    with pytest.raises(DataError, match="no Cell Tracking Challenge at"):
        open_data(f"ctc:{tmp_path}")
    write(tmp_path / "01" / "t000.tif", NUMBERS)
    with pytest.raises(DataError, match="no gold truth; there may be another"):
        open_data(f"ctc:{tmp_path}")
    write(tmp_path / "01_GT" / "SEG" / "man_seg_000_001.tif", NUMBERS)
    with pytest.raises(DataError, match="3-D set"):
        open_data(f"ctc:{tmp_path}")
    (tmp_path / "01_GT" / "SEG" / "man_seg_000_001.tif").unlink()
    write(tmp_path / "01" / "t000.tif", np.stack([NUMBERS] * 5))
    with pytest.raises(DataError, match="3-D set"):
        open_data(f"ctc:{tmp_path}")
