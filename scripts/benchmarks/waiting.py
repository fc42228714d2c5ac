"""(f) The share of its time that the real training loop waits for data, with unet_lstm."""

import dataclasses
import io
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from data_engines import TIMESTEPS, camvid_or_drawn
from measure import in_a_process

from seqseg.config import load_experiment
from seqseg.training.loop import Loop, Progress
from seqseg.training.run.folder import RunFolder
from seqseg.training.run.interrupt import Interrupt
from seqseg.training.run.progress import Screen
from seqseg.training.run.report import EpochReport
from seqseg.training.setup import set_up

STEPS, SETTLED = 12, 3


def compare():
    """Seconds in `next()` over all seconds from step SETTLED on."""
    with tempfile.TemporaryDirectory() as folder:
        return in_a_process("waiting.py", str(with_short_val(Path(folder))))


def with_short_val(folder):
    """CamVid, or synthetic frames in its layout, with one clip to validate on."""
    (folder / "drawn").mkdir()
    root = camvid_or_drawn(folder / "drawn")
    for kind, short in (("train", "val"), ("trainannot", "valannot")):
        os.symlink(root / kind, folder / kind)
        (folder / short).mkdir()
        for file in sorted((root / kind).iterdir())[:TIMESTEPS]:
            os.symlink(file, folder / short / file.name)
    return folder


def alone(root):
    """One epoch of clips of 8 frames of 360x480, two a step, as `seqseg train` goes through it."""
    experiment = load_experiment(
        overrides={
            "model.filters": 16,
            "data.source": f"camvid:{root}",
            "training.batch": 2,
            "training.epochs": 1,
            "training.steps_per_epoch": STEPS,
        }
    )
    timed = Timed()
    with tempfile.TemporaryDirectory() as run:
        setup = set_up(experiment)
        batches = setup.batches
        setup = dataclasses.replace(setup, batches=lambda start: timed.over(batches(start)))
        folder = RunFolder(run)
        folder.create(experiment, {})
        with (
            Screen(folder.log, stream=io.StringIO()) as screen,
            Interrupt() as interrupt,
            EpochReport(folder, setup.validation, epoch=0, task=setup.task) as report,
        ):
            Loop(
                experiment.training, folder=folder, setup=setup, progress=Progress(),
                screen=screen, interrupt=interrupt, report=report,
            ).run()  # fmt: skip
    waited = sum(end - begin for begin, end in timed.times[SETTLED:])
    whole = timed.times[-1][1] - timed.times[SETTLED - 1][1]
    return {
        "share": waited / whole,
        "figures": {"ms a step": 1000 * whole / (STEPS - SETTLED), "waited ms": 1000 * waited},
    }


class Timed:
    """Records when each batch was requested and when it came."""

    def __init__(self):
        self.times = []

    def over(self, batches):
        batches = iter(batches)
        while True:
            begin = time.perf_counter()
            batch = next(batches)
            self.times.append((begin, time.perf_counter()))
            yield batch


if __name__ == "__main__":
    print(json.dumps(alone(sys.argv[1])))
