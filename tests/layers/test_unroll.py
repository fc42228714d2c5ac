import keras
import numpy as np
import pytest
from keras import ops

from seqseg.layers import ConvGRU, ConvLSTM, fold, reset_where, unfold, unroll


class Counter:
    """A cell that counts its frames, so that resets can be read off."""

    def project(self, features):
        return features

    def step(self, projected, state):
        return {"count": state["count"] + 1 + 0 * projected}

    def output(self, state):
        return state["count"]


def test_unfold_undoes_fold():
    clip = np.arange(2 * 3 * 4 * 5 * 6).reshape(2, 3, 4, 5, 6)
    np.testing.assert_array_equal(ops.convert_to_numpy(unfold(fold(clip), 3)), clip)


def test_unroll_visits_every_frame_once_and_in_order():
    clip = ops.zeros((2, 4, 1, 1, 1))
    outputs, state = unroll(Counter(), clip, {"count": ops.zeros((2, 1, 1, 1))})
    np.testing.assert_array_equal(ops.convert_to_numpy(outputs)[1, :, 0, 0, 0], [1, 2, 3, 4])
    assert float(state["count"][0, 0, 0, 0]) == 4


def test_reset_where_clears_the_marked_rows_only():
    state = {"h": ops.ones((3, 2, 2, 1)), "c": 2 * ops.ones((3, 2, 2, 1))}
    after = reset_where(state, [False, True, False])
    np.testing.assert_array_equal(ops.convert_to_numpy(after["h"])[:, 0, 0, 0], [1, 0, 1])
    np.testing.assert_array_equal(ops.convert_to_numpy(after["c"])[:, 0, 0, 0], [2, 0, 2])


def test_reset_where_forgets_even_a_state_that_is_not_a_number():
    after = reset_where({"h": ops.full((1, 1, 1, 1), float("nan"))}, [True])
    assert float(after["h"][0, 0, 0, 0]) == 0


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="only TensorFlow traces an unknown number of frames"
)
@pytest.mark.parametrize("cell_class", [ConvLSTM, ConvGRU])
def test_a_number_of_frames_unknown_to_the_graph_gives_the_same(cell_class):
    import tensorflow as tf

    cell = cell_class(3)
    cell.build((None, None, None, 2))
    clip = np.random.default_rng(0).normal(size=(2, 5, 6, 7, 2)).astype("float32")
    state = cell.initial_state(2, 6, 7)
    expected, last = unroll(cell, ops.convert_to_tensor(clip), state)

    run = tf.function(lambda clip: unroll(cell, clip, state), input_signature=[tf.TensorSpec((2, None, 6, 7, 2))])
    outputs, state_after = run(clip)

    np.testing.assert_allclose(outputs, expected, atol=1e-6)
    for name in last:
        np.testing.assert_allclose(state_after[name], last[name], atol=1e-6)
