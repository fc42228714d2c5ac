"""What a run folder refuses, and that it can be read back."""

import csv

import pytest

from seqseg.config import load_experiment
from seqseg.errors import RunError
from seqseg.training.run.folder import RunFolder

EXPERIMENT = load_experiment(overrides={"training.epochs": 3, "model.filters": 4})


@pytest.fixture
def folder(tmp_path):
    folder = RunFolder(tmp_path / "runs" / "one")
    folder.create(EXPERIMENT, {"seqseg": "0"})
    return folder


def test_the_experiment_comes_back_as_it_was(folder):
    assert RunFolder(folder.path).experiment() == EXPERIMENT


def test_a_run_is_not_begun_over_another(folder):
    with pytest.raises(RunError, match="already holds a run; continue with --resume"):
        folder.require_free()


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(RunError, match="not an empty folder; choose another --run"):
        RunFolder(tmp_path).require_free()


def test_an_empty_folder_and_no_folder_are_free(tmp_path):
    RunFolder(tmp_path).require_free()
    RunFolder(tmp_path / "new").require_free()


@pytest.mark.parametrize("name, message", [("nowhere", "no run folder at"), (".", "is not a run folder")])
def test_what_is_no_run_is_said_to_be_none(tmp_path, name, message):
    with pytest.raises(RunError, match=message):
        RunFolder(tmp_path / name).experiment()


def test_a_run_without_a_model_yet_says_so(folder):
    with pytest.raises(RunError, match="has no best.keras yet"):
        folder.checkpoint("best")


def test_a_kept_epoch_is_a_checkpoint_by_its_number(folder):
    folder.model_file("10").write_bytes(b"")
    assert folder.checkpoint("10").name == "epoch_0010.keras"
    with pytest.raises(RunError, match="has not kept epoch 9; it has kept 10"):
        folder.checkpoint("9")


def test_the_iou_of_each_class_is_a_row_an_epoch_written_again_after_a_kill(folder):
    for epoch, iou in ((1, 0.25), (2, 0.5), (2, 0.5)):
        folder.write_class_iou(epoch, {"road, wet": iou, "car": float("nan")})
    assert folder.class_iou.read_text(encoding="utf-8") == 'epoch,"road, wet",car\n1,0.25,nan\n2,0.5,nan\n'


def test_an_unknown_checkpoint_is_refused(folder):
    with pytest.raises(RunError, match="'newest'; use best or last"):
        folder.checkpoint("newest")


def test_metrics_are_a_table(folder):
    rows = [{"epoch": 1, "loss": 0.5, "val_miou": ""}, {"epoch": 2, "loss": 0.25, "val_miou": 0.75}]
    folder.write_metrics(rows)
    with folder.metrics.open(newline="") as file:
        assert list(csv.DictReader(file)) == [{name: str(value) for name, value in row.items()} for row in rows]


def test_every_machine_a_run_went_through_is_noted(folder):
    folder.note_resume(EXPERIMENT, {"seqseg": "1"})
    assert '"0"' in folder.environment.read_text() and '"1"' in folder.environment.read_text()


@pytest.mark.parametrize("text", ["{", "7", "[" * 100_000])
def test_an_environment_that_was_damaged_is_one_line(folder, text):
    folder.environment.write_text(text)
    with pytest.raises(RunError, match=r"environment\.json (cannot be read|is no list)"):
        folder.note_resume(EXPERIMENT, {})


def test_a_folder_whose_run_was_killed_while_it_was_made_is_begun_again(tmp_path):
    folder = RunFolder(tmp_path / "run")
    (folder.path / "samples").mkdir(parents=True)
    (folder.path / ".environment.7-0.part.json").write_text("[")
    folder.require_free()
    folder.environment.write_text("[]")
    folder.require_free()
    (folder.samples / "epoch-1.png").write_bytes(b"")
    with pytest.raises(RunError, match="not an empty folder"):
        folder.require_free()


def test_a_folder_with_anything_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="not an empty folder"):
        RunFolder(tmp_path).require_free()
