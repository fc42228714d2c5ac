"""The bench of GPUs where there is none."""

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[2] / "scripts" / "benchmarks" / "gpu.py"


@pytest.fixture
def gpu():
    spec = importlib.util.spec_from_file_location("gpu_bench", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_a_gpu_it_says_so_in_a_line_and_measures_nothing(gpu, capsys):
    if gpu.has_gpu():
        pytest.skip("there is a GPU here")
    assert gpu.compare() == {"skipped": "no GPU"}
    assert capsys.readouterr().out.startswith("gpu: skipped, ")


def test_what_it_measures_runs_on_any_device(gpu, monkeypatch):
    monkeypatch.setattr(gpu, "FRAMES", 2)
    monkeypatch.setattr(gpu, "WARM_UP", 1)
    model = gpu.build_model("unet_lstm", classes=2, filters=2)
    row = gpu._streamed(gpu.Predictor(gpu.in_precision(model, "mixed_float16")), (16, 24), 2, "mixed_float16")
    assert row["streams"] == 2 and row["fps"] > 0 and row["p50"] <= row["p99"]
