"""Pixels at their place on the canvas, and back."""

import numpy as np
import pytest

from seqseg.data import VOID
from seqseg.data.clips.placing import place_clip, scale_mask
from seqseg.data.labels.planes import pack_planes, unpack_planes
from seqseg.geometry import Resizing


def placed(height, width, resizing):
    frames = [np.full((height, width, 3), 90, np.uint8)] * 2
    return place_clip(frames, [np.ones((height, width), np.uint8)] * 2, resizing.place(height, width))


def restored(mask, placement):
    """A mask of the canvas at the source's own size: cut out and scaled."""
    return scale_mask(mask[placement.window], placement.source)


def test_frames_of_the_right_size_are_left_alone():
    frame = np.random.default_rng(0).integers(0, 255, (9, 13, 3), np.uint8)
    clip, labels = place_clip([frame], [frame[..., 0]], Resizing("letterbox", (9, 13)).place(9, 13))
    np.testing.assert_array_equal(clip[0], frame)
    np.testing.assert_array_equal(labels[0], frame[..., 0])


def test_large_frames_are_shrunk_with_their_shape_kept():
    clip, labels = placed(80, 80, Resizing("letterbox", (40, 60)))
    assert clip.shape == (2, 40, 60, 3)
    assert (labels[0, :, 10:50] == 1).all()  # a square of 40 in the middle of 60
    assert (labels[0, :, :10] == VOID).all() and (labels[0, :, 50:] == VOID).all()


def test_what_is_left_over_is_void_but_not_black():
    clip, labels = placed(21, 31, Resizing("letterbox", (45, 61)))
    assert (clip == 90).all()
    assert (labels == 1).sum() == 2 * 21 * 31


def test_small_frames_are_never_enlarged_unless_asked():
    _, labels = placed(10, 10, Resizing("letterbox", (40, 40)))
    assert (labels[0] == 1).sum() == 100
    _, labels = placed(10, 20, Resizing("letterbox", (40, 40), enlarge=True))
    assert (labels[0, 10:30] == 1).all() and (labels[0] == 1).sum() == 20 * 40


def test_a_grey_border_is_of_that_grey():
    clip, _ = placed(10, 20, Resizing("letterbox", (40, 40), enlarge=True, border=0))
    assert (clip[0, 10:30] == 90).all() and (clip[0, :10] == 0).all() and (clip[0, 30:] == 0).all()


def test_bit_planes_are_padded_with_planes_of_which_nothing_is_known():
    planes = np.random.default_rng(0).choice(np.uint8([0, 1, 255]), (5, 7, 11))
    bits = pack_planes(planes)
    _, moved = place_clip([np.zeros((5, 7, 3), np.uint8)], [bits], Resizing("letterbox", (9, 13)).place(5, 7))
    np.testing.assert_array_equal(unpack_planes(moved[0, 2:7, 3:10], 11), planes)
    assert (unpack_planes(moved[0, :2], 11) == VOID).all() and (unpack_planes(moved[0, :, 10:], 11) == VOID).all()


RESIZINGS = [
    Resizing("letterbox", (64, 96)),
    Resizing("letterbox", (64, 96), pad=False),
    Resizing("letterbox", (150, 200), enlarge=True, border=0),
    Resizing("resize", (71, 53)),
    Resizing("tile", (48, 40)),
    Resizing("native"),
]


def grid(height, width):
    """A drawn grid whose every cell is another class, 15 pixels wide and high."""
    rows, columns = np.indices((height, width)) // 15
    return (rows * 17 + columns).astype(np.uint8)


@pytest.mark.parametrize("resizing", RESIZINGS, ids=lambda resizing: f"{resizing.name}-{resizing.size}-{resizing.pad}")
@pytest.mark.parametrize("source", [(75, 100), (101, 67)])
def test_a_grid_comes_back_to_within_a_pixel_of_its_lines(resizing, source):
    lines, placement = grid(*source), resizing.place(*source)
    _, labels = place_clip([np.zeros((*source, 3), np.uint8)], [lines], placement)
    back = restored(labels[0], placement)
    assert back.shape == source
    # Half a pixel of the smaller picture, as seen in the source, and half a pixel of rounding.
    reach = int(np.ceil(0.5 + 0.5 * max(1, *(s / i for s, i in zip(source, placement.inside, strict=True)))))
    padded = np.pad(lines, reach, mode="edge")
    near = [padded[y : y + source[0], x : x + source[1]] for y in range(2 * reach + 1) for x in range(2 * reach + 1)]
    assert (np.stack(near) == back).any(axis=0).all()
    assert reach <= 2 and (reach == 1 or placement.inside != source)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_a_grid_enlarged_by_a_whole_factor_comes_back_exactly(factor):
    lines = grid(45, 60)
    placement = Resizing("letterbox", (45 * factor + 7, 60 * factor), enlarge=True).place(45, 60)
    _, labels = place_clip([np.zeros((45, 60, 3), np.uint8)], [lines], placement)
    np.testing.assert_array_equal(restored(labels[0], placement), lines)


def test_a_picture_of_500_by_375_comes_back_rescaled_and_not_cropped():
    """Keras-FCN cut 500x375 out of the 512x384 that it had scaled to: 2.4 % off, 12 pixels at the far corner."""
    lines = np.zeros((375, 500), np.uint8)
    lines[-20:, -20:] = 1
    placement = Resizing("letterbox", (512, 512), enlarge=True, border=0).place(375, 500)
    assert placement.inside == (384, 512) and placement.top == 64
    _, labels = place_clip([np.zeros((375, 500, 3), np.uint8)], [lines], placement)
    back = restored(labels[0], placement)
    rows, columns = np.nonzero(back)
    assert abs(rows.min() - 355) <= 1 and abs(columns.min() - 480) <= 1
    assert rows.max() == 374 and columns.max() == 499
