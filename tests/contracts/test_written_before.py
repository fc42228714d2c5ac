"""What the release before wrote is read, and gives what it gave then; `make.py` beside the files wrote them."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.cli.main import main
from seqseg.data import open_data
from seqseg.inference.predictor import Predictor
from seqseg.inference.snapshots import fingerprint, read_snapshots
from seqseg.models import load_model
from seqseg.models.state_file import load_state
from streams import MovieFrames

FILES = Path(__file__).parents[1] / "fixtures" / "written_by_0_0"
SHAPES = "shapes:videos=3,frames=4,size=21x29"
ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
same_backend = pytest.mark.skipif(not ON_TENSORFLOW, reason="written on TensorFlow; others round otherwise")


@pytest.fixture(scope="module")
def outputs():
    with np.load(FILES / "outputs.npz") as arrays:
        return dict(arrays)


@pytest.fixture
def run(tmp_path):
    """A copy, since training and evaluation write into it."""
    return shutil.copytree(FILES / "run", tmp_path / "run")


def masks_of(path):
    return np.array(list(MovieFrames(path, pixels="gray")))


def call(*words):
    assert main([str(word) for word in words]) == 0


def test_a_model_file_gives_the_same_logits(outputs):
    model = load_model(FILES / "model.keras")
    logits, _ = model.run(outputs["clip"][:, :2])
    np.testing.assert_allclose(ops.convert_to_numpy(logits), outputs["logits"], atol=1e-5)


def test_a_state_file_goes_on_as_it_did(outputs):
    logits, _ = load_model(FILES / "model.keras").run(outputs["clip"][:, 2:], load_state(FILES / "state.npz"))
    np.testing.assert_allclose(ops.convert_to_numpy(logits), outputs["logits_from_state"], atol=1e-5)


def test_the_model_of_a_run_gives_the_same_logits(outputs):
    logits = load_model(FILES / "run" / "best.keras")(outputs["clip"])
    np.testing.assert_allclose(ops.convert_to_numpy(logits), outputs["run_logits"], atol=1e-5)


@same_backend
def test_a_resumed_old_run_gives_the_same_weights(run, outputs):
    call("train", "--run", run, "--resume", "--epochs", 2)
    logits = load_model(run / "last.keras")(outputs["clip"])
    np.testing.assert_allclose(ops.convert_to_numpy(logits), outputs["longer_logits"], atol=1e-4)


def test_a_run_is_evaluated_as_it_was(run, tmp_path):
    call("evaluate", run, "--json", tmp_path / "scores.json")
    ours, theirs = (json.loads(path.read_text()) for path in (tmp_path / "scores.json", FILES / "evaluation.json"))
    for name in ("miou", "pixel_accuracy"):
        assert ours["clips"][name] == pytest.approx(theirs["clips"][name], abs=1e-3)


@same_backend
def test_a_journal_is_replayed_to_the_same_masks(run, outputs, tmp_path):
    source = ["--source", FILES / "frames.mkv"]
    call("stream", run, "--replay", FILES / "run.jsonl", *source, "--masks", tmp_path / "masks.mkv")
    np.testing.assert_array_equal(masks_of(tmp_path / "masks.mkv"), outputs["stream_masks"])


@same_backend
def test_a_stream_goes_on_from_its_saved_state(outputs):
    model = load_model(FILES / "run" / "best.keras")
    (snapshot,) = read_snapshots(FILES / "stream.npz", model=fingerprint(model)).values()
    assert snapshot.index == 1
    predictor, state, masks = Predictor(model, size="trained"), snapshot.state, []
    for frame in outputs["clip"][0, 2:]:
        mask, state = predictor.step(frame, state)
        masks.append(mask)
    np.testing.assert_array_equal(masks, outputs["stream_masks_from_state"])


def test_records_hold_the_same_frames_and_masks(outputs):
    data = open_data(f"records:{FILES / 'records'}", split="train")
    for video, frames, masks in zip(data.videos, outputs["record_frames"], outputs["record_masks"], strict=True):
        for k in range(len(video)):
            np.testing.assert_array_equal(video.frame(k), frames[k])
            np.testing.assert_array_equal(video.mask(k), masks[k])


def test_the_shapes_of_then_are_drawn_the_same(outputs):
    """So that runs on them go on with the same data."""
    data = open_data(SHAPES, split="train")
    for video, masks in zip(data.videos, outputs["record_masks"], strict=True):
        np.testing.assert_array_equal(np.stack([video.mask(k) for k in range(len(video))]), masks)
