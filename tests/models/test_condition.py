"""A vector that conditions the bottleneck."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.inference.predictor import Predictor
from seqseg.layers import FiLM
from seqseg.models import build_model, from_image_model, load_model, save_model

CLIP = np.random.default_rng(0).integers(0, 256, (2, 3, 13, 19, 3), "uint8")
VECTOR = np.random.default_rng(1).normal(size=(2, 4)).astype("float32")


@pytest.fixture
def model():
    """A model that depends on its vector, as after some training."""
    keras.utils.set_random_seed(0)
    model = build_model("unet_lstm", classes=3, filters=4, condition=4)
    model.film.modulation.kernel.assign(np.random.default_rng(2).normal(size=model.film.modulation.kernel.shape))
    return model


def logits(model, clip, state=None, **options):
    outputs, state = model.run(clip, state, **options)
    return ops.convert_to_numpy(outputs), state


def test_features_are_scaled_and_shifted_channel_by_channel():
    film = FiLM()
    features, vector = np.ones((1, 2, 3, 2), "float32"), np.array([[2.0]], "float32")
    film.build(features.shape, vector.shape)
    film.modulation.kernel.assign([[1.0, 2.0, 3.0, 4.0]])
    expected = np.broadcast_to([1 * (1 + 2) + 6, 1 * (1 + 4) + 8], (1, 2, 3, 2))
    np.testing.assert_allclose(ops.convert_to_numpy(film(features, vector)), expected)


def test_at_first_the_vector_changes_nothing():
    fresh = build_model("unet_lstm", classes=3, filters=4, condition=4)
    np.testing.assert_array_equal(
        logits(fresh, CLIP, condition=VECTOR)[0], logits(fresh, CLIP, condition=0 * VECTOR)[0]
    )


def test_another_vector_gives_other_logits(model):
    assert np.abs(logits(model, CLIP, condition=VECTOR)[0] - logits(model, CLIP, condition=-VECTOR)[0]).max() > 1e-3


def test_each_row_depends_on_its_own_vector(model):
    both, _ = logits(model, CLIP, condition=VECTOR)
    alone, _ = logits(model, CLIP[1:], condition=VECTOR[1:])
    np.testing.assert_allclose(alone[0], both[1], atol=1e-5)


def test_a_clip_cut_in_chunks_gives_the_same_logits(model):
    whole, _ = logits(model, CLIP, condition=VECTOR)
    first, state = logits(model, CLIP[:, :1], condition=VECTOR)
    rest, _ = logits(model, CLIP[:, 1:], state, condition=VECTOR)
    np.testing.assert_allclose(np.concatenate([first, rest], axis=1), whole, atol=1e-5)


def test_one_vector_a_frame_equals_frame_by_frame(model):
    vectors = np.random.default_rng(3).normal(size=(2, 3, 4)).astype("float32")
    whole, _ = logits(model, CLIP, condition=vectors)
    state = None
    for t in range(3):
        frame, state = logits(model, CLIP[:, t], state, condition=vectors[:, t])
        np.testing.assert_allclose(frame, whole[:, t], atol=1e-5)


def test_it_trains_by_fit_with_both_inputs(model):
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = ops.convert_to_numpy(model.film.modulation.bias)
    model.train_on_batch({"clip": CLIP, "condition": VECTOR}, np.zeros(CLIP.shape[:-1], "int32"))
    assert np.abs(ops.convert_to_numpy(model.film.modulation.bias) - before).max() > 0


def test_it_survives_saving_and_becoming_a_video_model(model, tmp_path):
    save_model(model, tmp_path / "model.keras")
    expected, _ = logits(model, CLIP, condition=VECTOR)
    np.testing.assert_array_equal(logits(load_model(tmp_path / "model.keras"), CLIP, condition=VECTOR)[0], expected)
    video = from_image_model(model, {"P1": "convgru"})
    np.testing.assert_array_equal(logits(video, CLIP, condition=VECTOR)[0], expected)


def test_the_predictor_passes_it_on(model):
    predictor = Predictor(model)
    masks = [predictor.step(CLIP[0, 0], condition=vector)[0] for vector in (VECTOR[0], VECTOR[0] * -3)]
    assert (masks[0] != masks[1]).any()


@pytest.mark.parametrize("vector", [None, VECTOR[:, :3], VECTOR[0]])
def test_a_vector_of_the_wrong_length_is_an_error_that_names_the_right_one(model, vector):
    with pytest.raises(ModelError, match=r"\(n, 4\)"):
        model.run(CLIP, condition=vector)


def test_a_model_that_takes_none_refuses_one():
    with pytest.raises(ModelError, match="condition=k"):
        build_model("simple", classes=3, filters=4).run(CLIP, condition=VECTOR)


@pytest.mark.parametrize("length", [-1, 2.5])
def test_a_length_that_is_invalid_is_refused(length):
    with pytest.raises(ConfigError, match="length of a vector"):
        build_model("simple", classes=3, filters=4, condition=length)
