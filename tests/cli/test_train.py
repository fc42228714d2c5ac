from pathlib import Path

import numpy as np
import pytest

from seqseg.cli.console.options import overrides
from seqseg.cli.main import build_parser
from seqseg.cli.train import default_run_folder
from seqseg.config import Experiment, load_experiment
from seqseg.models import load_model
from seqseg.training.run.folder import RunFolder


def test_a_run_folder_comes_out_that_knows_its_config(trained):
    experiment = RunFolder(trained).experiment()
    assert (experiment.data.timesteps, experiment.model.options) == (3, {"filters": 4})


def test_the_end_says_the_score_and_what_to_do_next(seqseg, tmp_path, tiny):
    code, printed, _ = seqseg("train", *tiny, "--run", tmp_path / "run")
    assert code == 0
    assert "best mIoU" in printed and f"seqseg evaluate {tmp_path}/run" in printed


def test_a_run_goes_on_from_its_folder_alone_and_may_grow_longer(seqseg, tmp_path, tiny):
    run = tmp_path / "run"
    seqseg("train", *tiny, "--run", run, "--set", "training.keep_every=2")
    code, printed, _ = seqseg("train", "--resume", "--run", run, "--epochs", "2")
    assert code == 0 and "epoch 2/2" in printed
    assert [path.name for path in run.glob("epoch_*.keras")] == ["epoch_0002.keras"]
    assert (run / "class_iou.csv").read_text(encoding="utf-8").count("\n") == 3
    assert load_experiment(run / "config.toml").training.epochs == 2


def test_a_file_and_flags_together_make_the_experiment(seqseg, tmp_path, tiny):
    config = tmp_path / "own.toml"
    config.write_text("[training]\nepochs = 7\nseed = 3\n", encoding="utf-8")
    seqseg("train", config, *tiny, "--run", tmp_path / "run")
    training = load_experiment(tmp_path / "run" / "config.toml").training
    assert (training.epochs, training.seed) == (1, 3)


def test_training_can_start_from_the_weights_of_another_run(seqseg, trained, tmp_path, tiny):
    still = ["--set", "training.learning_rate=1e-30", "--set", "training.weight_decay=0", "--seed", "5"]
    code, _, _ = seqseg("train", *tiny, *still, "--weights", trained / "last.keras", "--run", tmp_path / "run")
    assert code == 0
    before, after = (load_model(folder / "last.keras") for folder in (trained, tmp_path / "run"))
    for one, other in zip(before.trainable_variables, after.trainable_variables, strict=True):
        np.testing.assert_allclose(other.numpy(), one.numpy(), atol=1e-6)


