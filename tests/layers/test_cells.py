import keras
import numpy as np
import pytest
from keras import ops

from seqseg.inference.compiling import compile_step
from seqseg.layers import ConvGRU, ConvLSTM, unroll

CELLS = [ConvLSTM, ConvGRU]


def clip_of(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_convlstm_agrees_with_keras_convlstm2d_given_its_weights(activation):
    clip = clip_of(2, 5, 9, 7, 3)
    stock = keras.layers.ConvLSTM2D(
        4, 3, padding="same", activation=activation, return_sequences=True, return_state=True
    )
    expected, expected_h, expected_c = stock(clip)
    ours = ConvLSTM(4, activation=activation)
    ours.build((None, None, None, 3))
    ours.set_weights(stock.get_weights())

    outputs, state = unroll(ours, ops.convert_to_tensor(clip), ours.initial_state(2, 9, 7))

    np.testing.assert_allclose(ops.convert_to_numpy(outputs), ops.convert_to_numpy(expected), atol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(state["h"]), ops.convert_to_numpy(expected_h), atol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(state["c"]), ops.convert_to_numpy(expected_c), atol=1e-5)


def test_convgru_agrees_with_keras_gru_cell_on_a_single_pixel():
    """With 1 x 1 kernels on a 1 x 1 map it is a dense GRU (reset before the product, Cho et al. 2014)."""
    features, before = clip_of(3, 5), clip_of(3, 4, seed=1)
    stock = keras.layers.GRUCell(4, reset_after=False)
    stock.build((None, 5))
    kernel, recurrent, bias = stock.get_weights()
    bias = clip_of(12, seed=2)
    stock.set_weights([kernel, recurrent, bias])
    expected, _ = stock(features, [before])

    ours = ConvGRU(4, kernel_size=1)
    ours.build((None, None, None, 5))
    # Keras orders its gates update, reset, candidate; ours are reset, update, candidate.
    order = np.r_[4:8, 0:4, 8:12]
    ours.set_weights(
        [
            kernel[None, None][..., order],
            recurrent[None, None][..., order[:8]],
            recurrent[None, None][..., 8:],
            bias[order],
        ]
    )
    # Keras' update gate keeps the past, Ballas' brings in the present: the same cell with the gate's sign turned.
    ours.set_weights([turn_update(weight, 4) for weight in ours.get_weights()])
    output, _ = ours(features[:, None, None], {"h": ops.convert_to_tensor(before[:, None, None])})

    np.testing.assert_allclose(ops.convert_to_numpy(output)[:, 0, 0], ops.convert_to_numpy(expected), atol=1e-5)


def turn_update(weight, filters):
    if weight.shape[-1] == filters:
        return weight
    weight = weight.copy()
    weight[..., filters : 2 * filters] *= -1
    return weight


@pytest.mark.parametrize("cell_class", CELLS)
def test_a_cell_runs_at_any_size_and_batch_with_the_same_weights(cell_class):
    cell = cell_class(4)
    for batch, height, width in [(1, 5, 7), (3, 12, 1)]:
        output, state = cell(clip_of(batch, height, width, 2), cell.initial_state(batch, height, width))
        assert tuple(output.shape) == (batch, height, width, 4)
        assert set(state) == set(cell.state_names)


@pytest.mark.parametrize("cell_class", CELLS)
def test_the_state_stays_within_one_through_thousands_of_frames(cell_class):
    cell = cell_class(3)
    state = cell.initial_state(1, 4, 4)
    bright = 50 * np.abs(clip_of(1, 4, 4, 2))
    cell(bright, state)
    step = compile_step(cell, lambda features, state, _: cell.step(cell.project(features), state))
    for _ in range(2000):
        state = step(ops.convert_to_tensor(bright), state, None)
    assert np.abs(ops.convert_to_numpy(cell.output(state))).max() <= 1


@pytest.mark.parametrize("cell_class", CELLS)
def test_a_cell_survives_its_own_config(cell_class):
    cell = cell_class(6, kernel_size=5, activation="relu")
    again = cell_class.from_config(cell.get_config())
    assert again.get_config() == cell.get_config()


@pytest.mark.parametrize("cell_class", CELLS)
def test_the_state_stays_in_float32_under_mixed_precision(cell_class):
    cell = cell_class(4, dtype="mixed_bfloat16")
    output, state = cell(clip_of(1, 6, 6, 2), cell.initial_state(1, 6, 6))
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    assert all(keras.backend.standardize_dtype(tensor.dtype) == "float32" for tensor in state.values())
