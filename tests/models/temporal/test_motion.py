"""Memories that move along with the picture."""

import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers import fold, unroll
from seqseg.models import build_model, load_model, save_model
from seqseg.models.temporal import MovingMean
from seqseg.models.temporal.motion import LOST, motion_of, motion_shapes

cv2 = pytest.importorskip("cv2")
NOISE = np.random.default_rng(5).integers(0, 256, (220, 260, 3), "uint8")
WORLD = cv2.normalize(cv2.GaussianBlur(NOISE, (0, 0), 5), None, 0, 255, cv2.NORM_MINMAX).astype("float32")
SIZE = (96, 128)


def walk(frames, down, right):
    """A clip (1, t, h, w, 3) of a camera that looks further down and right at every frame."""
    return np.stack([WORLD[down * t :, right * t :][: SIZE[0], : SIZE[1]] for t in range(frames)])[None]


def fresh(batch=1, size=SIZE):
    return {name: ops.zeros(shape) for name, shape in motion_shapes(batch, *size).items()}


def test_the_flow_is_that_of_the_camera_at_every_size():
    clip = walk(3, 4, 8)
    motion, _ = motion_of(fold(ops.convert_to_tensor(clip)), 3, fresh())
    for stride in (1, 2, 4, 8):
        flow = ops.convert_to_numpy(motion.at((SIZE[0] // stride, SIZE[1] // stride)))
        inner = flow[1:, 20 // stride : -20 // stride, 20 // stride : -20 // stride]
        np.testing.assert_allclose(np.median(inner, axis=(0, 1, 2)), [8 / stride, 4 / stride], rtol=0.1)
        assert np.all(flow[0] == 0)  # nothing moves into a stream's first frame


def test_motion_goes_on_where_the_last_clip_ended():
    clip = ops.convert_to_tensor(walk(4, 2, 4))
    whole, end = motion_of(fold(clip), 4, fresh())
    first, state = motion_of(fold(clip[:, :2]), 2, fresh())
    second, state = motion_of(fold(clip[:, 2:]), 2, state)
    parts = ops.concatenate([first.at((24, 32)), second.at((24, 32))])
    np.testing.assert_allclose(ops.convert_to_numpy(parts), ops.convert_to_numpy(whole.at((24, 32))), atol=1e-4)
    for name in end:
        np.testing.assert_allclose(ops.convert_to_numpy(state[name]), ops.convert_to_numpy(end[name]), atol=1e-6)


def test_a_frame_that_is_no_number_does_not_move_and_is_counted():
    clip = walk(4, 2, 4)
    clip[0, 2, 10, 10] = np.nan
    motion, state = motion_of(fold(ops.convert_to_tensor(clip)), 4, fresh())
    flow = ops.convert_to_numpy(motion.at((24, 32)))
    assert np.isfinite(flow).all() and np.all(flow[2] == 0) and np.any(flow[1] != 0)
    assert float(ops.convert_to_numpy(state[LOST])[0, 0, 0, 0]) == 1


@pytest.mark.parametrize(("channels", "timesteps"), [(1, 1), (1, 3), (3, 1)])
def test_grey_clips_and_clips_of_one_frame_are_allowed(channels, timesteps):
    memory = {"P1": {"name": "convgru", "filters": 2, "warp": True}}
    model = build_model("unet", classes=2, channels=channels, filters=2, temporal=memory)
    clip = np.random.default_rng(0).integers(0, 256, (1, timesteps, 21, 29, channels), "uint8")
    logits, state = model.run(clip)
    assert tuple(logits.shape) == (1, timesteps, 21, 29, 2)
    assert set(state) == {"P1/h", "warp/grey", "warp/seen", "warp/lost"}


@pytest.mark.parametrize("mean", ["mean", "gated_mean"])
def test_a_clip_in_chunks_and_a_row_alone_are_the_same_where_memories_move(mean, tmp_path):
    """The law of `tests/contracts`, small enough for every backend."""
    memories = {"P1": {"name": "convgru", "warp": True, "residual": True}, "logits": {"name": mean, "warp": True}}
    model = build_model("unet", classes=2, filters=2, temporal=memories)
    for variable in model.trainable_variables:  # residuals begin as nothing
        variable.assign(variable + 0.1)
    clip = np.concatenate([walk(4, 2, 4), walk(4, 0, 2)])[:, :, :41, :53]
    whole, _ = model.run(clip)
    first, state = model.run(clip[:, :2])
    rest, _ = model.run(clip[:, 2:], state)
    parts = ops.convert_to_numpy(ops.concatenate([first, rest], axis=1))
    np.testing.assert_allclose(parts, ops.convert_to_numpy(whole), atol=1e-5)
    alone = ops.convert_to_numpy(model.run(clip[1:])[0])
    np.testing.assert_allclose(alone, ops.convert_to_numpy(whole)[1:], atol=1e-5)
    save_model(model, tmp_path / "model.keras")
    again = ops.convert_to_numpy(load_model(tmp_path / "model.keras").run(clip[1:])[0])
    np.testing.assert_allclose(again, alone, atol=1e-5)


def test_a_mean_of_moved_maps_is_sharp_and_empty_where_the_scene_is_new():
    clip = walk(6, 0, 4)
    motion, _ = motion_of(fold(ops.convert_to_tensor(clip)), 6, fresh())
    cell = MovingMean(factor=0.5)
    cell.build((None, *SIZE, 3))
    flow = ops.reshape(motion.at(SIZE), (1, 6, *SIZE, 2))
    moved, state = unroll(cell, ops.convert_to_tensor(clip), cell.initial_state(1, *SIZE), flow)
    still, _ = unroll(cell, ops.convert_to_tensor(clip), cell.initial_state(1, *SIZE))
    inner = slice(24, -24)
    off = [np.abs(ops.convert_to_numpy(mean)[0, -1] - clip[0, -1])[inner, inner].mean() for mean in (moved, still)]
    assert off[0] < 0.25 * off[1]
    weight = ops.convert_to_numpy(state["weight"])[0, ..., 0]
    assert weight[48, 40] == pytest.approx(sum(0.5**k for k in range(6)), abs=0.05)
    assert weight[48, -1] == pytest.approx(1, abs=0.05)


def test_a_mean_at_the_logits_learns_a_factor_for_every_class():
    model = build_model(
        "unet", classes=3, filters=2, temporal={"logits": {"name": "mean", "factor": 0.5, "warp": True}}
    )
    frame = np.random.default_rng(0).integers(0, 256, (1, 21, 29, 3), "uint8")
    once, state = model.run(frame)
    twice, state = model.run(frame, state)  # the same frame twice has the same mean
    np.testing.assert_allclose(ops.convert_to_numpy(twice), ops.convert_to_numpy(once), atol=1e-4)
    assert [tuple(v.shape) for v in model.trainable_variables if "gate" in v.path and "moving_mean" in v.path] == [(3,)]


def test_warp_is_true_or_false():
    with pytest.raises(ConfigError, match="temporal.P1.warp must be true or false"):
        build_model("unet", filters=2, temporal={"P1": {"name": "convgru", "warp": "yes"}})
