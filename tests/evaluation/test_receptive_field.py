"""The receptive field of a model."""

import keras
import numpy as np
import pytest

from seqseg.evaluation.receptive_field import receptive_field

RNG = np.random.default_rng(0)


class Convolutions:
    """Linear 3x3 convolutions one after the other, and a memory that keeps `memory` of the sum before."""

    def __init__(self, layers, memory=0.0):
        self.kernels = [RNG.uniform(0.5, 1, (3, 3, 3, 3)).astype("float32") for _ in range(layers)]
        self.memory = memory

    def run(self, clip, state=None, *, condition=None):
        outputs, kept = [], 0.0
        for frame in keras.ops.unstack(clip, axis=1):
            for kernel in self.kernels:
                frame = keras.ops.conv(frame, kernel, padding="same")
            kept = frame + self.memory * kept
            outputs.append(kept)
        return keras.ops.stack(outputs, axis=1), None


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_the_reach_of_convolutions_is_the_theoretical_field(layers):
    field = receptive_field(Convolutions(layers), np.zeros((1, 1, 25, 31, 3), "float32"))
    assert field.reach == (1 + 2 * layers, 1 + 2 * layers)
    assert field.influence.sum() == pytest.approx(1)


def test_the_effective_field_grows_with_the_root_of_depth_as_luo_et_al_prove():
    clips = np.zeros((1, 1, 81, 81, 3), "float32")
    sides = [receptive_field(Convolutions(layers), clips).side for layers in (5, 20)]
    assert sides[1] / sides[0] == pytest.approx(2, rel=0.15)


def test_a_memory_that_keeps_half_shows_it_by_frame():
    field = receptive_field(Convolutions(1, memory=0.5), np.zeros((2, 4, 9, 9, 3), "float32"))
    np.testing.assert_allclose(field.by_frame, np.array([1, 2, 4, 8]) / 15, rtol=1e-5)


def test_without_memory_only_the_last_frame_counts():
    assert receptive_field(Convolutions(1), np.zeros((1, 3, 9, 9, 3), "float32")).by_frame == (0.0, 0.0, 1.0)


def test_the_box_holds_what_it_says():
    field = receptive_field(Convolutions(3), np.zeros((1, 1, 40, 40, 3), "float32"))
    half = field.box[0] // 2
    inside = field.influence[-1, 20 - half : 20 + half, 20 - half : 20 + half].sum()
    assert 0.95 <= inside <= 1 and field.box[0] < 12
