"""Adaptation to a stream, on streams whose next frame is known."""

import numpy as np
import pytest

from seqseg.errors import ModelError
from seqseg.inference.forecasting.adaptation import Adaptation
from seqseg.inference.forecasting.forecaster import Forecaster
from seqseg.models import build_model

SIZE = (21, 29, 3)


def pictures(count, size=SIZE, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *size), "uint8")


def in_turn(count, size=SIZE):
    """Two pictures, one after the other, again and again."""
    return pictures(2, size)[np.arange(count) % 2]


def follow(adaptation, frames, forecasts, memory=None):
    """The output for every frame, and the memory."""
    outcome = []
    for frame, forecast in zip(frames, forecasts, strict=True):
        better, memory = adaptation.step(frame, forecast, memory)
        outcome.append(better)
    return np.stack(outcome), memory


def off(guesses, frames):
    """The mean absolute error of guesses made one frame earlier, of 255."""
    return np.abs(guesses[:-1].astype(int) - frames[1:]).mean(axis=(1, 2, 3))


@pytest.mark.parametrize("size", [SIZE, (16, 24, 1), (5, 3, 3)])
def test_what_comes_back_is_found_where_the_last_frame_was_expected(size):
    frames = in_turn(30, size)
    errors = off(follow(Adaptation(), frames, frames)[0], frames)
    assert errors[0] > 50 and errors[20:].max() < errors[0] / 20


def test_a_forecast_that_is_right_stays_as_it_is():
    frames = pictures(12)
    guesses, _ = follow(Adaptation(), frames[:-1], frames[1:])
    np.testing.assert_array_equal(guesses, frames[1:])


def test_the_first_forecast_is_given_back():
    frame, forecast = pictures(2)
    np.testing.assert_array_equal(Adaptation().step(frame, forecast)[0], forecast)


def test_each_place_learns_for_itself():
    frames = in_turn(24, (32, 48, 3))
    frames[:, :, 24:] = pictures(1, (32, 24, 3), seed=1)  # which stay
    forecasts = frames.copy()
    forecasts[:, :, 24:] = 255 - forecasts[:, :, 24:]
    guesses, _ = follow(Adaptation(), frames, forecasts)
    assert off(guesses, frames)[12:].max() < 6


def test_where_there_is_nothing_to_learn_it_does_little_harm():
    frames = pictures(40)
    forecasts = np.full_like(frames, 127)
    guesses, _ = follow(Adaptation(), frames, forecasts)
    assert off(guesses, frames)[10:].mean() < 1.05 * off(forecasts, frames)[10:].mean()


def test_what_misled_for_a_while_is_believed_again():
    frames = np.concatenate([in_turn(24), pictures(16, seed=4), in_turn(24)])
    forecasts = frames.copy()
    forecasts[23:39] = frames[24:40]  # right for once, so that any correction is wrong
    guesses, _ = follow(Adaptation(), frames, forecasts)
    errors = off(guesses, frames)
    assert errors[15:23].max() < 10 and errors[37:39].max() < 1 and errors[-5:].max() < 10


def test_the_memory_is_in_the_callers_hand():
    adaptation, frames, others = Adaptation(past=3), in_turn(16), pictures(16, seed=2)
    whole, _ = follow(adaptation, frames, frames)
    memory = other = None
    for frame, stranger, expected in zip(frames, others, whole, strict=True):  # two streams take turns
        better, memory = adaptation.step(frame, frame, memory)
        _, other = adaptation.step(stranger, stranger, other)
        np.testing.assert_array_equal(better, expected)


def test_lost_frames_are_not_learned_from():
    adaptation, frames = Adaptation(), in_turn(12)
    _, memory = follow(adaptation, frames, frames)
    better, after = adaptation.step(pictures(1, seed=3)[0], frames[0], adaptation.missed(memory))
    np.testing.assert_array_equal(after.matrix, memory.matrix)
    assert adaptation.missed(None) is None and better.shape == SIZE


def test_a_forecaster_corrects_the_next_frame_and_leaves_those_after_it():
    model = build_model("frame_predictor", filters=2, kernel_size=3)
    plain, adaptive = Forecaster(model, frames=2), Forecaster(model, frames=2, adaptation=Adaptation())
    theirs = ours = None
    for frame in in_turn(16):
        (near, far), theirs = plain.step(frame, theirs)
        (next_one, after), ours = adaptive.step(frame, ours)
        np.testing.assert_array_equal(after, far)
    to_come = in_turn(17)[-1].astype(int)
    assert np.abs(next_one - to_come).mean() < 5 < np.abs(near - to_come).mean()
    with pytest.raises(ModelError, match="state=None"):
        adaptive.step(frame[:10], ours)
