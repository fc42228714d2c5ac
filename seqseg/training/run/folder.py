"""The folder of one training run, which explains itself."""

import csv
import io
import json
import shutil
from pathlib import Path

from seqseg.config import dump_experiment, load_experiment
from seqseg.errors import RunError
from seqseg.files import replacing

CHECKPOINTS = ("best", "last")


class RunFolder:
    """Where everything of a run lies.

    ```
    config.toml        the experiment, every key written out     environment.json   versions, machine, command line
    log.txt            what was said, with the time of day       metrics.csv        one row an epoch
    best.keras         of the best validation mIoU               last.keras         of the last epoch
    samples/           image | labels | prediction, each epoch   tensorboard/       the curves
    state.npz          everything that --resume needs
    left_out.txt       what --skip-bad left out               screening.json     the same, so that --resume knows it
    ```

    Example:
        >>> model = load_model(RunFolder("runs/camvid").checkpoint("best"))
    """

    def __init__(self, path):
        self.path = Path(path)
        self.config = self.path / "config.toml"
        self.log = self.path / "log.txt"
        self.metrics = self.path / "metrics.csv"
        self.environment = self.path / "environment.json"
        self.state = self.path / "state.npz"
        self.left_out = self.path / "left_out.txt"
        self.screening = self.path / "screening.json"
        self.samples = self.path / "samples"
        self.tensorboard = self.path / "tensorboard"

    def exists(self):
        """Whether a run began here."""
        return self.config.is_file()

    def checkpoint(self, which="best"):
        """The path of the `best` or `last` model file.

        Raises:
            RunError: there is no run here, or it has not saved a model yet.
        """
        if which not in CHECKPOINTS:
            raise RunError(f"unknown checkpoint {which!r}; use best or last")
        self.require_run()
        path = self.model_file(which)
        if not path.is_file():
            raise RunError(f"{self.path} has no {path.name} yet; let its first epoch end, or resume it")
        return path

    def model_file(self, which):
        """Where the `best` or `last` model goes, whether or not it is there yet."""
        return self.path / f"{which}.keras"

    def experiment(self):
        """The `Experiment` that was trained here.

        Raises:
            RunError: there is no run here.
        """
        self.require_run()
        return load_experiment(self.config)

    def require_run(self):
        """Raise RunError unless a run began here."""
        if not self.path.is_dir():
            raise RunError(f"no run folder at {self.path}; give the folder that `seqseg train --run` made")
        if not self.exists():
            raise RunError(f"{self.path} is not a run folder: it has no config.toml; give one that `seqseg train` made")

    def require_free(self):
        """Raise RunError unless a new run can begin here: no such folder yet, or an empty one."""
        if self.exists():
            raise RunError(f"{self.path} already holds a run; go on with --resume, or choose another --run")
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise RunError(f"{self.path} exists and is not an empty folder; choose another --run")

    def create(self, experiment, environment):
        """Make the folder. The config comes last: with it, it is a run."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.samples.mkdir(exist_ok=True)
        self.write_json(self.environment, [environment])
        self.write_config(experiment)

    def discard(self):
        """Remove the folder, which was free before `create`, with all that is in it."""
        shutil.rmtree(self.path)

    def note_resume(self, experiment, environment):
        """Add the machine that a run goes on with, and its config, whose epochs may have grown."""
        earlier = json.loads(self.environment.read_text(encoding="utf-8"))
        self.write_json(self.environment, [*earlier, environment])
        self.write_config(experiment)

    def write_config(self, experiment):
        """Write config.toml."""
        with replacing(self.config) as file:
            file.write(dump_experiment(experiment).encode())

    def write_metrics(self, rows):
        """Write metrics.csv anew from all rows, dicts of one shape: so it always agrees with the state."""
        text = io.StringIO()
        if rows:
            writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        with replacing(self.metrics) as file:
            file.write(text.getvalue().encode())

    @staticmethod
    def write_json(path, content):
        """Write JSON that people can read."""
        with replacing(path) as file:
            file.write((json.dumps(content, indent=2) + "\n").encode())
