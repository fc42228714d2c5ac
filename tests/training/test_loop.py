"""The loop, with a learner and a task that are made up, so that every order of events is known."""

import dataclasses
import io
import json

import keras
import numpy as np
import pytest

from seqseg.config import TrainingConfig
from seqseg.errors import TrainingError
from seqseg.models import build_model, load_model
from seqseg.training import loop as loop_module
from seqseg.training.loop import Loop, Progress
from seqseg.training.run.checkpoints import load_checkpoint
from seqseg.training.run.folder import RunFolder
from seqseg.training.run.interrupt import Interrupt
from seqseg.training.run.progress import Screen

EVENTS: list[str] = []


class FakeLearner:
    """Gives prescribed losses; one variable counts its steps."""

    def __init__(self, network, losses):
        self.network, self.losses = network, iter(losses)
        self.count = keras.Variable(0.0, name="count")
        self.score = keras.metrics.Mean(name="miou")
        self.stop_training = False

    def train_on_batch(self, inputs, targets, return_dict):
        assert return_dict
        self.count.assign_add(1.0)
        self.score.update_state(0.5)
        EVENTS.append(f"step {inputs}")
        return {"loss": np.float32(next(self.losses)), "miou": 0.5}

    def settle(self):
        EVENTS.append("settle")

    def start_epoch(self):
        self.score.reset_state()


@dataclasses.dataclass
class FakeValidation:
    score: float
    loss: float = 0.25
    samples: tuple = ()
    class_iou: tuple = ()

    @property
    def figures(self):
        return {"val_miou": self.score}


class FakeTask:
    score, title, columns = "miou", "mIoU", ("val_miou",)

    def __init__(self, scores):
        self.scores = iter(scores)

    def validate(self, setup, *, stop, watch):
        EVENTS.append("validate")
        if stop():
            return None
        watch(1)
        return FakeValidation(next(self.scores))


class FakeReport:
    def write(self, row, samples, class_iou=()):
        EVENTS.append(f"report {row['epoch']}")


@dataclasses.dataclass
class FakeSetup:
    learner: FakeLearner
    task: FakeTask
    steps: int = 2
    validation_clips: int = 1

    @property
    def network(self):
        return self.learner.network

    @property
    def variables(self):
        return [self.learner.count]

    def batches(self, start):
        return iter((number, None) for number in range(start, 1000))

    def schedule(self, step):
        return 0.1 / (1 + step)


@pytest.fixture(scope="module")
def network():
    return build_model("simple", classes=2, filters=2)


@pytest.fixture
def make_loop(tmp_path, network):
    """(scores, losses, progress, callbacks, **training) -> a `Loop` in a run folder, and its screen's text."""
    EVENTS.clear()
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    text = io.StringIO()

    with Screen(folder.log, stream=text) as screen, Interrupt() as interrupt:

        def make(*, scores=(), losses=(1.0,) * 100, progress=None, callbacks=(), **training):
            setup = FakeSetup(FakeLearner(network, losses), FakeTask(scores))
            loop = Loop(
                TrainingConfig(**({"epochs": 2} | training)), folder=folder, setup=setup,
                progress=progress or Progress(), screen=screen, interrupt=interrupt, report=FakeReport(),
                callbacks=callbacks,
            )  # fmt: skip
            return loop, text

        yield make


def test_an_epoch_is_steps_then_settling_validation_and_report(make_loop):
    loop, _ = make_loop(scores=[0.1, 0.2])
    loop.run()
    assert EVENTS == [
        "step 0", "step 1", "settle", "validate", "report 1",
        "step 2", "step 3", "settle", "validate", "report 2",
    ]  # fmt: skip


def test_the_best_model_is_that_of_the_highest_score_and_last_that_of_the_end(make_loop):
    loop, text = make_loop(scores=[0.3, 0.2, 0.3], epochs=3)
    loop.run()
    assert (loop.progress.best, loop.progress.best_epoch, loop.progress.stale) == (0.3, 1, 2)
    assert load_model(loop.folder.model_file("best")) and load_model(loop.folder.model_file("last"))
    assert text.getvalue().count("(best)") == 1


def test_a_row_holds_the_mean_loss_and_the_learning_rate_of_the_last_step(make_loop):
    loop, _ = make_loop(scores=[0.1], losses=[1.0, 3.0], epochs=1)
    loop.run()
    (row,) = loop.progress.rows
    assert (row["loss"], row["miou"], row["val_loss"], row["val_miou"]) == (2.0, 0.5, 0.25, 0.1)
    assert row["learning_rate"] == pytest.approx(0.05)
    assert loop.folder.metrics.read_text("utf-8").splitlines()[0].startswith("epoch,step,learning_rate,loss,miou")


def test_epochs_between_validations_have_empty_columns_and_the_last_is_validated(make_loop):
    loop, _ = make_loop(scores=[0.1, 0.2], epochs=3, validate_every=2)
    loop.run()
    assert [row["val_miou"] for row in loop.progress.rows] == ["", 0.1, 0.2]


