"""The folder of one training run, which explains itself."""

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seqseg.config import Experiment, dump_experiment, load_experiment
from seqseg.errors import RunError
from seqseg.files import write_json, write_text

CHECKPOINTS = ("best", "last")


class RunFolder:
    """The files of a run.

    ```
    config.toml        the experiment, every key written out     environment.json   versions, machine, command line
    log.txt            the messages, with their time             metrics.csv        one row an epoch
    best.keras         of the best validation mIoU               last.keras         of the last epoch
    epoch_0010.keras   of an epoch, by training.keep_every       class_iou.csv      each class in every validation
    samples/           image | labels | prediction, each epoch   tensorboard/       the curves
    state.npz          everything that --resume needs
    left_out.txt       what --skip-bad left out            screening.json     the same, for --resume
    ```

    Example:
        >>> model = load_model(RunFolder("runs/camvid").checkpoint("best"))
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.config = self.path / "config.toml"
        self.log = self.path / "log.txt"
        self.metrics = self.path / "metrics.csv"
        self.class_iou = self.path / "class_iou.csv"
        self.environment = self.path / "environment.json"
        self.state = self.path / "state.npz"
        self.left_out = self.path / "left_out.txt"
        self.findings = self.path / "screening.json"
        self.samples = self.path / "samples"
        self.tensorboard = self.path / "tensorboard"

    def exists(self) -> bool:
        """Whether there is a run here."""
        return self.config.is_file()

    def checkpoint(self, which: str = "best") -> Path:
        """The path of the `best` or `last` model file, or that of an epoch that was kept: "10".

        Raises:
            RunError: there is no run here, or it has not saved that model.
        """
        if which not in CHECKPOINTS and not which.isdecimal():
            raise RunError(f"unknown checkpoint {which!r}; use best or last, or the number of an epoch that was kept")
        self.require_run()
        path = self.model_file(which)
        if not path.is_file() and which not in CHECKPOINTS:
            kept = ", ".join(str(int(one.stem[6:])) for one in sorted(self.path.glob("epoch_*.keras")))
            raise RunError(
                f"{self.path} has not kept epoch {which}; it has kept {kept or 'none'} (training.keep_every keeps them)"
            )
        if not path.is_file():
            raise RunError(f"{self.path} has no {path.name} yet; let its first epoch end, or resume it")
        return path

    def model_file(self, which: str) -> Path:
        """The path of the `best` or `last` model or of an epoch's, which need not exist yet."""
        return self.path / f"{f'epoch_{int(which):04d}' if which.isdecimal() else which}.keras"

    def experiment(self) -> Experiment:
        """The `Experiment` that was trained here.

        Raises:
            RunError: there is no run here.
        """
        self.require_run()
        return load_experiment(self.config)

    def require_run(self) -> None:
        """Raise RunError unless there is a run here."""
        if not self.path.is_dir():
            raise RunError(f"no run folder at {self.path}; give the folder that `seqseg train --run` made")
        if not self.exists():
            raise RunError(f"{self.path} is not a run folder: it has no config.toml; give one that `seqseg train` made")

    def require_free(self) -> None:
        """Raise RunError unless a new run can begin here: in a new folder, an empty one, or one killed in `create`."""
        if self.exists():
            raise RunError(f"{self.path} already holds a run; continue with --resume, or choose another --run")
        if self.path.exists() and (not self.path.is_dir() or not all(map(self._is_of_create, self.path.iterdir()))):
            raise RunError(f"{self.path} exists and is not an empty folder; choose another --run")

    def _is_of_create(self, path: Path) -> bool:
        """Whether `create` makes it before the config: nothing of a run is lost with it."""
        if path == self.samples:
            return path.is_dir() and not any(path.iterdir())
        parts = tuple(f".{written.stem}." for written in (self.environment, self.config))
        return path == self.environment or (path.name.startswith(parts) and ".part" in path.name)

    def create(self, experiment: Experiment, environment: Mapping[str, Any]) -> None:
        """Make the folder. The config comes last: it makes the folder a run."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.samples.mkdir(exist_ok=True)
        write_json(self.environment, [environment])
        self._write_config(experiment)

    def discard(self) -> None:
        """Remove the folder, which was free before `create`, and its content."""
        shutil.rmtree(self.path)

    def note_resume(self, experiment: Experiment, environment: Mapping[str, Any]) -> None:
        """Add the machine of a resumed run, and write its config, whose epochs may have grown."""
        try:
            earlier = json.loads(self.environment.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{self.environment} cannot be read ({error}); restore it, or write [] into it") from None
        if not isinstance(earlier, list):
            raise RunError(f"{self.environment} is no list of machines; restore it, or write [] into it")
        write_json(self.environment, [*earlier, environment])
        self._write_config(experiment)

    def write_metrics(self, rows: Sequence[Mapping[str, float | str]]) -> None:
        """Write metrics.csv from all rows, which have the same columns, so that it agrees with the state."""
        text = io.StringIO()
        if rows:
            writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        write_text(self.metrics, text.getvalue())

    def write_class_iou(self, epoch: int, scores: Mapping[str, float]) -> None:
        """Add an epoch to class_iou.csv; what stands there from it on is replaced, as after a kill."""
        rows: list[dict[str, Any]] = []
        if self.class_iou.is_file():
            with self.class_iou.open(encoding="utf-8", newline="") as file:
                rows = [row for row in csv.DictReader(file) if int(row["epoch"]) < epoch]
        text = io.StringIO()
        writer = csv.DictWriter(text, ["epoch", *scores], lineterminator="\n")
        writer.writeheader()
        writer.writerows([*rows, {"epoch": epoch} | {name: round(value, 5) for name, value in scores.items()}])
        write_text(self.class_iou, text.getvalue())

    def _write_config(self, experiment: Experiment) -> None:
        write_text(self.config, dump_experiment(experiment))
