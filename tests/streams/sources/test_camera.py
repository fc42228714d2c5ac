import sys
from pathlib import Path

import numpy as np
import pytest

from streams import CameraSource, Prefetch, SourceError
from streams.sources.camera import Wishes


class FakeCapture:
    """A camera that gives these pictures, then None."""

    def __init__(self, pictures):
        self.pictures, self.released = iter(pictures), False

    def read(self):
        return next(self.pictures, None)

    def settings(self):
        return Wishes()

    def release(self):
        self.released = True


def camera(sizes):
    capture = FakeCapture([np.full((*size, 3), index, np.uint8) for index, size in enumerate(sizes)])
    return CameraSource(3, opener=lambda camera, wishes: capture), capture


def read_out(source):
    frames = []
    with pytest.raises(SourceError, match="camera 3 stopped after"), source:
        for frame in source:
            frames.append(frame)
    return frames


def test_a_camera_gives_its_pictures_with_growing_times_from_zero():
    source, capture = camera([(5, 7)] * 4)
    frames = read_out(source)
    assert [frame.image[0, 0, 0] for frame in frames] == [0, 1, 2, 3]
    assert frames[0].pts == 0 and all(a.pts < b.pts for a, b in zip(frames, frames[1:], strict=False))
    assert capture.released and source.live


def test_times_are_those_of_the_clock():
    source, _ = camera([(5, 7)] * 4)
    frames = read_out(source)
    span = frames[-1].captured - frames[0].captured
    assert float(frames[-1].pts - frames[0].pts) == pytest.approx(span, abs=1e-4)


def test_another_picture_size_is_a_new_epoch():
    source, _ = camera([(5, 7), (5, 7), (7, 5)])
    assert [frame.epoch for frame in read_out(source)] == [0, 0, 1]


def test_the_end_of_a_camera_reaches_the_caller_through_a_prefetch():
    source, capture = camera([(5, 7)] * 3)
    assert read_out(Prefetch(source))[-1].index == 2
    assert capture.released


def test_a_missing_camera_is_one_line():
    with pytest.raises(SourceError, match="there is no camera 7: "), CameraSource(7, opener=lambda *_: None):
        pass


def test_a_camera_that_gives_nothing_is_one_line_and_released():
    source, capture = camera([])
    with pytest.raises(SourceError, match="camera 3 opens but gives no picture"), source:
        pass
    assert capture.released


@pytest.mark.skipif(sys.platform != "linux" or Path("/dev/video0").exists(), reason="needs a machine without a camera")
def test_a_machine_without_cameras_says_so(capfd):
    with pytest.raises(SourceError, match=r"there is no camera 0: this machine has none \(no /dev/video\*\)"):
        with CameraSource(0):
            pass
    assert capfd.readouterr().err == ""