def test_it_stops_when_patience_is_over(make_loop):
    loop, text = make_loop(scores=[0.5, 0.4, 0.4, 0.4], epochs=9, patience=2)
    loop.run()
    assert loop.progress.epoch == 3 and "no better validation mIoU for 2 validations: stopped" in text.getvalue()


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_says_where_and_what_to_do(loss, make_loop):
    loop, _ = make_loop(losses=[1.0, loss], clip_norm=None, learning_rate=0.5)
    with pytest.raises(TrainingError, match=r"epoch 1, step 2 of 2; .*\(now 0.5\).*warmup_steps, training.clip_norm=1"):
        loop.run()


def test_a_long_epoch_is_saved_in_the_middle(make_loop, monkeypatch):
    monkeypatch.setattr(loop_module, "SAVE_SECONDS", -1)
    loop, _ = make_loop(losses=[1.0, 2.0, float("nan")], scores=[0.1])
    with pytest.raises(TrainingError):
        loop.run()
    variable = keras.Variable(0.0)
    progress = load_checkpoint(loop.folder.state, [variable])
    assert (progress["epoch"], progress["step"], float(variable.value)) == (1, 0, 2.0)


def test_it_goes_on_from_its_progress(make_loop):
    loop, _ = make_loop(scores=[0.1], progress=Progress(epoch=1, step=1, loss=5.0, best=0.9, best_epoch=1))
    loop.run()
    assert EVENTS == ["step 3", "settle", "validate", "report 2"]
    assert loop.progress.rows[0]["loss"] == 3.0 and loop.progress.best_epoch == 1


@pytest.mark.parametrize("when", ["step", "validation"])
def test_an_interrupt_saves_and_says_how_to_go_on(when, make_loop):
    class Ask(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            loop.interrupt.asked = when == "step"

        def on_test_begin(self, logs=None):
            loop.interrupt.asked = True

    loop, _ = make_loop(scores=[0.1], callbacks=[Ask()])
    done = 1 if when == "step" else 2
    with pytest.raises(KeyboardInterrupt, match=f"epoch 1, after step {done} of 2; .*--run .*run --resume goes on"):
        loop.run()
    assert load_checkpoint(loop.folder.state, [keras.Variable(0.0)])["step"] == done


def test_keras_callbacks_are_called_as_fit_calls_them(make_loop, tmp_path):
    calls = []
    watch = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: calls.append("train begin"),
        on_epoch_begin=lambda epoch, logs: calls.append(f"epoch {epoch} begin"),
        on_train_batch_begin=lambda batch, logs: calls.append(f"batch {batch} begin"),
        on_train_batch_end=lambda batch, logs: calls.append(f"batch {batch} end {logs['loss']:g}"),
        on_epoch_end=lambda epoch, logs: calls.append(f"epoch {epoch} end {logs['val_miou']:g}"),
        on_train_end=lambda logs: calls.append("train end"),
    )
    table = keras.callbacks.CSVLogger(str(tmp_path / "table.csv"))
    loop, _ = make_loop(scores=[0.1, 0.2], losses=[1, 2, 3, 4], callbacks=[watch, table])
    loop.run()
    epochs = [
        ["epoch 0 begin", "batch 0 begin", "batch 0 end 1", "batch 1 begin", "batch 1 end 2", "epoch 0 end 0.1"],
        ["epoch 1 begin", "batch 0 begin", "batch 0 end 3", "batch 1 begin", "batch 1 end 4", "epoch 1 end 0.2"],
    ]
    assert calls == ["train begin", *epochs[0], *epochs[1], "train end"]
    header, first, second = (tmp_path / "table.csv").read_text("utf-8").splitlines()
    assert header.split(",")[0] == "epoch" and {"loss", "miou", "val_loss", "val_miou"} < set(header.split(","))
    column = header.split(",").index("loss")
    assert [float(line.split(",")[column]) for line in (first, second)] == [1.5, 3.5]


def test_a_callback_can_stop_the_training(make_loop):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    loop, text = make_loop(scores=[0.1, 0.2], callbacks=[Stop()])
    loop.run()
    assert loop.progress.epoch == 1 and "a callback stopped the training" in text.getvalue()


def test_callbacks_end_also_when_the_run_is_interrupted(make_loop):
    ended = []
    loop, _ = make_loop(
        losses=[float("nan")], callbacks=[keras.callbacks.LambdaCallback(on_train_end=lambda logs: ended.append(logs))]
    )
    with pytest.raises(TrainingError):
        loop.run()
    assert ended == [None] or ended == [{}]


def test_progress_is_plain_data(make_loop):
    loop, _ = make_loop(scores=[0.1, 0.2])
    loop.run()
    assert Progress(**json.loads(json.dumps(dataclasses.asdict(loop.progress)))) == loop.progress
