import numpy as np
import pytest

from seqseg.export import verify as verification
from seqseg.export.verify import verify
from seqseg.models import build_model

FORMATS = ("onnx", "openvino", "litert")


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_equals_its_model_over_a_sequence(exported, net, format):
    found = verify(exported(format), net)
    assert found.problems == ()
    assert found.frames == 64
    assert found.difference < 1e-4
    assert found.equal_percent >= 99.9


def test_other_weights_are_noticed(exported):
    other = build_model("unet_lstm", classes=["ground", "cell", "wall"], filters=2)
    assert "other weights" in verify(exported("litert"), other).problems[0]


@pytest.fixture
def broken(exported, net, monkeypatch):
    """`broken(change)`: what `verify` says of a file whose outputs are changed so."""

    def judge(change):
        path = exported("litert")
        run, sidecar = verification.open_runtime(path)
        monkeypatch.setattr(
            verification, "open_runtime", lambda *_, **__: (lambda inputs: change(run, inputs), sidecar)
        )
        return verify(path, net).problems

    return judge


def test_a_model_of_nan_is_noticed(broken):
    problems = broken(lambda run, inputs: {name: _nan(array) for name, array in run(inputs).items()})
    assert any("not finite" in problem for problem in problems)


def test_swapped_states_are_noticed(broken):
    def swapped(run, inputs):
        out = run(inputs)
        return out | {"p3_h_out": out["p3_c_out"], "p3_c_out": out["p3_h_out"]}

    assert any("differ" in problem for problem in broken(swapped))


def test_a_state_that_is_not_carried_is_noticed(broken):
    problems = broken(lambda run, inputs: run({name: array * (name == "frame") for name, array in inputs.items()}))
    assert any("differ" in problem for problem in problems)


def test_inputs_that_are_taken_by_their_order_are_noticed(broken):
    def by_order(run, inputs):
        frame, *states = (inputs["frame"], *(array for name, array in inputs.items() if name != "frame"))
        return run({"frame": frame} | dict(zip(("p3_h", "p3_c"), states, strict=True)))

    assert any("order of the inputs" in problem for problem in broken(by_order))


def _nan(array):
    return array if array.dtype == np.uint8 else np.full_like(array, np.nan)
