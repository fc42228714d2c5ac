"""The loop over steps and epochs: straight, with everything that can go wrong in sight."""

import dataclasses
import math
import time

from seqseg.errors import TrainingError
from seqseg.models import save_model
from seqseg.training.run.checkpoints import save_checkpoint
from seqseg.training.run.progress import Pace, duration
from seqseg.training.run.report import epoch_line

SAVE_SECONDS = 300
"""A kill in the middle of a long epoch costs no more than this."""


@dataclasses.dataclass
class Progress:
    """How far a run is; with the variables of the `Setup` it is all that a resume needs."""

    epoch: int = 0  # epochs that are over
    step: int = 0  # steps done of the one that is not
    loss: float = 0.0  # the sum of its losses
    seconds: float = 0.0  # spent on it
    best: float = -1.0
    best_epoch: int = 0
    stale: int = 0  # validations since the best one
    rows: list = dataclasses.field(default_factory=list)  # of metrics.csv


class Loop:
    """Takes a `Setup` from its `Progress` to the end of its epochs.

    Args:
        config: a `TrainingConfig`.
        folder, setup, progress, screen, interrupt, report: see their classes.
    """

    def __init__(self, config, *, folder, setup, progress, screen, interrupt, report):
        self.config = config
        self.folder = folder
        self.setup = setup
        self.progress = progress
        self.screen = screen
        self.interrupt = interrupt
        self.report = report
        self.saved = self.epoch_began = time.monotonic()
        self.pace = Pace(config.epochs * setup.steps)

    def run(self):
        """Train until the last epoch, or until `patience` validations brought nothing."""
        batches = self.setup.batches(self.progress.epoch * self.setup.steps + self.progress.step)
        while self.progress.epoch < self.config.epochs and not self._out_of_patience():
            self.epoch_began = time.monotonic() - self.progress.seconds
            self._train_epoch(batches)
            self._end_epoch()

    def _train_epoch(self, batches):
        progress, learner, task = self.progress, self.setup.learner, self.setup.task
        while progress.step < self.setup.steps:
            clips, labels = next(batches)
            logs = learner.train_on_batch(clips, labels, return_dict=True)
            self._require_finite(float(logs["loss"]))
            progress.step += 1
            progress.loss += float(logs["loss"])
            if self.interrupt.asked:
                self._save_and_interrupt()
            if time.monotonic() - self.saved > SAVE_SECONDS:
                self._save()
            self._draw(f"loss {progress.loss / progress.step:.4f}  {task.title} {float(logs[task.score]):.3f}")

    def _end_epoch(self):
        """Validate, and leave everything behind in an order in which a kill at any point loses nothing."""
        progress = self.progress
        self.setup.learner.settle()
        validation = self._validate() if self._validates() else None
        row = self._row(validation)
        better = validation is not None and validation.score > progress.best
        if better:
            progress.best, progress.best_epoch, progress.stale = validation.score, row["epoch"], 0
            save_model(self.setup.network, self.folder.model_file("best"))
        elif validation is not None:
            progress.stale += 1
        save_model(self.setup.network, self.folder.model_file("last"))
        self.report.write(row, validation.samples if validation else [])
        progress.rows.append(row)
        progress.epoch, progress.step, progress.loss, progress.seconds = row["epoch"], 0, 0.0, 0.0
        self.setup.learner.start_epoch()
        # Whatever stands above is done again, to the same bytes, by a run that was killed before this line.
        self._save()
        self.folder.write_metrics(progress.rows)
        left = self.pace.left(progress.epoch * self.setup.steps)
        self.screen.say(epoch_line(row, self.config.epochs, best=better, left=left, task=self.setup.task))
        if self.interrupt.asked:
            self._save_and_interrupt()

    def _validates(self):
        epoch = self.progress.epoch + 1
        return epoch % self.config.validate_every == 0 or epoch == self.config.epochs

    def _validate(self):
        total = -(-self.setup.validation_clips // self.config.batch)

        def watch(done):
            self.screen.draw(done / total, self._title(), f"validating {done}/{total}")

        validation = self.setup.task.validate(self.setup, stop=lambda: self.interrupt.asked, watch=watch)
        if validation is None:
            self._save_and_interrupt()
        return validation

    def _row(self, validation):
        progress, learner = self.progress, self.setup.learner
        steps = (progress.epoch + 1) * self.setup.steps
        return {
            "epoch": progress.epoch + 1,
            "step": steps,
            "learning_rate": float(self.setup.schedule(steps - 1)),  # of the step that was taken last
            "loss": progress.loss / progress.step,
            self.setup.task.score: float(learner.score.result()),
            "val_loss": validation.loss if validation else "",
            **(validation.figures if validation else dict.fromkeys(self.setup.task.columns, "")),
            "seconds": round(time.monotonic() - self.epoch_began, 1),
        }

    def _require_finite(self, loss):
        if math.isfinite(loss):
            return
        progress, config = self.progress, self.config
        clip = "" if config.clip_norm else ", training.clip_norm=1"
        whole = "" if config.precision == "float32" else ", training.precision=float32"
        raise TrainingError(
            f"the loss became {loss} at epoch {progress.epoch + 1}, step {progress.step + 1} of {self.setup.steps}; "
            f"train anew with a lower training.learning_rate (now {config.learning_rate:g}), "
            f"some training.warmup_steps{clip}{whole}"
        )

    def _out_of_patience(self):
        if self.config.patience is None or self.progress.stale < self.config.patience:
            return False
        self.screen.say(f"no better validation {self.setup.task.title} for {self.progress.stale} validations: stopped")
        return True

    def _save(self):
        self.progress.seconds = time.monotonic() - self.epoch_began if self.progress.step else 0.0
        save_checkpoint(self.folder.state, self.setup.variables, dataclasses.asdict(self.progress))
        self.saved = time.monotonic()

    def _save_and_interrupt(self):
        self._save()
        progress = self.progress
        where = f"epoch {progress.epoch + 1}, after step {progress.step} of {self.setup.steps}"
        message = f"interrupted in {where}; everything is saved, --run {self.folder.path} --resume goes on from here"
        self.screen.note(message)  # who catches the interrupt tells the user
        raise KeyboardInterrupt(message)

    def _title(self):
        epochs = self.config.epochs
        return f"epoch {self.progress.epoch + 1:>{len(str(epochs))}}/{epochs}"

    def _draw(self, scores):
        step, steps = self.progress.step, self.setup.steps
        left = self.pace.left(self.progress.epoch * steps + step)
        time_left = "" if left is None else f"  {duration(left)} left"
        self.screen.draw(step / steps, self._title(), f"{step}/{steps}  {scores}{time_left}")
