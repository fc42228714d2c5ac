import keras
import numpy as np
from keras import ops

from seqseg.layers import unroll
from seqseg.models.temporal import GatedMean, MovingMean

CLIP = np.random.default_rng(0).normal(0, 3, (2, 4, 7, 9, 3)).astype("float32")


def built(cell):
    keras.utils.set_random_seed(0)
    cell.build((None, 7, 9, 3))
    return cell


def outputs_of(cell, clip=CLIP):
    return ops.convert_to_numpy(unroll(cell, ops.convert_to_tensor(clip), cell.initial_state(len(clip), 7, 9))[0])


def test_a_new_one_is_the_moving_mean():
    gated, plain = (outputs_of(built(cell(factor=0.7))) for cell in (GatedMean, MovingMean))
    np.testing.assert_allclose(gated, plain, atol=1e-5)


def test_a_frame_that_weighs_nothing_leaves_the_mean_as_it_is():
    cell = built(GatedMean(factor=0.9))
    # One hidden channel that fires where class 0 of the frame is likely and shuts the gate that admits it.
    for weight in (cell.kernel, cell.mean_kernel, cell.gates_kernel):
        weight.assign(ops.zeros_like(weight))
    seen, gates = np.zeros(cell.kernel.shape, "float32"), np.zeros(cell.gates_kernel.shape, "float32")
    seen[1, 1, 0, 0] = 1
    gates[0, 0, 0, 3:] = -30
    cell.kernel.assign(seen)
    cell.gates_kernel.assign(gates)
    clip = np.zeros((1, 3, 7, 9, 3), "float32")
    clip[..., 1] = 10
    clip[0, 2, :, :4] = [20, 0, 0]
    after = outputs_of(cell, clip)[0, 2]
    # A weight of 0.01, the least that there is, against two frames at 0.9 and 0.81; no class is quite unlikely.
    np.testing.assert_allclose(after[:, :4], np.full((7, 4, 1), 1 / 1.72) * [0.2, 17.1, 0], rtol=2e-3)
    np.testing.assert_allclose(after[:, 4:], np.full((7, 5, 1), 1.0) * [0, 10, 0], rtol=2e-3)


def test_the_first_frame_is_itself_however_little_it_weighs():
    cell = built(GatedMean())
    cell.gates_kernel.assign(np.random.default_rng(1).normal(0, 20, cell.gates_kernel.shape))
    np.testing.assert_allclose(outputs_of(cell, CLIP[:, :1]), CLIP[:, :1], rtol=1e-4, atol=1e-4)


def test_it_is_read_from_its_config():
    cell = GatedMean(factor=0.6, width=5, kernel_size=5)
    again = GatedMean.from_config(cell.get_config())
    assert (again.factor, again.width, again.kernel_size) == (0.6, 5, 5)
