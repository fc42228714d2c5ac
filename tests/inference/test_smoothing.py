import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.inference import BatchStepper, Predictor
from seqseg.layers import reset_where
from seqseg.models import build_model

CLIP = np.random.default_rng(0).integers(0, 256, (4, 21, 27, 3), "uint8")


@pytest.fixture(scope="module")
def model():
    return build_model("unet", classes=3, filters=2)


@pytest.fixture(scope="module")
def recurrent():
    return build_model("shallow_lstm", classes=3, filters=2)


def test_masks_are_those_of_the_mean_of_logits_weighted_by_their_age(model):
    logits = [ops.convert_to_numpy(model(frame[None]))[0] for frame in CLIP]
    predictor, state = Predictor(model, smooth=0.6), None
    for t, frame in enumerate(CLIP):
        mask, state = predictor.step(frame, state)
        weights = [0.6**back for back in range(t, -1, -1)]
        mean = sum(w * part for w, part in zip(weights, logits[: t + 1], strict=True)) / sum(weights)
        np.testing.assert_allclose(ops.convert_to_numpy(state["smooth"] / state["smooth/weight"])[0], mean, atol=1e-5)
        assert (mask != mean.argmax(-1)).mean() < 0.002


def test_smoothing_that_is_off_has_no_state(model):
    assert Predictor(model, smooth=0).step(CLIP[0])[1] == {}


def test_a_model_with_memory_keeps_its_own_state_beside(recurrent):
    predictor = Predictor(recurrent, smooth=0.5)
    _, state = predictor.step(CLIP[0])
    _, own = Predictor(predictor.model).step(CLIP[0])
    assert set(state) == {*own, "smooth", "smooth/weight"}
    _, again = predictor.step(CLIP[1], state)
    assert float(ops.convert_to_numpy(again["smooth/weight"])[0, 0, 0, 0]) == 1.5


def test_a_row_that_is_reset_is_fresh(model):
    predictor = Predictor(model, smooth=0.9)
    _, state = predictor.step_batch(CLIP[:2])
    masks, _ = predictor.step_batch(CLIP[2:], reset_where(state, [True, False]))
    np.testing.assert_array_equal(masks[0], predictor.step(CLIP[2])[0])


def test_streams_in_one_batch_are_smoothed_each_by_itself(model):
    predictor = Predictor(model, smooth=0.6)
    stepper, states, single = BatchStepper(predictor), [None, None], None
    for t in range(3):
        masks, states = stepper([CLIP[t], CLIP[t + 1]], states)
        mask, single = predictor.step(CLIP[t + 1], single)
        assert (masks[1] != mask).mean() < 0.002


def test_a_state_made_without_smoothing_is_refused_in_one_line(recurrent):
    plain, smoothing = Predictor(recurrent), Predictor(recurrent, smooth=0.6)
    _, state = plain.step(CLIP[0])
    with pytest.raises(ModelError, match="give the same smooth"):
        smoothing.step(CLIP[1], state)
    _, smoothed = smoothing.step(CLIP[0])
    with pytest.raises(ModelError, match="give the same smooth"):
        plain.step(CLIP[1], smoothed)


@pytest.mark.parametrize("factor", [-0.1, 1, 2])
def test_a_factor_out_of_range_is_refused(factor, model):
    with pytest.raises(ConfigError, match="smooth must be from 0"):
        Predictor(model, smooth=factor)
