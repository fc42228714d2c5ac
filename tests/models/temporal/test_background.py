"""The memory of what a fixed camera's view looks like: rules that can be checked by hand."""

import cv2
import keras
import numpy as np
import pytest

from seqseg.models.moving.features import _around, feature_count, features
from seqseg.models.moving.net import TrustNet
from seqseg.models.temporal.background import HELD, NAMES, look, masked_median, state_shapes, update

SIZE = (12, 17)


def fresh(batch=1, size=SIZE):
    return {name: keras.ops.zeros(shape) for name, shape in state_shapes(batch, *size, 3).items()}


def numpy_of(tensor):
    return keras.ops.convert_to_numpy(tensor)


def view(seed=0, size=SIZE):
    return np.random.default_rng(seed).uniform(40, 200, (1, 3, *size)).astype("float32")


def after(frames, *, moving=0.0, state=None):
    """The state after frames (t, 1, 3, h, w) in all of which so much moved."""
    state = fresh() if state is None else state
    for frame in frames:
        state = update(look(keras.ops.convert_to_tensor(frame), state), keras.ops.full((1, 1, *SIZE), moving))
    return state


def frames_until_background(thing, *, moving, seen=8, most=300):
    """How long a still `thing` in place of the background is distinguished from it."""
    state = after([view()] * seen)
    for number in range(most):
        found = look(keras.ops.convert_to_tensor(thing), state)
        if float(numpy_of(found.near).mean()) < 1:
            return number
        state = update(found, keras.ops.full((1, 1, *SIZE), moving))
    return most


def test_the_first_frame_is_the_background():
    frame = view()
    seen = look(keras.ops.convert_to_tensor(frame), fresh())
    np.testing.assert_allclose(numpy_of(seen.state["first"]), frame, atol=1e-4)
    assert (numpy_of(seen.near) < 1e-4).all()


def test_a_zero_state_is_a_fresh_one_in_its_row_alone():
    frames = np.concatenate([view(1), view(2)])
    begun = {name: np.concatenate([numpy_of(tensor), numpy_of(fresh()[name])]) for name, tensor in
             after([view(0)] * 3).items()}  # fmt: skip
    seen = look(keras.ops.convert_to_tensor(frames), {k: keras.ops.convert_to_tensor(v) for k, v in begun.items()})
    np.testing.assert_allclose(numpy_of(seen.state["first"])[1], frames[1], atol=1e-4)
    assert np.abs(numpy_of(seen.state["first"])[0] - view(0)[0]).max() < np.abs(frames[0] - view(0)[0]).max()


def test_noise_is_averaged_and_does_not_drift_in_three_hundred_frames():
    truth, rng = view(), np.random.default_rng(3)
    state = after(truth + rng.normal(0, 4, truth.shape).astype("float32") for _ in range(300))
    assert np.abs(numpy_of(state["first"]) - truth).mean() < 1
    assert all(np.isfinite(numpy_of(state[name])).all() for name in NAMES)


def test_what_stops_is_held_while_it_is_known_to_move_and_a_ghost_goes_soon():
    thing = view(9)
    # By hand: the second mode ages by HELD + (1 - moving)^2 a frame until it is 2 older than the first, of 9 frames.
    ghost, held = (frames_until_background(thing, moving=moving) for moving in (0.0, 1.0))
    assert ghost == pytest.approx(11 / (1 + HELD), abs=3)
    assert held == pytest.approx(11 / HELD, rel=0.1)


def test_a_lamp_is_no_motion():
    frame = view()
    lit = 1.25 * (frame + 16) - 16
    seen = look(keras.ops.convert_to_tensor(lit), after([frame] * 20))
    np.testing.assert_allclose(numpy_of(seen.level), np.log(1.25), atol=1e-3)
    assert (numpy_of(seen.near) < 0.1).all()


def test_something_dark_before_most_of_the_picture_is_not_taken_for_night():
    frame = view()
    dark = frame.copy()
    dark[..., :12] = view(5)[..., :12] * 0.3
    seen = look(keras.ops.convert_to_tensor(dark), after([frame] * 20))
    assert not numpy_of(seen.level).any()
    assert (numpy_of(seen.near)[..., :12] > 1).mean() > 0.8
    assert (numpy_of(seen.near)[..., 12:] < 0.1).all()


def test_the_median_is_numpys_lower_one():
    rng = np.random.default_rng(2)
    values, mask = rng.normal(size=(3, 2, 7, 5)).astype("float32"), rng.integers(0, 2, (3, 1, 7, 5)).astype("float32")
    mask[2] = 0
    ours = numpy_of(masked_median(keras.ops.convert_to_tensor(values), keras.ops.convert_to_tensor(mask)))
    for row in range(2):
        chosen = values[row][:, mask[row, 0] > 0]
        np.testing.assert_array_equal(ours[row, :, 0, 0], np.quantile(chosen, 0.5, axis=1, method="lower"))
    assert not ours[2].any()


def test_the_last_answer_is_no_feature():
    state = after([view()] * 5)
    frame = keras.ops.convert_to_tensor(view(3))
    maps = [numpy_of(features(look(frame, state | {"moving": keras.ops.full((1, 1, *SIZE), moving)})))
            for moving in (0.0, 0.4)]  # fmt: skip
    assert maps[0].shape == (1, feature_count(3), *SIZE)
    np.testing.assert_array_equal(maps[0], maps[1])


def test_the_square_around_a_pixel_is_opencvs():
    maps = view(4)
    ours = numpy_of(_around(keras.ops.convert_to_tensor(maps)))
    for channel in range(3):
        np.testing.assert_array_equal(ours[0, channel], cv2.dilate(maps[0, channel], np.ones((5, 5), np.uint8)))


def test_a_net_at_work_says_what_its_normalizations_say():
    net = TrustNet(widths=(4, 8, 8), blocks=(1, 1))
    net.build((None, None, None, 5))
    rng = np.random.default_rng(1)
    net.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in net.get_weights()])
    maps = keras.ops.convert_to_tensor(rng.normal(size=(2, 5, 13, 18)).astype("float32"))
    np.testing.assert_allclose(numpy_of(net(maps, training=False)), numpy_of(net(maps)), rtol=1e-4)
