"""Poolings against Keras' own and by hand."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.models.backbones.dilated_pooling import DilatedPooling, SampledGlobalPooling

MAPS = np.random.default_rng(0).normal(size=(2, 7, 10, 3)).astype("float32")


@pytest.mark.parametrize(
    ("kind", "theirs"), [("max", keras.layers.MaxPooling2D), ("average", keras.layers.AveragePooling2D)]
)
@pytest.mark.parametrize("window", [(3, 3), (1, 5)])
def test_undilated_it_is_keras_own(kind, theirs, window):
    padding = tuple((taps // 2, taps // 2) for taps in window)
    expected = ops.convert_to_numpy(theirs(window, strides=1, padding="same")(MAPS))
    ours = DilatedPooling(kind, window, padding=padding)(MAPS)
    np.testing.assert_allclose(ops.convert_to_numpy(ours), expected, atol=1e-6)
    bare = DilatedPooling(kind, window)
    expected = ops.convert_to_numpy(theirs(window, strides=1)(MAPS))
    np.testing.assert_allclose(ops.convert_to_numpy(bare(MAPS)), expected, atol=1e-6)
    assert bare.compute_output_shape(MAPS.shape) == expected.shape


def test_taps_are_apart_and_what_was_filled_in_does_not_count():
    row = np.array([1.0, 5.0, -3.0, 2.0], "float32").reshape(1, 1, 4, 1)
    options = {"window": (1, 2), "dilation": 2, "padding": ((0, 0), (0, 2))}
    largest, mean = (ops.convert_to_numpy(DilatedPooling(kind, **options)(row)).ravel() for kind in ("max", "average"))
    assert largest.tolist() == [1, 5, -3, 2]
    assert mean.tolist() == [-1, 3.5, -3, 2]


@pytest.mark.parametrize(("kind", "expected"), [("max", 6.0), ("average", 3.0)])
def test_a_sample_is_pooled(kind, expected):
    maps = np.arange(9, dtype="float32").reshape(1, 3, 3, 1)
    maps[0, 2, 2] = -2
    maps[0, 2, 0] = 6
    maps[0, 0, 2] = 8 if kind == "average" else 2
    assert SampledGlobalPooling(kind, step=2)(maps).shape == (1, 1)
    assert float(SampledGlobalPooling(kind, step=2, keepdims=True)(maps)[0, 0, 0, 0]) == expected
