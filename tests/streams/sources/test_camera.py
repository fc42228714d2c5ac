import sys
from pathlib import Path

import numpy as np
import pytest

from streams import CameraSource, Prefetch, Reconnecting, SourceError
from streams.sources.camera import CameraSettings, list_cameras


class FakeCapture:
    """A camera that gives these pictures, then None."""

    def __init__(self, pictures):
        self.pictures, self.released = iter(pictures), False

    def read(self):
        return next(self.pictures, None)

    def settings(self):
        return CameraSettings()

    def release(self):
        self.released = True


def camera(sizes):
    capture = FakeCapture([np.full((*size, 3), index, np.uint8) for index, size in enumerate(sizes)])
    return CameraSource(3, opener=lambda camera, requested: capture), capture


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


@pytest.mark.skipif(sys.platform != "linux" or Path("/dev/video0").exists(), reason="needs Linux without a camera")
def test_a_machine_without_cameras_says_so(capfd):
    with pytest.raises(SourceError, match=r"there is no camera 0: this machine has none \(no /dev/video\*\)"):
        with CameraSource(0):
            pass
    assert capfd.readouterr().err == ""


def test_what_a_camera_really_gives_is_told_and_warned_of_where_it_is_something_else():
    capture, events, asked = FakeCapture([np.zeros((480, 640, 3), np.uint8)] * 2), [], []
    capture.settings = lambda: CameraSettings((480, 640), 15.0, "YUYV")

    def opener(camera, requested):
        asked.append((camera, requested))
        return capture

    source = CameraSource("/dev/video3", size=(720, 1280), fps=30, pixel_format="mjpg", opener=opener)
    source.watch(events.append)
    with source:
        assert source.rate == 15 and source.size == (480, 640)
    assert asked == [("/dev/video3", CameraSettings((720, 1280), 30, "MJPG"))]
    gives = "camera /dev/video3 gives 640x480, 15 frames a second, YUYV"
    assert [(event.kind, event.message) for event in events] == [("settings", gives)]
    assert source.warnings == [f"{gives}, not 1280x720, 30 frames a second, MJPG as asked for"]


def test_a_camera_that_does_as_it_is_asked_gives_no_warning():
    capture = FakeCapture([np.zeros((480, 640, 3), np.uint8)])
    capture.settings = lambda: CameraSettings((480, 640), 29.97, "MJPG")
    source = CameraSource(0, size=(480, 640), fps=30, pixel_format="MJPG", opener=lambda camera, requested: capture)
    with source:
        pass
    assert source.warnings == []


def test_an_unplugged_camera_that_comes_back_is_a_new_epoch():
    captures = [
        FakeCapture([np.zeros((5, 7, 3), np.uint8)] * 3),
        None,
        FakeCapture([np.zeros((5, 7, 3), np.uint8)] * 2),
    ]
    camera = CameraSource(0, opener=lambda camera, requested: captures.pop(0))
    source = Reconnecting(camera, wait=lambda seconds: not captures)
    with source:
        frames = list(source)
    assert [frame.epoch for frame in frames] == [0, 0, 0, 1, 1]
    assert all(one.pts < two.pts for one, two in zip(frames, frames[1:], strict=False))


def test_a_device_that_is_no_camera_or_may_not_be_used_is_one_line(tmp_path):
    device = tmp_path / "video0"
    device.touch()
    with pytest.raises(SourceError, match=f"camera {device} cannot be opened; another program may be using it"):
        with CameraSource(device, opener=lambda *_: None):
            pass


def test_cameras_are_listed_by_name_without_their_second_devices(tmp_path):
    for device, index, name in (("video10", 0, "Second"), ("video0", 0, "First"), ("video1", 1, "First")):
        (tmp_path / device).mkdir()
        (tmp_path / device / "index").write_text(f"{index}\n")
        (tmp_path / device / "name").write_text(f"{name} camera\n")
    assert list_cameras(tmp_path) == [(0, "First camera"), (10, "Second camera")]
    assert list_cameras(tmp_path / "none") == []
