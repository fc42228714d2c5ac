"""Optical flow on pictures whose motion is known."""

import numpy as np
import pytest

from seqseg.data.flow import flow_back
from seqseg.errors import DataError
from seqseg.metrics import warp_labels


def texture(size=(67, 91)):
    """Smooth enough to be followed, and nowhere the same."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    waves = np.sin(rows / 5) + np.sin(columns / 7) + np.sin((rows + 2 * columns) / 9)
    return np.repeat(((waves + 3) * 42).astype("uint8")[..., None], 3, axis=-1)


def test_it_points_to_where_a_pixel_was():
    before = texture()
    after = np.roll(before, (2, 3), axis=(0, 1))
    inner = flow_back(after, before)[12:-12, 12:-12]
    np.testing.assert_allclose(np.median(inner, axis=(0, 1)), [-3, -2], atol=0.3)


def test_labels_warped_by_it_lie_where_the_picture_moved_to():
    before = texture()
    labels = (before[..., 0] > 128).astype("uint8")
    after, moved = (np.roll(part, (2, 3), axis=(0, 1)) for part in (before, labels))
    warped = warp_labels(labels, flow_back(after, before))[12:-12, 12:-12]
    assert (warped == moved[12:-12, 12:-12]).mean() > 0.97 > (labels == moved)[12:-12, 12:-12].mean()


@pytest.mark.parametrize("effort", ["ultrafast", "fast", "medium"])
def test_a_picture_that_stays_has_no_flow(effort):
    flow = flow_back(texture(), texture(), effort=effort)
    assert flow.shape == (67, 91, 2) and flow.dtype == np.float32 and np.abs(flow).max() < 0.1


def test_frames_of_two_sizes_are_refused():
    with pytest.raises(DataError, match="two frames of one size"):
        flow_back(texture(), texture((67, 90)))


def test_frames_too_small_to_search_in_are_refused():
    with pytest.raises(DataError, match="at least 16x16, got 8x9"):
        flow_back(np.zeros((8, 9, 3), "uint8"), np.zeros((8, 9, 3), "uint8"))


def test_an_unknown_effort_is_refused():
    with pytest.raises(DataError, match="ultrafast, fast, medium"):
        flow_back(texture(), texture(), effort="slow")
