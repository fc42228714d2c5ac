import dataclasses

import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.geometry import Resizing
from seqseg.inference import BatchStepper, Predictor
from seqseg.models import build_model


@pytest.fixture(scope="module")
def model():
    """Small, since a step is compiled for each size and number of frames."""
    backbone, memory = {"name": "plain", "filters": 4, "depths": [1, 1]}, {"P1": {"name": "convlstm", "filters": 4}}
    model = build_model("segmenter", classes=5, backbone=backbone, temporal=memory, decoder="unet")
    model.card = dataclasses.replace(model.card, timesteps=4, size=(24, 32))
    return model


@pytest.fixture(scope="module")
def clips():
    """Four streams of six frames, two of one size."""
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (6, *size, 3), "uint8") for size in [(45, 61), (45, 61), (33, 47), (43, 58)]]


RESETS = [(), (3,), (), (1, 4)]
"""Frames of each stream before which its state is fresh."""


def alone(predictor, clip, *, fresh=()):
    """Masks and states of the clip by itself, with a fresh state before the frames in `fresh`."""
    masks, states, state = [], [], None
    for t, image in enumerate(clip):
        mask, state = predictor.step(image, None if t in fresh else state)
        masks.append(mask)
        states.append(state)
    return masks, states


def assert_close(states, expected):
    for name in expected:
        ours, theirs = ops.convert_to_numpy(states[name]), ops.convert_to_numpy(expected[name])
        np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=0)


@pytest.fixture(
    scope="module", params=[(24, 32), "trained", None, Resizing("tile", (24, 32)), Resizing("letterbox", (24, 32))]
)
def streams(request, model, clips):
    """A predictor, and what it gives of each clip by itself: masks and states."""
    predictor = Predictor(model, size=request.param)
    return predictor, [alone(predictor, clip, fresh=fresh) for clip, fresh in zip(clips, RESETS, strict=True)]


@pytest.mark.parametrize("slots", [None, 4])
def test_streams_in_one_batch_equal_streams_alone(slots, streams, clips):
    predictor, expected = streams
    stepper, states = BatchStepper(predictor, slots=slots), [None] * 4
    for t in range(6):
        states = [None if t in RESETS[row] else state for row, state in enumerate(states)]
        masks, states = stepper([clip[t] for clip in clips], states)
        for row in range(4):
            assert (masks[row] != expected[row][0][t]).mean() < 0.002  # of pixels whose two best classes tie
            assert_close(states[row], expected[row][1][t])


def test_who_shares_a_batch_of_one_size_changes_nothing_bit_for_bit(model, clips):
    stepper = BatchStepper(Predictor(model, size=(24, 32)), slots=4)
    lonely, shared = [None], [None] * 3
    for t in range(6):
        others = [None, shared[1], shared[2]] if t == 3 else shared
        mask, lonely = stepper([clips[0][t]], lonely)
        masks, shared = stepper([clips[0][t], clips[1][t], clips[1][t]], [shared[0], *others[1:]])
        np.testing.assert_array_equal(masks[0], mask[0])
        for name in lonely[0]:
            np.testing.assert_array_equal(*(ops.convert_to_numpy(part[0][name]) for part in (lonely, shared)))


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (3, [2, 1]), (7, [4, 2, 1]), (8, [8])])
def test_a_batch_is_cut_into_powers_of_two(count, sizes, model):
    images = [np.zeros((8, 8, 3), "uint8")] * count
    assert [len(rows) for rows in BatchStepper(Predictor(model))._batches(images)] == sizes


def test_streams_that_come_and_go_compile_no_more_than_the_powers_of_two(model, clips):
    predictor = Predictor(model, size=(24, 32))
    stepper = BatchStepper(predictor)
    for count in (1, 2, 3, 4, 3, 2, 1, 4):
        stepper([clips[0][0]] * count, [None] * count)
    assert len(predictor._compiled) == 3


def test_a_state_of_another_size_is_refused(model, clips):
    stepper = BatchStepper(Predictor(model))
    _, states = stepper([clips[2][0]], [None])
    with pytest.raises(ModelError, match="need a state of"):
        stepper([clips[0][0], clips[1][0]], [states[0], None])


def test_an_image_model_has_an_empty_state(clips):
    predictor = Predictor(build_model("unet", classes=3, filters=2), size=(24, 32))
    masks, states = BatchStepper(predictor)([clips[0][0], clips[2][0]], [None, None])
    assert states == [{}, {}] and masks[1].shape == (33, 47)
    np.testing.assert_array_equal(masks[0], predictor.step(clips[0][0])[0])


def test_no_slots_are_refused(model):
    with pytest.raises(ConfigError, match="slots must be at least 1, got 0"):
        BatchStepper(Predictor(model), slots=0)


def test_a_conditioned_model_gets_its_vector_in_every_row(clips):
    model = build_model("unet", classes=3, filters=2, condition=2)
    predictor = Predictor(model, size=(24, 32))
    masks, _ = BatchStepper(predictor)([clips[0][0], clips[1][0]], [None, None], condition=[3.0, -2.0])
    for row in range(2):
        assert (masks[row] != predictor.step(clips[row][0], condition=[3.0, -2.0])[0]).mean() < 0.002


def test_cameras_of_ever_other_sizes_leave_a_bounded_number_of_programs_and_states(monkeypatch):
    monkeypatch.setattr("seqseg.inference.predictor.PROGRAMS", 2)
    monkeypatch.setattr("seqseg.inference.slots.SIZES", 1)
    predictor = Predictor(build_model("unet", classes=3, filters=2))
    stepper = BatchStepper(predictor, slots=1)
    first = stepper([np.full((8, 16, 3), 9, "uint8")], [None])[0][0]
    for width in (24, 32):
        image = np.full((8, width, 3), 9, "uint8")
        stepper([image], [None])
        stepper._empty_state(image)
    assert len(predictor._compiled) == 2 and len(stepper._empty) == 1
    np.testing.assert_array_equal(stepper([np.full((8, 16, 3), 9, "uint8")], [None])[0][0], first)
