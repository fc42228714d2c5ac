"""`seqseg stream` with a file of `seqseg export` in place of a run."""

import json
import os
import subprocess
import sys

import imageio.v3 as imageio
import numpy as np
import pytest

from seqseg.cli.main import main
from seqseg.data.files.decoding import read_label_values
from seqseg.models import save_model
from tests.export.conftest import any_format, exported, net, require  # noqa: F401

RUNTIMES = ("onnx", "openvino", "litert")


@pytest.fixture
def frames(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    rng = np.random.default_rng(2)
    for number in range(6):
        imageio.imwrite(folder / f"{number}.png", rng.integers(0, 256, (41, 47, 3), dtype="uint8"))
    return folder


def masks(folder):
    return np.stack([read_label_values(path) for path in sorted(folder.glob("*.png"))])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_masks_are_those_of_keras(exported, net, tmp_path, frames, runtime):  # noqa: F811
    save_model(net, tmp_path / "tiny.keras")
    path = exported(runtime)
    command = ["stream", "--source", str(frames), "--masks"]
    assert main([*command, str(tmp_path / "keras"), str(tmp_path / "tiny.keras")]) == 0
    assert main([*command, str(tmp_path / "export"), "--runtime", runtime, str(path)]) == 0
    here, there = masks(tmp_path / "export"), masks(tmp_path / "keras")
    assert here.shape == (6, 41, 47)
    assert (here == there).mean() >= 0.999


def test_a_stream_goes_on_from_the_state_of_another_runtime(exported, tmp_path, frames):  # noqa: F811
    onnx, litert = str(exported("onnx")), str(exported("litert"))
    state = str(tmp_path / "state.npz")
    command = ["stream", "--source", str(frames), "--masks"]
    assert main([*command, str(tmp_path / "whole"), litert]) == 0
    assert main([*command, str(tmp_path / "first"), "--max-frames", "3", "--save-state", state, onnx]) == 0
    assert main([*command, str(tmp_path / "rest"), "--load-state", state, litert]) == 0
    parts = np.concatenate([masks(tmp_path / "first"), masks(tmp_path / "rest")])
    assert (parts == masks(tmp_path / "whole")).mean() >= 0.999


def test_neither_keras_nor_tensorflow_is_loaded(exported, tmp_path, frames, any_format):  # noqa: F811
    path = exported(any_format)
    keeping = ["--smooth", "0.6", "--along-motion", "--save-state", str(tmp_path / "s.npz")]
    journal = ["--journal", str(tmp_path / "j.jsonl")]
    arguments = ["stream", str(path), "--source", str(frames), "--masks", str(tmp_path / "masks"), *keeping, *journal]
    code = (
        "import json, sys\nfrom seqseg.cli.main import main\n"
        f"status = main({arguments!r})\n"
        "print(json.dumps([status, sorted({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))]))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert json.loads(result.stdout.splitlines()[-1]) == [0, []]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--size", "40x40"], "takes frames of one size alone"),
        (["--runtime", "keras"], "Keras does not run"),
        (["--vector", "1"], "take no condition"),
        (["--slots", "3"], "export it with --batch 3 or dynamic"),
    ],
)
def test_what_an_export_does_not_do_is_one_line(exported, frames, capsys, any_format, arguments, message):  # noqa: F811
    path = exported(any_format)
    assert main(["stream", str(path), "--source", str(frames), "--null", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_a_run_is_exported_for_the_runtime_once(net, tmp_path, frames, any_format, monkeypatch):  # noqa: F811
    require(any_format)
    monkeypatch.setenv("SEQSEG_CACHE", str(tmp_path / "cache"))
    save_model(net, tmp_path / "tiny.keras")
    command = ["stream", str(tmp_path / "tiny.keras"), "--source", str(frames), "--smooth", "0.5", "--along-motion"]
    assert main([*command, "--masks", str(tmp_path / "keras")]) == 0
    assert main([*command, "--masks", str(tmp_path / "other"), "--runtime", any_format]) == 0
    assert (masks(tmp_path / "other") == masks(tmp_path / "keras")).mean() >= 0.998
    assert list((tmp_path / "cache" / "exports").iterdir())


def test_a_journal_of_an_export_is_replayed_to_the_same_masks(exported, tmp_path, frames, any_format):  # noqa: F811
    path, journal, record = str(exported(any_format)), str(tmp_path / "run.jsonl"), str(tmp_path / "kept.mkv")
    first = ["stream", path, "--source", str(frames), "--journal", journal, "--record", record]
    assert main([*first, "--masks", str(tmp_path / "first")]) == 0
    again = ["stream", path, "--replay", journal, "--source", record, "--masks", str(tmp_path / "again")]
    assert main(again) == 0
    np.testing.assert_array_equal(masks(tmp_path / "first"), masks(tmp_path / "again"))
