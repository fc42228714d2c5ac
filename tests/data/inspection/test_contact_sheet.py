"""Pictures of data."""

import numpy as np

from seqseg.data import VOID, Video, VideoSet
from seqseg.data.inspection.contact_sheet import colour_labels, contact_sheet

PALETTE = np.array([[10, 20, 30], [200, 0, 5]], np.uint8)


def dataset(masks):
    frames = np.full((len(masks), 20, 30, 3), 77, np.uint8)
    return VideoSet("x", "all", (Video("v", frames, masks),), ("a", "b"), PALETTE)


def test_a_frame_is_beside_its_labels_in_their_colours():
    sheet = contact_sheet(dataset([np.ones((20, 30), np.uint8)]), width=30)
    assert sheet.shape == (28, 68, 3)
    assert (sheet[4:24, 4:34] == 77).all()
    assert (sheet[4:24, 34:64] == PALETTE[1]).all()


def test_a_sheet_has_at_most_the_rows_and_columns_asked_for():
    sheet = contact_sheet(dataset([np.zeros((20, 30), np.uint8)] * 9), rows=2, columns=3, width=30)
    assert sheet.shape == (2 * 24 + 4, 3 * 64 + 4, 3)


def test_a_frame_without_a_label_is_crossed_out():
    sheet = contact_sheet(dataset([None, np.zeros((20, 30), np.uint8)]), width=30)
    assert sheet[4, 34].any() and not sheet[4, 49].any()


def test_void_is_black():
    assert colour_labels(np.array([[0, VOID]], np.uint8), PALETTE).tolist() == [[[10, 20, 30], [0, 0, 0]]]
