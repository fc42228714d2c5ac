"""Many streams in one batch on JAX: the same facts as in test_slots.py, in a process of its own."""

import os
import subprocess
import sys

import pytest

FACTS = """
import keras
import numpy as np
from keras import ops
from seqseg.inference import BatchStepper, Predictor
from seqseg.models import build_model

random = np.random.default_rng(0)
clips = [random.integers(0, 256, (4, *size, 3), "uint8") for size in [(45, 61), (45, 61), (33, 47)]]
predictor = Predictor(build_model("unet_lstm", classes=5, filters=4), size=(24, 32))


def numbers(state):
    return {name: ops.convert_to_numpy(tensor) for name, tensor in state.items()}


def alone(clip, fresh):
    state, result = None, []
    for t, image in enumerate(clip):
        mask, state = predictor.step(image, None if t in fresh else state)
        result.append((mask, numbers(state)))
    return result


resets = [(), (2,), (1,)]
expected = [alone(clip, fresh) for clip, fresh in zip(clips, resets)]
others = differences = 0.0
for slots in (None, 4):
    stepper, states = BatchStepper(predictor, slots=slots), [None] * 3
    for t in range(4):
        states = [None if t in resets[row] else state for row, state in enumerate(states)]
        masks, states = stepper([clip[t] for clip in clips], states)
        for row in range(3):
            mask, state = expected[row][t]
            others = max(others, (masks[row] != mask).mean())
            differences = max(differences, *(abs(numbers(states[row])[name] - state[name]).max() for name in state))

stepper, lonely, shared, same = BatchStepper(predictor, slots=4), [None], [None] * 3, True
for t in range(4):
    mask, lonely = stepper([clips[0][t]], lonely)
    masks, shared = stepper([clips[0][t], clips[1][t], clips[1][t]], shared)
    same = same and np.array_equal(mask[0], masks[0])
    same = same and all(np.array_equal(a, b) for a, b in zip(numbers(lonely[0]).values(), numbers(shared[0]).values()))
print(keras.backend.backend(), others, differences, same)
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_streams_in_one_batch_equal_streams_alone_and_company_changes_nothing(backend):
    pytest.importorskip(backend)
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.run(
        [sys.executable, "-c", FACTS], env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    assert process.returncode == 0, process.stderr
    name, others, differences, same = process.stdout.split()[-4:]
    assert name == backend
    assert float(others) < 0.002  # of pixels whose two best classes tie
    assert float(differences) < 1e-5
    assert same == "True"
