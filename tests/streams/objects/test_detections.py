from fractions import Fraction

import numpy as np
import pytest

from streams import Follower, StreamError
from streams.objects.detections import detections

NAMES = ["ground", "car", "lorry"]
MASK = np.zeros((21, 33), np.uint8)
MASK[3:9, 4:14] = 1
MASK[12:18, 20:30] = 2


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "supervision", None)
    with pytest.raises(StreamError, match=r"pip install 'seqseg\[supervision\]'"):
        detections(MASK, NAMES)


def test_regions_are_boxes_masks_and_classes_as_supervision_measures_them():
    supervision = pytest.importorskip("supervision", reason="supervision is an extra")
    found = detections(MASK, NAMES)
    assert found.xyxy.tolist() == [[4, 3, 14, 9], [20, 12, 30, 18]] and found.tracker_id is None
    assert found.area.tolist() == [60, 60] and found["class_name"].tolist() == ["car", "lorry"]
    np.testing.assert_array_equal(supervision.mask_to_xyxy(found.mask) + (0, 0, 1, 1), found.xyxy)
    assert len(detections(MASK * 0, NAMES)) == 0


def test_objects_that_are_followed_have_their_ids():
    pytest.importorskip("supervision", reason="supervision is an extra")
    follower, tracks = Follower((1, 2), confirm=1), None
    for time in range(3):
        found, tracks = follower.step(MASK, tracks, pts=Fraction(time))
    assert detections(MASK, NAMES, found=found).tracker_id.tolist() == [1, 2]
