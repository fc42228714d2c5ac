from fractions import Fraction

import imageio.v3 as imageio
import numpy as np
import pytest

from streams import Overlay, PicturesSink, SinkError
from streams.frame import Frame

OVERLAY = Overlay([[0, 0, 0], [200, 0, 0]], ["ground", "car"], legend=False)
MASK = np.zeros((5, 7), np.uint8)
MASK[1:3, 2:4] = 1


def frames(count=1, name=""):
    rng = np.random.default_rng(0)
    for index in range(count):
        yield Frame(rng.integers(0, 256, (5, 7, 3), np.uint8), Fraction(index), index, "a.png", name=name)


def test_a_picture_is_the_overlay_of_one_frame(tmp_path):
    (frame,) = frames()
    with PicturesSink(tmp_path / "new" / "out.png", OVERLAY) as sink:
        sink.write(frame, MASK)
    np.testing.assert_array_equal(imageio.imread(tmp_path / "new" / "out.png"), OVERLAY.draw(frame.image, MASK))
    with PicturesSink(tmp_path / "out.jpg", OVERLAY) as sink:
        sink.write(frame, MASK)
    assert imageio.imread(tmp_path / "out.jpg").shape == (5, 7, 3)


def test_a_folder_has_a_picture_for_each_frame_called_like_its_image(tmp_path):
    with PicturesSink(tmp_path / "out", OVERLAY) as sink:
        for frame in frames(2):
            sink.write(frame, MASK)
        for frame in frames(1, name="monday"):
            sink.write(frame, MASK)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["000000.png", "000001.png", "monday.png"]


def test_a_second_frame_for_one_picture_is_one_line(tmp_path):
    first, second = frames(2)
    with pytest.raises(SinkError, match="is one picture, but a.png has more frames; name a folder or a movie"):
        with PicturesSink(tmp_path / "out.png", OVERLAY) as sink:
            sink.write(first, MASK)
            sink.write(second, MASK)
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]
