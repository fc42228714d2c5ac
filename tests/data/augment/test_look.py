"""Colours and wear of the frames, against calculations by hand and other libraries."""

import colorsys
import math

import cv2
import numpy as np
import pytest

from seqseg.data.augment.look import Look, colour_mix, colour_table

GREY = np.full((61, 83, 3), 128, np.uint8)


def changed(look, frame=GREY, index=0):
    frame = frame.copy()
    look.on(frame, index)
    return frame


@pytest.mark.parametrize(
    ("options", "value", "becomes"),
    [
        ((0.2, 0, 0, 1), 100, 100 + 255 * 0.1),  # half the brightness is added
        ((0, 0.5, 0, 1), 200, 127.5 + 1.5 * (200 - 127.5)),
        ((0, 0, math.log(2), 1), 51, 255 * 0.2**2),  # gamma 2
        ((0, 0, 0, 1.25), 100, 125),
        ((0, 0, 0, 3), 100, 255),
        ((-1, 0, 0, 1), 100, 0),
    ],
)
def test_a_table_does_what_is_computed_by_hand(options, value, becomes):
    table = colour_table(*options[:3], np.full(3, options[3]))
    np.testing.assert_allclose(table[value], becomes, atol=0.51)


def test_each_channel_has_its_gain():
    frame = changed(Look(colour_table(0, 0, 0, np.array([1.1, 1.0, 0.9]))))
    np.testing.assert_array_equal(frame[0, 0], [141, 128, 115])


@pytest.mark.parametrize(("hue", "saturation"), [(0.7, 1.0), (-2.0, 0.4), (0.0, 1.8)])
def test_hue_and_saturation_keep_grey_and_brightness(hue, saturation):
    mix = colour_mix(hue, saturation)
    np.testing.assert_allclose(mix @ np.full(3, 77), 77, rtol=1e-5)
    colour = np.array([90.0, 120.0, 60.0])
    luma = [0.299, 0.587, 0.114]
    np.testing.assert_allclose(luma @ (mix @ colour), luma @ colour, rtol=1e-5)


def test_a_third_of_a_turn_leads_from_red_to_green_to_blue():
    for degrees, wanted in ((0, 0), (120, 1 / 3), (240, 2 / 3)):
        red, green, blue = colour_mix(math.radians(degrees), 1.0) @ np.array([0.6, 0.4, 0.4])
        hue = colorsys.rgb_to_hsv(red, green, blue)[0]
        assert min(abs(hue - wanted), 1 - abs(hue - wanted)) < 0.03


def test_no_saturation_is_the_grey_that_cv2_makes():
    frame = np.random.default_rng(0).integers(0, 256, (61, 83, 3), np.uint8)
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    assert np.abs(changed(Look(mix=colour_mix(0, 0.0)), frame).astype(int) - grey[..., None]).max() <= 1


def test_noise_has_the_deviation_asked_for_and_no_bias():
    noise = changed(Look(noise=9.0, seed=3), np.full((200, 300, 3), 128, np.uint8)).astype(float) - 128
    np.testing.assert_allclose(noise.std(), math.sqrt(9**2 + 1 / 12), rtol=0.01)  # rounding adds a twelfth
    np.testing.assert_allclose(noise.mean(), 0, atol=0.1)


def test_every_frame_has_noise_of_its_own_and_the_same_again():
    look = Look(noise=9.0, seed=3)
    assert (changed(look, index=0) != changed(look, index=1)).mean() > 0.5
    np.testing.assert_array_equal(changed(look, index=1), changed(look, index=1))


def test_a_blurred_edge_is_as_wide_as_asked():
    """The slope of a blurred step is a Gaussian: its largest value is 255 / (deviation sqrt(2 pi))."""
    step = np.zeros((31, 60, 3), np.uint8)
    step[:, 30:] = 255
    slope = np.diff(changed(Look(blur=3.0), step)[15, :, 0].astype(float))
    np.testing.assert_allclose(slope.max(), 255 / (3 * math.sqrt(2 * math.pi)), rtol=0.05)


def test_jpeg_keeps_colours_in_their_places_and_a_worse_one_is_further_off():
    frame = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (64, 80, 3), np.uint8), (0, 0), 2)
    frame[..., 0] //= 2
    fine, coarse = (np.abs(changed(Look(jpeg=quality), frame).astype(int) - frame).mean() for quality in (95, 10))
    assert fine < 3 < coarse


def test_a_hole_is_of_one_colour_and_nothing_else_changes():
    frame = changed(Look(hole=(10, 20, 25, 50), fill=(1, 2, 3)))
    assert (frame[10:25, 20:50] == (1, 2, 3)).all()
    assert (frame != GREY).any(axis=2).sum() == 15 * 30
