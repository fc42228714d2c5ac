import dataclasses

import numpy as np
import pytest
from keras import ops

from seqseg.data.clips.placing import place_clip
from seqseg.errors import ModelError
from seqseg.geometry import Resizing
from seqseg.inference import Predictor
from seqseg.layers import restore_logits
from seqseg.models import build_model


@pytest.fixture(scope="module")
def model():
    model = build_model("unet_lstm", classes=5, filters=4)
    model.card = dataclasses.replace(model.card, timesteps=4, size=(24, 32))
    return model


@pytest.fixture(scope="module")
def predictor(model):
    """At the frames' own size; shared, since it compiles a step for every size of frame."""
    return Predictor(model)


@pytest.fixture(scope="module")
def clip():
    return np.random.default_rng(0).integers(0, 256, (2, 6, 45, 61, 3), "uint8")


def test_a_stream_frame_by_frame_equals_the_clip_run_whole(model, predictor, clip):
    expected = ops.convert_to_numpy(ops.argmax(model(clip[:1]), axis=-1))[0]
    state = None
    for t in range(clip.shape[1]):
        mask, state = predictor.step(clip[0, t], state)
        assert mask.dtype == np.uint8
        np.testing.assert_array_equal(mask, expected[t])


def test_the_state_after_a_stream_equals_the_state_after_the_clip(model, predictor, clip):
    _, expected = model.run(clip[:1])
    state = None
    for frame in clip[0]:
        _, state = predictor.step(frame, state)
    for name in expected:
        np.testing.assert_allclose(
            ops.convert_to_numpy(state[name]), ops.convert_to_numpy(expected[name]), atol=1e-5, rtol=0
        )


def test_two_cameras_are_two_states_of_one_predictor(predictor, clip):
    alone = [predictor.step(clip[0, 0])[0]]
    mine, others = None, None
    for t in range(3):
        mask, mine = predictor.step(clip[0, t], mine)
        _, others = predictor.step(clip[1, t], others)
    np.testing.assert_array_equal(alone[0], predictor.step(clip[0, 0])[0])
    again = None
    for t in range(3):
        last, again = predictor.step(clip[0, t], again)
    np.testing.assert_array_equal(mask, last)


def test_streams_in_one_batch_equal_streams_alone(predictor, clip):
    masks, _ = predictor.step_batch(clip[:, 0])
    for row in range(2):
        np.testing.assert_array_equal(masks[row], predictor.step(clip[row, 0])[0])


def test_the_predictor_follows_weights_trained_since(model, predictor, clip):
    before, _ = predictor.step(clip[0, 0])
    bias = model.head.bias
    kept = bias.numpy()
    bias.assign([0, 0, 0, 1e6, 0])
    after, _ = predictor.step(clip[0, 0])
    bias.assign(kept)
    assert (after == 3).all()
    assert not (before == 3).all()


@pytest.mark.parametrize("size", [None, (20, 24), "trained"])
def test_masks_have_the_sources_size_at_any_working_size(model, clip, size):
    mask, _ = Predictor(model, size=size).step(clip[0, 0])
    assert mask.shape == (45, 61)


def test_frames_of_another_size_go_on_from_a_fresh_state(predictor, clip):
    assert predictor.step(clip[0, 0])[0].shape == (45, 61)
    assert predictor.step(clip[0, 0, :30])[0].shape == (30, 61)


def test_a_state_of_another_size_is_refused_with_both_shapes(predictor, clip):
    _, state = predictor.step(clip[0, 0])
    with pytest.raises(ModelError, match=r"\(1, 4, 8, 16\).*\(1, 6, 8, 16\)"):
        predictor.step(clip[0, 0, :30], state)


def test_the_trained_size_keeps_a_frames_shape_and_never_enlarges(model):
    predictor = Predictor(model, size="trained")
    assert predictor.resizing.place(48, 128).tile == (12, 32)
    assert predictor.resizing.place(10, 10).tile == (10, 10)


def test_the_trained_size_of_an_untrained_model_is_an_error():
    with pytest.raises(ModelError, match="trained"):
        Predictor(build_model("unet", classes=2, filters=4), size="trained")


def test_a_frame_of_other_channels_is_refused(predictor):
    with pytest.raises(ModelError, match=r"\(8, 8\)"):
        predictor.step(np.zeros((8, 8), "uint8"))


def fitted(model, resizing):
    card = dataclasses.replace(model.card, size=resizing.size, fit=resizing.to_card())
    return Predictor(dataclasses.replace(_Bare(model), card=card), size="trained")


@dataclasses.dataclass
class _Bare:
    """A model with a card of its own."""

    model: object
    card: object = None

    def __getattr__(self, name):
        return getattr(self.model, name)

    def __call__(self, *inputs, **options):
        return self.model(*inputs, **options)


@pytest.mark.parametrize(
    "resizing",
    [
        Resizing("letterbox", (24, 32)),
        Resizing("letterbox", (64, 64), enlarge=True, border=0),
        Resizing("resize", (24, 32)),
        Resizing("tile", (24, 32)),
        Resizing("native", multiple=16),
    ],
    ids=str,
)
def test_frames_are_fitted_as_the_card_says_and_masks_come_back(model, clip, resizing):
    predictor, state = fitted(model, resizing), None
    for t in range(2):
        mask, state = predictor.step(clip[0, t], state)
    assert mask.shape == (45, 61)
    placement = resizing.place(45, 61)
    canvas = [place_clip([clip[0, t]], [], placement)[0][0] for t in range(2)]
    height, width = placement.tile
    tiles = np.stack([[frame[y : y + height, x : x + width] for frame in canvas] for y, x in placement.tiles])
    logits = restore_logits(model(tiles)[:, 1], placement)
    expected = ops.convert_to_numpy(ops.argmax(logits, axis=-1))[0]
    assert (mask == expected).mean() > 0.99  # a grey of rounding may tip a pixel


def test_sizes_of_one_canvas_share_one_compiled_step(model, clip):
    predictor = fitted(model, Resizing("native", multiple=16))
    for height, width in ((45, 61), (40, 60), (33, 50)):
        assert predictor.step(clip[0, 0, :height, :width])[0].shape == (height, width)
    assert len(predictor._compiled) == 1


@pytest.mark.parametrize("dtype", ["uint16", "int16", "int32", "int64", "int8", "bool", "complex64", "object"])
def test_frames_that_are_not_of_8_bits_are_refused(model, dtype):
    with pytest.raises(ModelError, match=f"a frame must be uint8, or floats of 0 to 255, got {dtype}"):
        Predictor(model).step(np.ones((24, 32, 3), dtype))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_frames_that_are_not_finite_are_refused_before_they_reach_the_state(model, value):
    frame = np.zeros((24, 32, 3), "float32")
    frame[5, 7, 1] = value
    with pytest.raises(ModelError, match="NaN or infinite"):
        Predictor(model).step(frame)


@pytest.mark.parametrize("shape", [(0, 32, 3), (24, 0, 3)])
def test_frames_without_pixels_are_refused(model, shape):
    with pytest.raises(ModelError, match="must have pixels"):
        Predictor(model, size="trained").step(np.zeros(shape, "uint8"))


def test_native_is_the_frames_own_size(model, clip):
    mask, _ = Predictor(model, size="native").step(clip[0, 0])
    np.testing.assert_array_equal(mask, Predictor(model).step(clip[0, 0])[0])


def test_a_wrong_word_for_the_size_is_named_with_the_right_ones(model):
    with pytest.raises(ModelError, match="""size must be .* "trained", "native" .* got 'big'"""):
        Predictor(model, size="big")
