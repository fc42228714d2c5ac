"""The loop over steps and epochs."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NoReturn

import keras

from seqseg.config import TrainingConfig
from seqseg.errors import TrainingError
from seqseg.models.build import save_model
from seqseg.training.clips import Batch
from seqseg.training.run.checkpoints import save_checkpoint
from seqseg.training.run.folder import RunFolder
from seqseg.training.run.interrupt import Interrupt
from seqseg.training.run.progress import Pace, Screen, duration
from seqseg.training.run.report import EpochReport, Row, epoch_line
from seqseg.training.setup import Setup
from seqseg.training.tasks.task import Validation

SAVE_SECONDS = 300
"""The most seconds of a long epoch that a kill can cost."""


@dataclass
class Progress:
    """How far a run is; with the variables of the `Setup` it is all that a resume needs."""

    epoch: int = 0  # finished epochs
    step: int = 0  # steps done of the epoch after them
    loss: float = 0.0  # sum over these steps
    seconds: float = 0.0  # spent on them
    best: float = -1.0
    best_epoch: int = 0
    stale: int = 0  # validations since the best one
    rows: list[Row] = field(default_factory=list)  # of metrics.csv


class Loop:
    """Takes a `Setup` from its `Progress` to the end of its epochs.

    Args:
        config: the `[training]` settings.
        folder, setup, progress, screen, interrupt, report: see their classes.
        callbacks: Keras callbacks, called as `fit` calls them; their `model` is the `Learner`.
    """

    def __init__(
        self,
        config: TrainingConfig,
        *,
        folder: RunFolder,
        setup: Setup,
        progress: Progress,
        screen: Screen,
        interrupt: Interrupt,
        report: EpochReport,
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ) -> None:
        self.config = config
        self.folder = folder
        self.setup = setup
        self.progress = progress
        self.screen = screen
        self.interrupt = interrupt
        self.report = report
        self.callbacks = keras.callbacks.CallbackList(
            list(callbacks), model=setup.learner, epochs=config.epochs, steps=setup.steps
        )
        self.saved = self.epoch_began = time.monotonic()
        self.pace = Pace(config.epochs * setup.steps)

    def run(self) -> None:
        """Train until the last epoch, until `patience` validations brought no better score, or a callback stops it."""
        batches = self.setup.batches(self.progress.epoch * self.setup.steps + self.progress.step)
        self.setup.learner.stop_training = False
        self.callbacks.on_train_begin()
        try:
            while self.progress.epoch < self.config.epochs and not self._stops():
                self.epoch_began = time.monotonic() - self.progress.seconds
                self._train_epoch(batches)
                self._end_epoch()
        finally:  # also when interrupted, so that callbacks can close their files
            self.callbacks.on_train_end(_numbers(self.progress.rows[-1]) if self.progress.rows else None)

    def _train_epoch(self, batches: Iterator[Batch]) -> None:
        progress, learner, task = self.progress, self.setup.learner, self.setup.task
        self.callbacks.on_epoch_begin(progress.epoch)
        while progress.step < self.setup.steps:
            inputs, targets = next(batches)
            self.callbacks.on_train_batch_begin(progress.step)
            logs = {name: float(value) for name, value in self._step(inputs, targets).items()}
            self._require_finite(logs["loss"])
            self.callbacks.on_train_batch_end(progress.step, logs)
            progress.step += 1
            progress.loss += logs["loss"]
            if self.interrupt.asked:
                self._save_and_interrupt()
            if time.monotonic() - self.saved > SAVE_SECONDS:
                self._save()
            self._draw(f"loss {progress.loss / progress.step:.4f}  {task.title} {logs[task.score]:.3f}")
        learner.settle()

    def _step(self, inputs: Any, targets: Any) -> dict[str, Any]:
        logs: dict[str, Any] = self.setup.learner.train_on_batch(inputs, targets, return_dict=True)
        return logs

    def _end_epoch(self) -> None:
        """Validate, and write everything in an order in which a kill at any point loses nothing."""
        progress = self.progress
        validation = self._validate() if self._validates() else None
        row = self._row(validation)
        better = validation is not None and validation.score > progress.best
        if validation is not None and better:
            progress.best, progress.best_epoch, progress.stale = validation.score, progress.epoch + 1, 0
            save_model(self.setup.network, self.folder.model_file("best"))
        elif validation is not None:
            progress.stale += 1
        save_model(self.setup.network, self.folder.model_file("last"))
        if self.config.keep_every and (progress.epoch + 1) % self.config.keep_every == 0:
            save_model(self.setup.network, self.folder.model_file(str(progress.epoch + 1)))
        if validation is not None:
            self.report.write(row, validation.samples, validation.class_iou)
        else:
            self.report.write(row, [])
        progress.rows.append(row)
        progress.epoch, progress.step, progress.loss, progress.seconds = progress.epoch + 1, 0, 0.0, 0.0
        self.setup.learner.start_epoch()
        # A run that is killed before this line does the above again, to the same bytes.
        self._save()
        self.folder.write_metrics(progress.rows)
        left = self.pace.left(progress.epoch * self.setup.steps)
        self.screen.say(epoch_line(row, self.config.epochs, best=better, left=left, task=self.setup.task))
        self.callbacks.on_epoch_end(progress.epoch - 1, _numbers(row))
        if self.interrupt.asked:
            self._save_and_interrupt()

    def _validates(self) -> bool:
        epoch = self.progress.epoch + 1
        return epoch % self.config.validate_every == 0 or epoch == self.config.epochs

    def _validate(self) -> Validation:
        total = -(-self.setup.validation_clips // self.config.batch)

        def watch(done: int) -> None:
            self.screen.draw(done / total, self._title(), f"validating {done}/{total}")

        self.callbacks.on_test_begin()
        validation = self.setup.task.validate(self.setup, stop=lambda: self.interrupt.asked, watch=watch)
        if validation is None:
            self._save_and_interrupt()
        self.callbacks.on_test_end(dict(validation.figures))
        return validation

    def _row(self, validation: Validation | None) -> Row:
        progress, learner, task = self.progress, self.setup.learner, self.setup.task
        steps = (progress.epoch + 1) * self.setup.steps
        return {
            "epoch": progress.epoch + 1,
            "step": steps,
            "learning_rate": float(self.setup.schedule(steps - 1)),  # of the last step
            "loss": progress.loss / progress.step,
            task.score: float(learner.score.result()),
            "val_loss": validation.loss if validation else "",
            **(validation.figures if validation else dict.fromkeys(task.columns, "")),
            "seconds": round(time.monotonic() - self.epoch_began, 1),
        }

    def _require_finite(self, loss: float) -> None:
        if math.isfinite(loss):
            return
        progress, config = self.progress, self.config
        clip = "" if config.clip_norm else ", training.clip_norm=1"
        whole = "" if config.precision == "float32" else ", training.precision=float32"
        raise TrainingError(
            f"the loss became {loss} at epoch {progress.epoch + 1}, step {progress.step + 1} of {self.setup.steps}; "
            f"train again with a lower training.learning_rate (now {config.learning_rate:g}), "
            f"some training.warmup_steps{clip}{whole}"
        )

    def _stops(self) -> bool:
        if self.setup.learner.stop_training:
            self.screen.say("a callback stopped the training")
            return True
        if self.config.patience is None or self.progress.stale < self.config.patience:
            return False
        self.screen.say(f"no better validation {self.setup.task.title} for {self.progress.stale} validations: stopped")
        return True

    def _save(self) -> None:
        self.progress.seconds = time.monotonic() - self.epoch_began if self.progress.step else 0.0
        save_checkpoint(self.folder.state, self.setup.variables, asdict(self.progress))
        self.saved = time.monotonic()

    def _save_and_interrupt(self) -> NoReturn:
        self._save()
        progress = self.progress
        where = f"epoch {progress.epoch + 1}, after step {progress.step} of {self.setup.steps}"
        message = f"interrupted in {where}; everything is saved, --run {self.folder.path} --resume goes on from here"
        self.screen.note(message)  # the caller of `train` shows it
        raise KeyboardInterrupt(message)

    def _title(self) -> str:
        epochs = self.config.epochs
        return f"epoch {self.progress.epoch + 1:>{len(str(epochs))}}/{epochs}"

    def _draw(self, scores: str) -> None:
        step, steps = self.progress.step, self.setup.steps
        left = self.pace.left(self.progress.epoch * steps + step)
        time_left = "" if left is None else f"  {duration(left)} left"
        self.screen.draw(step / steps, self._title(), f"{step}/{steps}  {scores}{time_left}")


def _numbers(row: Row) -> dict[str, float]:
    """The scores of a row of metrics.csv, as Keras callbacks expect them."""
    return {name: value for name, value in row.items() if name not in ("epoch", "step") and not isinstance(value, str)}