def test_weights_of_another_architecture_are_one_line_with_both_shapes(seqseg, trained, tmp_path, tiny):
    wider = [*tiny, "--set", "model.filters=6", "--weights", trained / "last.keras", "--run", tmp_path / "run"]
    code, _, said = seqseg("train", *wider)
    assert code == 2
    assert "(5, 5, 3, 6)" in said and "(5, 5, 3, 4)" in said and len(said.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_the_default_folder_is_the_first_that_is_free(tmp_path):
    assert default_run_folder(Experiment(), tmp_path) == tmp_path / "unet_lstm-shapes-1"
    (tmp_path / "unet_lstm-shapes-1").mkdir()
    assert default_run_folder(Experiment(), tmp_path) == tmp_path / "unet_lstm-shapes-2"


BAD = {
    "--resume needs --run DIR, the folder of the run to resume": ["--resume"],
    "no config file at nowhere.toml; give the path of a .toml file": ["nowhere.toml"],
    'training.epochs must be a whole number, got "ten"': ["--epochs", "ten"],
    "unknown data kind 'camvit'; did you mean camvid?": ["--data", "camvit:x"],
    "unknown model 'unt_lstm'; did you mean unet_lstm?": ["--model", "unt_lstm"],
    "model 'unet_lstm' has no option 'filter'; did you mean filters?": ["--set", "model.filter=4"],
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_one_line_and_leaves_no_folder(message, seqseg, tmp_path):
    where = [] if "--resume" in BAD[message] else ["--run", tmp_path / "run"]
    code, printed, complaint = seqseg("train", *where, *BAD[message])
    assert (code, printed) == (2, "")
    assert complaint.startswith(f"seqseg: error: {message}") and complaint.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_images_and_no_masks_is_one_line_and_leaves_no_folder(seqseg, tmp_path):
    (tmp_path / "data" / "images").mkdir(parents=True)
    (tmp_path / "data" / "images" / "1.png").write_bytes(b"")
    code, _, complaint = seqseg("train", "--data", f"folders:{tmp_path}/data", "--run", tmp_path / "run")
    assert code == 2 and complaint.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_data_found_bad_in_the_first_steps_leaves_no_folder_in_the_way(seqseg, tmp_path):
    import imageio.v3 as imageio

    for kind, shape in (("images", (40, 50, 3)), ("masks", (20, 50))):
        (tmp_path / "data" / kind).mkdir(parents=True)
        for number in range(4):
            picture = np.zeros(shape, "uint8")
            picture[5:10] = 1
            imageio.imwrite(tmp_path / "data" / kind / f"{number}.png", picture)
    run = tmp_path / "run"
    code, _, said = seqseg("train", "--data", f"folders:{tmp_path}/data", "--timesteps", "2", "--run", run)
    assert code == 2 and "20x50" in said and "40x50" in said
    assert not run.exists()


def test_resuming_what_is_no_run_is_one_line(seqseg, tmp_path):
    code, _, complaint = seqseg("train", "--resume", "--run", tmp_path)
    assert code == 2 and "is not a run folder" in complaint


def test_resuming_with_a_config_file_is_refused(seqseg, trained):
    code, _, complaint = seqseg("train", "other.toml", "--resume", "--run", trained)
    assert code == 2 and "leave other.toml out" in complaint


def test_a_second_run_in_the_same_folder_is_refused(seqseg, trained, tiny):
    code, _, complaint = seqseg("train", *tiny, "--run", trained)
    assert code == 2 and "already holds a run" in complaint


def test_the_former_name_of_a_flag_still_works():
    parser = build_parser()
    assert overrides(parser.parse(["train", "--fit", "tile"])) == {"data.resize": "tile"}


@pytest.fixture
def would_train(monkeypatch):
    """What `seqseg train` would train: (experiment, notes) of each call."""
    asked = []

    def note(folder, experiment, resume, notes, **devices):
        asked.append((experiment, notes))
        return 0

    monkeypatch.setattr("seqseg.cli.train._train_in", note)
    return asked


def test_without_data_it_trains_on_shapes_as_the_config_does_and_says_so(seqseg, would_train):
    assert seqseg("train", "--timesteps", "8")[0] == 0
    [(experiment, notes)] = would_train
    assert experiment == load_experiment(Path(__file__).parents[2] / "configs" / "shapes.toml")
    assert "moving shapes" in notes[0] and "--data folders:PATH" in notes[0]


def test_what_is_asked_for_wins_over_the_settings_of_shapes(seqseg, would_train):
    seqseg("train", "--epochs", "3", "--model", "unet", "--set", "data.source=shapes")
    seqseg("train", "--epochs", "3", "--model", "unet")
    assert [(one.training.epochs, one.training.batch) for one, _ in would_train] == [(3, 4), (3, 8)]
    assert would_train[1][0].model.options == {}


def test_a_dry_run_counts_times_and_writes_nothing(seqseg, tmp_path, tiny):
    code, printed, _ = seqseg("train", *tiny, "--run", tmp_path / "run", "--dry-run")
    assert code == 0 and "2 videos, 10 frames" in printed and "3 frames of 45x61" in printed
    assert "2 steps of 2 clips, about" in printed and "nothing was written" in printed
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_of_a_run_that_goes_on_is_refused(seqseg, trained):
    code, _, complaint = seqseg("train", "--resume", "--run", trained, "--dry-run")
    assert code == 2 and "leave --resume out" in complaint
