"""The same losses and gradients on JAX and torch as on TensorFlow, compiled where that is how they train."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from seqseg.losses import LOSSES, consistency_loss, warped_consistency

MEASURED = """
import sys
import keras
import numpy as np
from seqseg.losses import LOSSES, consistency_loss, warped_consistency

given = np.load(sys.argv[1])
labels, clip, flow = (keras.ops.convert_to_tensor(given[key]) for key in ("labels", "clip", "flow"))
functions = {name: lambda logits, loss=make(class_weights=[1, 2, 0.5, 3]): loss(labels, logits)
             for name, make in LOSSES.items()}
functions["flow-free"] = lambda logits: consistency_loss(logits, clip)
functions["warped"] = lambda logits: warped_consistency(logits, clip, flow)

def measured(function):
    if keras.backend.backend() == "jax":
        import jax
        return jax.jit(jax.value_and_grad(function))(given["logits"])
    import torch
    logits = torch.tensor(given["logits"], requires_grad=True)
    value = function(logits)
    value.backward()
    return value.detach(), logits.grad

results = {name: measured(function) for name, function in functions.items()}
np.savez(sys.argv[2], **{name: np.append(np.asarray(slope), float(value)) for name, (value, slope) in results.items()})
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_losses_and_gradients_are_those_of_tensorflow(tmp_path, labels, logits, gradient, backend):
    pytest.importorskip(backend)
    if keras.backend.backend() != "tensorflow":
        pytest.skip("compared from TensorFlow")
    rng = np.random.default_rng(0)
    clip = rng.uniform(0, 255, (2, 3, 5, 7, 3)).astype("float32")
    flow = rng.normal(size=(2, 2, 5, 7, 2)).astype("float32")
    np.savez(tmp_path / "given.npz", labels=labels, logits=logits, clip=clip, flow=flow)
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", MEASURED, tmp_path / "given.npz", tmp_path / "there.npz"]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr[-3000:]

    losses = {name: make(class_weights=[1, 2, 0.5, 3]) for name, make in LOSSES.items()}
    functions = {name: lambda values, loss=loss: loss(labels, values) for name, loss in losses.items()}
    functions["flow-free"] = lambda values: consistency_loss(values, clip)
    functions["warped"] = lambda values: warped_consistency(values, clip, flow)
    there = np.load(tmp_path / "there.npz")
    for name, function in functions.items():
        here = np.append(gradient(function, logits), float(function(logits)))
        np.testing.assert_allclose(there[name], here, rtol=1e-4, atol=1e-6, err_msg=name)
