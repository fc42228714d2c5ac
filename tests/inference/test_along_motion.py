"""Masks and pictures averaged along the motion, as a state like any other."""

import numpy as np
import pytest
from keras import ops

from seqseg.data.denoising import Denoiser
from seqseg.errors import ConfigError, ModelError
from seqseg.geometry import Resizing
from seqseg.inference import BatchStepper, Predictor
from seqseg.inference.along_motion import AlongMotion
from seqseg.inference.snapshots import Snapshot, read_snapshots, write_snapshots
from seqseg.models import build_model
from streams.gaps import faded

cv2 = pytest.importorskip("cv2")
WORLD = cv2.GaussianBlur(np.random.default_rng(3).integers(0, 256, (160, 200, 3), "uint8"), (0, 0), 3)
WORLD = cv2.normalize(WORLD, None, 0, 255, cv2.NORM_MINMAX)


def walk(frames, step=(2, 4), size=(71, 90)):
    """A camera that looks further right and down at every frame."""
    return [WORLD[step[0] * t :, step[1] * t :][: size[0], : size[1]] for t in range(frames)]


@pytest.fixture(scope="module")
def model():
    return build_model("unet", classes=3, filters=2)


def run(predictor, frames, state=None):
    masks = []
    for frame in frames:
        mask, state = predictor.step(frame, state)
        masks.append(mask)
    return np.stack(masks), state


def test_the_mean_moves_along_with_the_picture(model):
    _, state = run(Predictor(model, smooth=0.6, along_motion=True), walk(6))
    weights = ops.convert_to_numpy(state["smooth/weight"])[0, ..., 0]
    assert np.median(weights) == pytest.approx(sum(0.6**back for back in range(6)), rel=0.1)
    assert weights[-1, -1] < 1.3  # what has just come into view is the new frame's alone


def test_what_is_averaged_is_the_same_place_of_the_scene(model):
    """A network that sees colours alone gives a place of the scene the same logits wherever it is."""
    colours = build_model("unet", classes=3, filters=2)
    colours.call = lambda clip, state=None, return_state=False, **_: (ops.cast(clip, "float32"), {})
    moving, still = (Predictor(colours, smooth=0.6, along_motion=along) for along in (True, False))
    frames = walk(6, step=(4, 4))
    (_, state), (_, blurred) = run(moving, frames), run(still, frames)
    wanted = cv2.resize(frames[-1].astype("float32"), (45, 36), interpolation=cv2.INTER_AREA)
    mean = ops.convert_to_numpy(state["smooth"] / state["smooth/weight"])[0]
    smeared = ops.convert_to_numpy(blurred["smooth"] / blurred["smooth/weight"])[0]
    inner = slice(4, -10)
    error = np.abs(mean - wanted)[inner, inner].mean()
    assert error < 0.25 * np.abs(smeared - frames[-1])[inner, inner].mean()


def test_a_frame_that_shows_another_scene_is_segmented_as_if_it_were_the_first(model):
    other = np.kron(np.random.default_rng(1).integers(0, 2, (12, 15, 1)), np.full((6, 6, 3), 255))[:71, :90]
    other = other.astype("uint8")
    predictor = Predictor(model, smooth=0.8, along_motion=True)
    _, state = run(predictor, walk(4))
    mask, state = predictor.step(other, state)
    np.testing.assert_array_equal(mask, Predictor(model).step(other)[0])
    assert np.all(ops.convert_to_numpy(state["smooth/weight"]) == 1)


def test_the_first_mask_is_that_of_the_frame_alone(model):
    frame = walk(1)[0]
    plain = Predictor(model).step(frame)[0]
    for options in ({"smooth": 0.6, "along_motion": True}, {"denoise": True}):
        np.testing.assert_array_equal(Predictor(model, **options).step(frame)[0], plain)


def test_the_state_is_small_and_named(model):
    _, state = run(Predictor(model, smooth=0.6, along_motion=True), walk(1))
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == {
        "smooth": (1, 36, 45, 3),
        "smooth/weight": (1, 36, 45, 1),
        "motion/grey": (1, 36, 45, 1),
        "motion/seen": (1, 1, 1, 1),
    }


def test_noise_is_averaged_away_along_the_motion(model):
    clean, random = walk(8), np.random.default_rng(0)
    noisy = [np.clip(np.round(frame + random.normal(0, 20, frame.shape)), 0, 255).astype("uint8") for frame in clean]
    _, state = run(Predictor(model, denoise=True), noisy)
    inner = slice(8, -12)
    error = (state["motion/picture"][0] - clean[-1])[inner, inner]
    before = (noisy[-1].astype("float32") - clean[-1])[inner, inner]
    assert np.sqrt((error**2).mean()) < 0.6 * np.sqrt((before**2).mean())


