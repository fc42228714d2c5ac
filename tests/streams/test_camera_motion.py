"""A camera that should stand still: one warning says that it does not."""

import numpy as np
import pytest

from streams import ArraySource, FixedCamera, open_source
from streams.camera_motion import CameraMotion


def view(frames, step, *, seed=0):
    """A textured picture seen through a window that shifts by `step` pixels a frame."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (40, 80, 3), dtype=np.uint8)
    picture = np.kron(coarse, np.ones((8, 8, 1), np.uint8))
    starts = np.int64(np.arange(frames) * step)
    return np.stack([picture[40:220, start : start + 240] for start in starts])


def test_a_picture_that_shifts_is_a_camera_that_moves_and_is_told_once():
    source, events = FixedCamera(ArraySource(view(60, 3), fps=10)), []
    source.watch(events.append)
    with source:
        assert len(list(source)) == 60
    assert [event.kind for event in events] == ["camera moves"]
    assert source.warnings == [events[0].message]
    assert "fixed cameras" in events[0].message
    assert "\n" not in events[0].message


def test_things_that_cross_a_still_picture_are_no_camera_that_moves():
    pictures = view(60, 0)
    for number, picture in enumerate(pictures):
        picture[60:140, 3 * number : 3 * number + 50] = np.random.default_rng(9).integers(0, 256, (80, 50, 3))
    source = FixedCamera(ArraySource(pictures))
    with source:
        assert len(list(source)) == 60
    assert not source.warnings


def test_noise_and_a_change_of_light_are_no_motion():
    gauge, rng = CameraMotion(), np.random.default_rng(1)
    for number, picture in enumerate(view(50, 0)):
        noisy = picture * (1 - 0.3 * (number > 25)) + rng.normal(0, 8, picture.shape)
        gauge.look(np.clip(noisy, 0, 255).astype(np.uint8))
    assert not gauge.moving


def test_a_picture_that_changes_its_size_is_no_motion():
    large = view(50, 0)
    source = FixedCamera(ArraySource([*large, *large[:, ::2, ::2]]))
    with source:
        assert len({frame.image.shape for frame in source}) == 2
    assert not source.warnings


def test_a_flat_picture_says_nothing():
    gauge = CameraMotion()
    assert all(gauge.look(np.full((30, 40, 3), shade, np.uint8)) == 0 for shade in range(50))
    assert not gauge.moving


@pytest.mark.parametrize(
    ("folder", "moves"),
    [("cdnet/highway/input", False), ("sbi/HighwayI/input", False), ("sbi/Board/input", False),
     ("davis/JPEGImages/480p/dog", True), ("davis/JPEGImages/480p/horsejump-high", True)],
)  # fmt: skip
def test_real_cameras_are_distinguished(shared_data, folder, moves):
    gauge, ever = CameraMotion(), False
    with open_source(shared_data / folder, end=8) as source:
        for frame in source:
            gauge.look(frame.image)
            ever = ever or gauge.moving
    assert ever == moves
