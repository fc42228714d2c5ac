"""Train: an `Experiment` in, a run folder out, from which a killed run resumes to the same weights."""

import contextlib
import dataclasses
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import keras

from seqseg.config import SECTIONS, Experiment
from seqseg.data.left_out import write_left_out
from seqseg.data.selection.opening import SetOpener
from seqseg.errors import DataError, RunError
from seqseg.training.devices.copied import copy_of
from seqseg.training.devices.team import Hosts, Team, team_of
from seqseg.training.loop import Loop, Progress
from seqseg.training.optimizing.precision import precision
from seqseg.training.run import tensorboard
from seqseg.training.run.checkpoints import load_checkpoint
from seqseg.training.run.environment import describe_environment
from seqseg.training.run.folder import RunFolder
from seqseg.training.run.interrupt import Interrupt
from seqseg.training.run.progress import CountingLine, Screen
from seqseg.training.run.report import EpochReport
from seqseg.training.setup import Setup, set_up


@dataclasses.dataclass(frozen=True)
class TrainingResult:
    """A finished run: its folder, the best validation score, the epoch that reached it, and the number of epochs.

    `score` names the score: mIoU, or PSNR for a frame predictor.
    """

    run: Path
    best_score: float
    best_epoch: int
    epochs: int
    score: str = "mIoU"

    @property
    def best_miou(self) -> float:
        """The best score of a segmentation run."""
        return self.best_score


def train(
    experiment: Experiment,
    run: str | Path,
    *,
    resume: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    notes: Sequence[str] = (),
    stream: TextIO | None = None,
    devices: str | int | None = None,
    hosts: Hosts | None = None,
) -> TrainingResult:
    """Train what `experiment` describes in the folder `run`.

    Ctrl-C finishes the current step, saves everything and raises KeyboardInterrupt, whose message says how to go on.
    With `resume`, an interrupted or killed run ends with the same weights as an uninterrupted one, bit for bit on one
    CPU; an `experiment` with more epochs makes the run longer.

    Args:
        experiment: all settings; see `load_experiment`.
        run: path of the run folder; see `RunFolder`.
        resume: continue the run in that folder.
        callbacks: Keras callbacks, called around training, epochs, steps and validation as by `fit`. Their `model` is
            the `Learner`, whose `kept` is the network; with `model.stop_training` they end the run. Their own state is
            not part of a resume.
        notes: sentences to show, and to log, before the first step.
        stream: where progress is shown; None is standard output.
        devices: how many devices of this machine share each batch, or "all"; see `team_of`. The batches are the same.
        hosts: this process of several that train together; only rank 0 writes into `run`.

    Raises:
        RunError: the folder holds a run already, or (with `resume`) none, or one of another experiment.
        TrainingError: the loss is not finite.
        KeyboardInterrupt: interrupted, and saved.

    Example:
        >>> result = train(load_experiment("camvid.toml"), "runs/camvid")
        >>> result.best_miou
        0.61
    """
    folder = RunFolder(run)
    if hosts is None:
        _check_folder(folder, experiment, resume)
    with team_of(devices, hosts, batch=experiment.training.batch) as team:
        if hosts is not None and (team.writes or resume):  # rank 0 may have made the folder already
            _check_folder(folder, experiment, resume)
        if team.writes:
            return _train(experiment, folder, team, resume=resume, callbacks=callbacks, notes=notes, stream=stream)
        with copy_of(folder, resume=resume) as own:
            done = _train(experiment, own, team, resume=resume, callbacks=callbacks, notes=(), stream=io.StringIO())
            return dataclasses.replace(done, run=folder.path)


def _train(
    experiment: Experiment,
    folder: RunFolder,
    team: Team,
    *,
    resume: bool,
    callbacks: Sequence[keras.callbacks.Callback],
    notes: Sequence[str],
    stream: TextIO | None,
) -> TrainingResult:
    with precision(experiment.training.precision):
        with CountingLine("looking for what is broken", stream=stream) as line:
            opener = SetOpener(skip=experiment.data.skip_bad, file=folder.findings, progress=line.show)
            setup = set_up(experiment, opener, team)
        progress = _begin(folder, experiment, setup, resume)
        with (
            _nothing_half_begun(folder, resume),
            Screen(folder.log, stream=stream) as screen,
            Interrupt(team.agree) as interrupt,
            EpochReport(folder, setup.validation, epoch=progress.epoch, task=setup.task) as report,
        ):
            _announce(screen, experiment, setup, progress, notes)
            _list_left_out(screen, folder, opener)
            loop = Loop(
                experiment.training, folder=folder, setup=setup, progress=progress,
                screen=screen, interrupt=interrupt, report=report, callbacks=callbacks,
            )  # fmt: skip
            loop.run()
    return TrainingResult(folder.path, progress.best, progress.best_epoch, progress.epoch, setup.task.title)


