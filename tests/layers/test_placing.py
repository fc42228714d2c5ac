"""Placing of tensors and back, compared with what numpy and OpenCV do to training's clips."""

import numpy as np
import pytest
from keras import ops

from seqseg.data.clips.placing import place_clip
from seqseg.geometry import Resizing
from seqseg.layers import place_images, restore_logits

RESIZINGS = [
    Resizing("letterbox", (24, 32)),
    Resizing("letterbox", (24, 32), pad=False),
    Resizing("letterbox", (64, 96), enlarge=True, border=7),
    Resizing("resize", (23, 31)),
    Resizing("tile", (24, 32)),
    Resizing("tile", (60, 32)),
    Resizing("native"),
    Resizing("letterbox", (200, 230)),
]


@pytest.mark.parametrize("resizing", RESIZINGS, ids=str)
def test_a_stream_sees_the_pixels_that_training_saw(resizing):
    images = np.random.default_rng(0).integers(0, 256, (2, 45, 61, 3), np.uint8)
    placement = resizing.place(45, 61)
    seen = ops.convert_to_numpy(place_images(images, placement)).astype(float)
    canvas, _ = place_clip(images, [], placement)
    height, width = placement.tile
    expected = [frame[y : y + height, x : x + width] for frame in canvas for y, x in placement.tiles]
    # One grey of rounding where a scale is no whole number.
    np.testing.assert_allclose(seen, np.stack(expected), atol=1 if placement.inside != (45, 61) else 0)


@pytest.mark.parametrize("source", [(45, 61), (75, 100), (20, 30)])
@pytest.mark.parametrize("overlap", [0.0, 0.3, 0.5])
def test_blended_tiles_of_a_picture_are_the_picture(source, overlap):
    logits = np.random.default_rng(1).normal(size=(2, *source, 5)).astype("float32")
    placement = Resizing("tile", (24, 32), overlap=overlap, border=0).place(*source)
    back = ops.convert_to_numpy(restore_logits(place_images(logits, placement), placement))
    np.testing.assert_allclose(back, logits, atol=1e-5)


def test_where_tiles_disagree_the_one_whose_middle_is_near_counts_more_and_nothing_jumps():
    placement = Resizing("tile", (8, 32), overlap=0.5).place(8, 48)
    logits = np.concatenate([np.full((1, 8, 32, 1), k, "float32") for k in range(len(placement.tiles))])
    line = ops.convert_to_numpy(restore_logits(logits, placement))[0, 4, :, 0]
    assert line[0] == 0 and line[-1] == 1 and line[24] == pytest.approx(0.5, abs=0.06)
    assert (np.diff(line) >= 0).all() and np.diff(line).max() < 0.12


@pytest.mark.parametrize("source", [(45, 61), (90, 122)])
def test_logits_come_back_where_they_were_to_within_a_pixel(source):
    ramp = np.stack(np.indices(source), axis=-1).astype("float32")[None]  # each pixel holds its own place
    for resizing in RESIZINGS[:4]:
        placement = resizing.place(*source)
        scaled = ops.image.resize(ramp, placement.inside, interpolation="bilinear", antialias=True)
        above, below, left, right = placement.edges
        canvas = ops.pad(scaled, ((0, 0), (above, below), (left, right), (0, 0)))
        back = ops.convert_to_numpy(restore_logits(canvas, placement))
        pixel = max(1, *(there / inside for there, inside in zip(source, placement.inside, strict=True)))
        reach = int(np.ceil(pixel))
        middle = (slice(None), slice(reach, -reach), slice(reach, -reach))
        assert np.abs(back - ramp)[middle].max() <= 1.0
