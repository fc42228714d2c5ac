"""PNG files that other programs read, and colours where they belong."""

import imageio.v3 as imageio
import numpy as np

from seqseg.evaluation.pictures import encode_png, overlay, sample_sheet

PALETTE = np.array([[0, 0, 0], [200, 100, 50]], "uint8")


def test_another_decoder_reads_the_same_pixels():
    image = np.random.default_rng(0).integers(0, 256, (13, 17, 3), dtype="uint8")
    np.testing.assert_array_equal(imageio.imread(encode_png(image), extension=".png"), image)


def test_half_a_colour_over_half_an_image():
    image = np.full((1, 2, 3), 100, "uint8")
    mixed = overlay(image, np.array([[1, 255]]), PALETTE)
    np.testing.assert_array_equal(mixed, [[[150, 100, 75], [50, 50, 50]]])


def test_a_row_a_sample_of_image_labels_and_prediction():
    samples = [(np.zeros((7, 9, 3), "uint8"), np.zeros((7, 9), int), np.ones((7, 9), int))] * 2
    sheet = sample_sheet(samples, PALETTE)
    assert sheet.shape == (2 * (7 + 2), 3 * 9, 3)
    assert (sheet[:7, 18:] == [100, 50, 25]).all() and not sheet[:7, :18].any()


def test_wide_pictures_are_thinned_out():
    sample = np.zeros((90, 161, 3), "uint8"), np.zeros((90, 161), int), np.zeros((90, 161), int)
    assert sample_sheet([sample], PALETTE, widest=80).shape == (30 + 2, 3 * 54, 3)


def test_frames_of_different_sizes_are_on_one_sheet():
    sizes = (5, 9), (7, 4)
    samples = [(np.zeros((*size, 3), "uint8"), np.zeros(size, int), np.zeros(size, int)) for size in sizes]
    assert sample_sheet(samples, PALETTE).shape == (7 + 9, 27, 3)
