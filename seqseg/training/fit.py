"""Train: an `Experiment` in, a run folder out, from which a killed run goes on to the very same weights."""

import contextlib
import dataclasses
from pathlib import Path

from seqseg.config import SECTIONS
from seqseg.data.left_out import write_left_out
from seqseg.data.selection.opening import Screening
from seqseg.errors import DataError, RunError
from seqseg.training.loop import Loop, Progress
from seqseg.training.optimizing.precision import precision
from seqseg.training.run import tensorboard
from seqseg.training.run.checkpoints import load_checkpoint
from seqseg.training.run.environment import describe_environment
from seqseg.training.run.folder import RunFolder
from seqseg.training.run.interrupt import Interrupt
from seqseg.training.run.progress import CountingLine, Screen
from seqseg.training.run.report import EpochReport
from seqseg.training.setup import set_up


@dataclasses.dataclass(frozen=True)
class TrainingResult:
    """What a run came to: its folder, the best validation score and the epoch that had it, the epochs trained.

    The score is what `score` says: mIoU, or PSNR for a predictor of frames.
    """

    run: Path
    best_score: float
    best_epoch: int
    epochs: int
    score: str = "mIoU"

    @property
    def best_miou(self):
        """The best score of a run that finds classes."""
        return self.best_score


def train(experiment, run, *, resume=False, stream=None):
    """Train what `experiment` describes in the folder `run`.

    Ctrl-C ends the step at hand, saves everything and raises KeyboardInterrupt, whose message says how to go on. With
    `resume`, a run that was interrupted or killed goes on and ends with the same weights, bit for bit on one CPU, as if
    nothing had happened; an `experiment` with more epochs than the run had makes it longer.

    Args:
        experiment: an `Experiment`.
        run: path of the run folder; see `RunFolder`.
        resume: go on with the run that is there.
        stream: where progress is shown; None is standard output.

    Raises:
        RunError: there already is a run, or (with `resume`) none, or one of another experiment.
        TrainingError: the loss is no number any more.
        KeyboardInterrupt: interrupted, and saved.

    Example:
        >>> result = train(load_experiment("camvid.toml"), "runs/camvid")
        >>> result.best_miou
        0.61
    """
    folder = RunFolder(run)
    _check_folder(folder, experiment, resume)
    with precision(experiment.training.precision):
        with CountingLine("looking for what is broken", stream=stream) as line:
            screening = Screening(skip=experiment.data.skip_bad, file=folder.screening, progress=line.show)
            setup = set_up(experiment, screening)
        progress = _begin(folder, experiment, setup, resume)
        with (
            _nothing_half_begun(folder, resume),
            Screen(folder.log, stream=stream) as screen,
            Interrupt() as interrupt,
            EpochReport(folder, setup.validation, epoch=progress.epoch, task=setup.task) as report,
        ):
            _announce(screen, experiment, setup, progress)
            _list_left_out(screen, folder, screening)
            loop = Loop(
                experiment.training, folder=folder, setup=setup, progress=progress,
                screen=screen, interrupt=interrupt, report=report,
            )  # fmt: skip
            loop.run()
    return TrainingResult(folder.path, progress.best, progress.best_epoch, progress.epoch, setup.task.title)


@contextlib.contextmanager
def _nothing_half_begun(folder, resume):
    """A run that its data or a full disk ends before anything was saved leaves no folder in the way of the next try."""
    try:
        yield
    except (DataError, OSError):  # a movie's SourceError is an OSError
        if not resume and not folder.state.is_file():
            folder.discard()
        raise


def _check_folder(folder, experiment, resume):
    if not resume:
        folder.require_free()
        return
    folder.require_run()
    different = _differences(folder.experiment(), experiment)
    if different:
        raise RunError(
            f"{folder.path} was begun with {'; '.join(different)}; only training.epochs may change: "
            "resume with the run's own config.toml, or begin another --run"
        )


def _differences(before, now):
    """`key = old (now new)` for each setting that may not change in the middle of a run."""
    different = []
    for section in SECTIONS:
        ours, theirs = dataclasses.asdict(getattr(now, section)), dataclasses.asdict(getattr(before, section))
        ours, theirs = ours | ours.pop("options", {}), theirs | theirs.pop("options", {})
        different += [
            f"{section}.{name} = {theirs.get(name)} (now {ours.get(name)})"
            for name in sorted({*ours, *theirs})
            if ours.get(name) != theirs.get(name) and (section, name) != ("training", "epochs")
        ]
    return different


def _begin(folder, experiment, setup, resume):
    """The progress to start from, with the variables of the setup put to where they were."""
    if not resume:
        folder.create(experiment, describe_environment())
        return Progress()
    progress = Progress()
    if folder.state.is_file():  # else it was killed before anything was worth saving
        progress = Progress(**load_checkpoint(folder.state, setup.variables))
    if experiment.training.epochs < progress.epoch:
        raise RunError(
            f"{folder.path} has {progress.epoch} epochs behind it, but training.epochs is "
            f"{experiment.training.epochs}; ask for more, or take its best.keras as it is"
        )
    folder.write_metrics(progress.rows)
    folder.note_resume(experiment, describe_environment())
    return progress


def _announce(screen, experiment, setup, progress):
    config, network = experiment.training, setup.network
    size = "x".join(map(str, network.card.size)) if network.card.size else "their own sizes"
    screen.say(
        f"{experiment.model.name}, {network.count_params():,} parameters, on {setup.data.name}: "
        f"{len(setup.data.videos)} videos, {setup.data.frames} frames, {len(setup.data.classes)} classes; "
        f"clips of {experiment.data.timesteps} frames at {size}, "
        f"{setup.steps} steps of {config.batch} clips an epoch"
    )
    for note in (*setup.data.notes, *setup.notes):
        screen.say(f"note: {note}")
    if not tensorboard.AVAILABLE:
        screen.say("TensorBoard curves are off: `pip install tensorboard` turns them on; metrics.csv has the numbers")
    if progress.epoch >= config.epochs:
        screen.say(f"all {config.epochs} epochs are done already; ask for more with --epochs")
    elif progress.epoch or progress.step:
        screen.say(f"resuming in epoch {progress.epoch + 1}, after step {progress.step} of {setup.steps}")


def _list_left_out(screen, folder, screening):
    """Say how much is left out, and write what."""
    screening.keep(folder.screening)
    write_left_out(folder.left_out, screening.items)
    if screening.items:
        count = len(screening.items)
        screen.say(f"warning: left out {count} broken item{'s' * (count > 1)}; {folder.left_out} lists them")