@contextlib.contextmanager
def _nothing_half_begun(folder: RunFolder, resume: bool) -> Iterator[None]:
    """Remove the folder of a new run that fails on its data or a full disk before anything is saved."""
    try:
        yield
    except (DataError, OSError):  # a movie's SourceError is an OSError
        if not resume and not folder.state.is_file():
            folder.discard()
        raise


def _check_folder(folder: RunFolder, experiment: Experiment, resume: bool) -> None:
    if not resume:
        folder.require_free()
        return
    folder.require_run()
    different = _differences(folder.experiment(), experiment)
    if different:
        raise RunError(
            f"{folder.path} was started with {'; '.join(different)}; only training.epochs may change: "
            "resume with the run's own config.toml, or start another --run"
        )


def _differences(before: Experiment, now: Experiment) -> list[str]:
    """`key = old (now new)` for each changed setting; only the epochs may change in the middle of a run."""
    different: list[str] = []
    for section in SECTIONS:
        ours, theirs = dataclasses.asdict(getattr(now, section)), dataclasses.asdict(getattr(before, section))
        ours, theirs = ours | ours.pop("options", {}), theirs | theirs.pop("options", {})
        different += [
            f"{section}.{name} = {theirs.get(name)} (now {ours.get(name)})"
            for name in sorted({*ours, *theirs})
            if ours.get(name) != theirs.get(name) and (section, name) != ("training", "epochs")
        ]
    return different


def _begin(folder: RunFolder, experiment: Experiment, setup: Setup, resume: bool) -> Progress:
    """The progress to start from, with the variables of the setup restored."""
    if not resume:
        folder.create(experiment, describe_environment())
        return Progress()
    progress = Progress()
    if folder.state.is_file():  # else the run was killed before its first save
        progress = Progress(**load_checkpoint(folder.state, setup.variables))
    if experiment.training.epochs < progress.epoch:
        raise RunError(
            f"{folder.path} has {progress.epoch} epochs already, but training.epochs is "
            f"{experiment.training.epochs}; ask for more, or take its best.keras as it is"
        )
    folder.write_metrics(progress.rows)
    folder.note_resume(experiment, describe_environment())
    return progress


def _announce(screen: Screen, experiment: Experiment, setup: Setup, progress: Progress, notes: Sequence[str]) -> None:
    config, network = experiment.training, setup.network
    size = "x".join(map(str, network.card.size)) if network.card.size else "their own sizes"
    screen.say(
        f"{experiment.model.name}, {network.count_params():,} parameters, on {setup.data.name}: "
        f"{len(setup.data.videos)} videos, {setup.data.frames} frames, {len(setup.data.classes)} classes; "
        f"clips of {experiment.data.timesteps} frames at {size}, "
        f"{setup.steps} steps of {config.batch} clips an epoch"
    )
    for note in (*notes, *setup.data.notes, *setup.notes):
        screen.say(f"note: {note}")
    if not tensorboard.AVAILABLE:
        screen.say("TensorBoard curves are off: `pip install tensorboard` turns them on; metrics.csv has the numbers")
    if progress.epoch >= config.epochs:
        screen.say(f"all {config.epochs} epochs are done already; ask for more with --epochs")
    elif progress.epoch or progress.step:
        screen.say(f"resuming in epoch {progress.epoch + 1}, after step {progress.step} of {setup.steps}")


def _list_left_out(screen: Screen, folder: RunFolder, opener: SetOpener) -> None:
    """Write the list of what was left out, and say how much it is."""
    opener.keep(folder.findings)
    write_left_out(folder.left_out, opener.items)
    if opener.items:
        count = len(opener.items)
        screen.say(f"warning: left out {count} broken item{'s' * (count > 1)}; {folder.left_out} lists them")
