"""The picture of clips before and after augmentation."""

import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.data.augment.augmentation import Augmentation
from seqseg.data.inspection.augment_sheet import augment_sheet

NOTHING = Augmentation(flip=0.0, scale=(1.0, 1.0), rotate=0.0, shift=0.0, colour=0.0)


@pytest.fixture(scope="module")
def shapes():
    return open_data("shapes:videos=2,frames=4,size=45x61")


def blocks(sheet, number, caption=16):
    """The sheet cut into its rows of frames and masks, without the captions above them."""
    return [block[caption:] for block in np.split(sheet, number)]


def test_where_nothing_is_varied_after_is_as_before(shapes):
    sheet = augment_sheet(shapes, NOTHING, timesteps=3, clips=2, draws=1, width=61)
    before, after, other, _ = blocks(sheet, 4)
    np.testing.assert_array_equal(before, after)
    assert (before != other).any()


def test_frames_are_above_their_masks_in_a_row(shapes):
    sheet = augment_sheet(shapes, NOTHING, timesteps=3, clips=1, draws=0, width=61)
    video = shapes.videos[0]
    for index in range(3):
        left = 4 + index * 65
        np.testing.assert_array_equal(sheet[16:61, left : left + 61], video.frame(index))
        np.testing.assert_array_equal(sheet[65:110, left : left + 61], shapes.palette[video.mask(index)])


def test_draws_differ_and_a_sheet_is_the_same_again(shapes):
    options = {"timesteps": 2, "clips": 1, "draws": 2, "width": 61}
    sheet = augment_sheet(shapes, Augmentation(), **options)
    _, first, second = blocks(sheet, 3)
    assert (first != second).any()
    np.testing.assert_array_equal(sheet, augment_sheet(shapes, Augmentation(), **options))


def test_single_images_are_clips_of_one_frame():
    images = open_data("shapes:videos=2,frames=1,size=45x61")
    assert augment_sheet(images, NOTHING, timesteps=8, clips=1, draws=0, width=61).shape[1] == 4 + 65


def test_draws_of_a_single_image_are_beside_it():
    images = open_data("shapes:videos=2,frames=1,size=45x61")
    sheet = augment_sheet(images, NOTHING, clips=2, draws=2, width=61)
    assert sheet.shape == (2 * (16 + 2 * (45 + 4)), 3 * (4 + 65), 3)
    before, first, second = np.split(sheet, 3, axis=1)
    np.testing.assert_array_equal(before[16:114], first[16:114])
    np.testing.assert_array_equal(before[16:114], second[16:114])