def test_a_clip_is_cleaned_for_training_as_a_stream_is():
    size, stream, clip = (60, 80), AlongMotion(smooth=False, denoise=True), Denoiser()
    shapes = stream.initial_state_shapes(1, *size, 3)
    state = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    rng, place = np.random.default_rng(3), Resizing("resize", size).place(*size)
    for frame in walk(4):
        noisy = np.clip(frame[: size[0], : size[1]] + rng.normal(0, 20, (*size, 3)), 0, 255).astype("uint8")
        seen, _, state = stream.look(noisy[None], state, place)
        np.testing.assert_array_equal(clip(noisy), seen[0])


def test_frames_without_noise_stay_as_they_are(model):
    frames = walk(4)
    _, state = run(Predictor(model, denoise=True), frames)
    assert np.abs(state["motion/picture"][0] - frames[-1]).mean() < 1


@pytest.mark.parametrize(
    "options", [{"smooth": 0.6, "along_motion": True}, {"smooth": 0.5, "along_motion": True, "denoise": True}]
)
def test_a_state_saved_and_read_goes_on_to_the_bit(options, model, tmp_path):
    frames, predictor = walk(5), Predictor(model, **options)
    whole, _ = run(predictor, frames)
    first, state = run(predictor, frames[:2])
    write_snapshots(tmp_path / "state.npz", {"": Snapshot(state)}, model="m")
    rest, _ = run(predictor, frames[2:], read_snapshots(tmp_path / "state.npz", model="m")[""].state)
    np.testing.assert_array_equal(np.concatenate([first, rest]), whole)


def test_streams_of_several_sizes_in_one_batch_are_each_as_alone(model):
    predictor = Predictor(model, size=(64, 80), smooth=0.6, along_motion=True, denoise=True)
    videos = walk(3), walk(3, step=(0, 2), size=(60, 77))
    stepper, states, alone = BatchStepper(predictor, slots=4), [None, None], [None, None]
    for frames in zip(*videos, strict=True):
        masks, states = stepper(list(frames), states)
        for row, frame in enumerate(frames):
            mask, alone[row] = predictor.step(frame, alone[row])
            assert (masks[row] != mask).mean() < 0.002
    for name, array in states[1].items():
        np.testing.assert_allclose(ops.convert_to_numpy(array), ops.convert_to_numpy(alone[1][name]), atol=1e-3)


def test_tiles_of_a_frame_each_move_along(model):
    predictor = Predictor(model, size=Resizing("tile", (48, 64)), smooth=0.6, along_motion=True)
    _, state = run(predictor, walk(5))
    weights = ops.convert_to_numpy(state["smooth/weight"])
    assert len(weights) > 1
    np.testing.assert_allclose([np.median(tile) for tile in weights], sum(0.6**k for k in range(5)), rtol=0.15)


def test_a_state_that_faded_weighs_less_and_is_still_recognised(model):
    frames, predictor = walk(3), Predictor(model, smooth=0.6, along_motion=True)
    _, state = run(predictor, frames[:2])
    kept = np.median(ops.convert_to_numpy(predictor.step(frames[2], state)[1]["smooth/weight"]))
    less = np.median(ops.convert_to_numpy(predictor.step(frames[2], faded(state, 0.5))[1]["smooth/weight"]))
    assert less == pytest.approx(1 + (kept - 1) / 2, rel=0.02)


@pytest.mark.parametrize("size", [(1, 1), (9, 200), (17, 33)])
def test_frames_too_small_for_flow_do_not_move(size, model):
    frames = [np.random.default_rng(0).integers(0, 256, (*size, 3), "uint8")] * 3
    masks, _ = run(Predictor(model, smooth=0.6, along_motion=True, denoise=True), frames)
    assert masks.shape == (3, *size)


def test_a_grey_model_and_float_frames_go_through():
    model = build_model("unet", classes=2, channels=1, filters=2)
    frames = [frame[..., :1].astype("float32") for frame in walk(3)]
    _, state = run(Predictor(model, smooth=0.6, along_motion=True, denoise=True), frames)
    assert all(np.isfinite(ops.convert_to_numpy(array)).all() for name, array in state.items() if "motion" in name)


def test_along_motion_needs_a_mean_to_move(model):
    with pytest.raises(ConfigError, match="give smooth"):
        Predictor(model, along_motion=True)


def test_a_state_made_otherwise_is_refused_in_one_line(model):
    frame = walk(1)[0]
    _, state = Predictor(model, smooth=0.6).step(frame)
    with pytest.raises(ModelError, match="along_motion and denoise"):
        Predictor(model, smooth=0.6, along_motion=True).step(frame, state)
