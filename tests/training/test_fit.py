"""Training from end to end, on the real thing, small."""

import csv
import json
import shutil
from dataclasses import replace

import imageio.v3 as imageio
import keras
import numpy as np
import pytest

from seqseg.errors import ConfigError, DataError, RunError, TrainingError
from seqseg.models import load_model
from seqseg.training.fit import train

LEARNS_FAST = {"training__learning_rate": 1e-2, "augment__enabled": False}


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny):
    folder = tmp_path_factory.mktemp("runs")
    steps = []
    callbacks = [
        keras.callbacks.CSVLogger(str(folder / "keras.csv")),
        keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: steps.append((step, logs["loss"]))),
    ]
    result = train(tiny(**LEARNS_FAST), folder / "one", callbacks=callbacks)
    (folder / "steps.json").write_text(json.dumps(steps))
    return result


def rows(path):
    with (path / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_folder_holds_what_it_says(run):
    names = {path.name for path in run.run.iterdir()}
    files = "config.toml environment.json log.txt metrics.csv best.keras last.keras state.npz"
    assert names >= set(files.split())
    assert not [name for name in names if "part" in name]


def test_every_epoch_has_a_row_with_numbers(run):
    table = rows(run.run)
    assert [(row["epoch"], row["step"]) for row in table] == [("1", "4"), ("2", "8"), ("3", "12")]
    assert all(np.isfinite(float(value)) for row in table for value in row.values())


def test_keras_own_table_agrees_with_ours(run):
    with (run.run.parent / "keras.csv").open(newline="") as file:
        theirs = list(csv.DictReader(file))
    for row, ours in zip(theirs, rows(run.run), strict=True):
        assert int(row["epoch"]) == int(ours["epoch"]) - 1  # Keras counts from 0
        for name in ("loss", "miou", "val_loss", "val_miou", "learning_rate"):
            assert float(row[name]) == pytest.approx(float(ours[name]))


def test_a_callback_sees_every_step(run):
    steps = json.loads((run.run.parent / "steps.json").read_text())
    assert [step for step, _ in steps] == [0, 1, 2, 3] * 3
    mean = np.mean([loss for _, loss in steps[:4]])
    assert float(rows(run.run)[0]["loss"]) == pytest.approx(mean)


def test_it_learns(run):
    losses = [float(row["loss"]) for row in rows(run.run)]
    assert losses[2] < losses[1] < losses[0]


def test_every_epoch_has_a_picture_of_image_labels_and_prediction(run):
    pictures = sorted((run.run / "samples").iterdir())
    assert [picture.name for picture in pictures] == [f"epoch_000{epoch}.png" for epoch in (1, 2, 3)]
    assert imageio.imread(pictures[0]).shape == (4 * (19 + 2), 3 * 29, 3)


def test_best_is_the_epoch_of_the_best_validation_miou(run):
    scores = [float(row["val_miou"]) for row in rows(run.run)]
    assert run.best_miou == max(scores)
    assert run.best_epoch == 1 + int(np.argmax(scores))


def test_the_model_knows_its_classes_and_the_clips_it_was_trained_on(run):
    card = load_model(run.run / "last.keras").card
    assert (card.timesteps, card.size, len(card.classes)) == (2, (19, 29), 5)


def test_the_environment_is_noted(run):
    [environment] = json.loads((run.run / "environment.json").read_text())
    assert environment["packages"]["numpy"] == np.__version__


def test_a_second_run_in_its_place_is_refused(run, tiny):
    with pytest.raises(RunError, match="already holds a run"):
        train(tiny(**LEARNS_FAST), run.run)


def test_resuming_with_another_config_names_the_keys(run, tiny):
    other = tiny(**LEARNS_FAST | {"training__learning_rate": 0.5, "model__filters": 4})
    with pytest.raises(RunError, match=r"model.filters = 2 \(now 4\); training.learning_rate = 0.01 \(now 0.5\)"):
        train(other, run.run, resume=True)


def test_resuming_with_fewer_epochs_than_are_done_is_refused(run, tiny):
    with pytest.raises(RunError, match="has 3 epochs already, but training.epochs is 2"):
        train(tiny(**LEARNS_FAST, training__epochs=2), run.run, resume=True)


def test_resuming_what_is_finished_changes_nothing(run, tiny, quiet):
    before = (run.run / "state.npz").read_bytes()
    assert train(tiny(**LEARNS_FAST), run.run, resume=True, stream=quiet) == run
    assert "all 3 epochs are done already" in quiet.getvalue()
    assert (run.run / "state.npz").read_bytes() == before


def test_a_finished_run_may_be_made_longer(run, tiny, quiet, tmp_path):
    shutil.copytree(run.run, tmp_path / "run")
    longer = train(tiny(**LEARNS_FAST, training__epochs=4), tmp_path / "run", resume=True, stream=quiet)
    assert longer.epochs == 4
    assert rows(tmp_path / "run")[:3] == rows(run.run) and len(rows(tmp_path / "run")) == 4


def test_resuming_nothing_is_refused(tmp_path, tiny):
    with pytest.raises(RunError, match="no run folder at"):
        train(tiny(), tmp_path / "nowhere", resume=True)


def test_a_loss_that_is_no_number_stops_naming_epoch_and_step(tmp_path, tiny, quiet):
    message = r"became (nan|inf) at epoch 1, step \d of 4; .*learning_rate \(now 1e\+30\)"
    with pytest.raises(TrainingError, match=message):
        train(tiny(training__learning_rate=1e30), tmp_path / "run", stream=quiet)


@pytest.mark.parametrize(
    "overrides, error, message",
    [
        ({"data__source": "camvid:/nowhere"}, DataError, "no CamVid at /nowhere"),
        ({"training__class_weights": [1.0, 2.0]}, ConfigError, "class_weights has 2 numbers, but shapes has 5 classes"),
        ({"training__carry_state": True, "data__stride": 1}, ConfigError, "data.stride is 1"),
        ({"training__carry_state": True, "model__memory": "none"}, ConfigError, "has no memory to carry"),
        ({"training__warmup_steps": 12}, ConfigError, "the whole run has 12 steps"),
        ({"augment__crop": [20, 20]}, ConfigError, "augment.crop 20x20"),
    ],
)
def test_bad_input_leaves_no_folder_behind(tmp_path, tiny, overrides, error, message):
    with pytest.raises(error, match=message):
        train(tiny(**overrides), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_patience_stops_and_class_weights_and_schedules_work_together(tmp_path, tiny, quiet):
    config = {
        "training__learning_rate": 1e-12, "training__patience": 1, "training__epochs": 9,
        "training__class_weights": "median_frequency", "training__schedule": "poly", "training__warmup_steps": 5,
        "augment__crop": [16, 24], "model__norm": "group",
    }  # fmt: skip
    result = train(tiny(**config), tmp_path / "run", stream=quiet)
    assert result.epochs == 2 and "no better validation mIoU for 1 validation" in quiet.getvalue()


@pytest.fixture
def with_a_broken_frame(tmp_path, tiny):
    """(experiment, file): eight frames of two classes, of which the file is cut short."""
    (tmp_path / "data/classes.txt").parent.mkdir()
    (tmp_path / "data/classes.txt").write_text("water\nice\n")
    for kind in ("images", "masks"):
        for part in ("train", "val"):
            (tmp_path / "data" / part / kind).mkdir(parents=True)
            for number in range(8):
                picture = np.full((19, 29), number % 2, np.uint8)
                imageio.imwrite(tmp_path / "data" / part / kind / f"{number}.png", picture)
    file = tmp_path / "data/train/images/3.png"
    file.write_bytes(file.read_bytes()[:40])
    return tiny(data__source=f"folders:{tmp_path}/data", training__epochs=1), file


def test_a_broken_frame_ends_a_run_with_its_name_and_the_way_out(with_a_broken_frame, tmp_path):
    experiment, file = with_a_broken_frame
    with pytest.raises(DataError, match=rf"{file} is truncated.*\(--skip-bad leaves out"):
        train(experiment, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_with_skip_bad_a_run_goes_around_it_lists_it_and_goes_on_without_reading_all_again(
    with_a_broken_frame, tmp_path, capsys
):
    experiment, file = with_a_broken_frame
    experiment = replace(experiment, data=replace(experiment.data, skip_bad=True))
    train(experiment, tmp_path / "run")
    left_out = tmp_path / "run/left_out.txt"
    assert f"warning: left out 1 broken item; {left_out} lists them" in capsys.readouterr().out
    (line,) = left_out.read_text().splitlines()
    assert line.startswith(f"{file} is truncated")
    known = json.loads((tmp_path / "run/screening.json").read_text())
    longer = replace(experiment, training=replace(experiment.training, epochs=2))
    train(longer, tmp_path / "run", resume=True)
    assert json.loads((tmp_path / "run/screening.json").read_text()) == known
    assert left_out.read_text().splitlines() == [line]
