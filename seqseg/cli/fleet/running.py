"""One run of `seqseg fleet`: the file, the supervisor, the port and the health lines."""

import argparse
import base64
import pickle
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from seqseg.cli.fleet.cameras import Camera, Fleet, read_cameras
from seqseg.cli.fleet.metrics import WorkerHealth, health_line
from seqseg.cli.fleet.serving import served
from seqseg.cli.fleet.supervisor import Group, Supervisor
from seqseg.cli.segment.options import SegmentOptions
from seqseg.errors import SeqsegError
from seqseg.offline.workers import environment_of_worker

LOOK_SECONDS = 0.5
FILE_SECONDS = 1.0
FRESH = 60.0
"""Seconds after which states are too old for a camera to go on from; snapshots that are rarer last 6 intervals."""


class FleetRun:
    """The cameras of a file, until Ctrl-C or a duration."""

    def __init__(self, fleet: Fleet, args: argparse.Namespace) -> None:
        self.fleet, self._file = fleet, Path(args.file)
        self._serve, self._duration, self._every = args.serve, args.duration, args.every
        self._options = {group: _options_of(group, fleet) for group in {camera.group for camera in fleet.cameras}}
        self._changed = self._file.stat().st_mtime_ns
        self._frames: dict[tuple[str, str], int] = {}
        self._counted = time.monotonic()

    def run(self) -> None:
        """Runs; KeyboardInterrupt when asked to stop, with everything whole."""
        groups = len(self._options)
        with ExitStack() as stack:
            supervisor = stack.enter_context(
                Supervisor(
                    [sys.executable, "-m", "seqseg.cli.fleet.worker"],
                    self._given,
                    per_group=self.fleet.workers,
                    environment=environment_of_worker(groups * self.fleet.workers),
                    say=_say,
                )
            )
            if self._serve:
                _say(f"the page is at {stack.enter_context(served(self._serve, supervisor.health))}")
            supervisor.set_cameras(self.fleet.cameras)
            self._watch(supervisor)

    def _watch(self, supervisor: Supervisor) -> None:
        end = None if self._duration is None else time.monotonic() + self._duration
        next_line, next_look = time.monotonic() + self._every, time.monotonic() + FILE_SECONDS
        try:
            while end is None or time.monotonic() < end:
                supervisor.watch(LOOK_SECONDS)
                if time.monotonic() >= next_look:
                    next_look = time.monotonic() + FILE_SECONDS
                    self._look(supervisor)
                if time.monotonic() >= next_line:
                    next_line = time.monotonic() + self._every
                    _say(health_line(health := supervisor.health(), fps=self._rate(health)))
        except KeyboardInterrupt:
            raise KeyboardInterrupt("stopped; all files are complete") from None

    def _look(self, supervisor: Supervisor) -> None:
        """Reads the file again if it has changed; a file with an error changes nothing."""
        try:
            changed = self._file.stat().st_mtime_ns
            if changed == self._changed:
                return
            self._changed = changed
            fleet = read_cameras(self._file)
            for group in {camera.group for camera in fleet.cameras} - self._options.keys():
                self._options[group] = _options_of(group, self.fleet)
        except (SeqsegError, OSError) as error:
            _say(f"{error}; the cameras stay as they are")
            return
        _say(f"{self._file} has changed: {_difference(self.fleet.cameras, fleet.cameras)}")
        self.fleet = Fleet(fleet.cameras, self.fleet.workers, self.fleet.snapshot, self.fleet.out)
        supervisor.set_cameras(fleet.cameras)

    def _given(self, group: Group, name: str) -> str:
        """The line that describes a worker."""
        states, interval = Path(self._options[group].out) / "states" / f"{name}.npz", self.fleet.snapshot
        content = (self._options[group], states, interval, max(FRESH, 6 * interval))
        return base64.b64encode(pickle.dumps(content)).decode()

    def _rate(self, health: list[WorkerHealth]) -> float:
        """Frames a second since the last line."""
        now = time.monotonic()
        frames: dict[tuple[str, str], int] = {}
        for worker in health:
            frames |= {(worker.name, name): int(stream["frames"]) for name, stream in worker.streams.items()}
        grown = sum(max(0, count - self._frames.get(key, 0)) for key, count in frames.items())
        seconds, self._counted, self._frames = now - self._counted, now, frames
        return grown / seconds if seconds > 0 else 0.0


def _options_of(group: Group, fleet: Fleet) -> SegmentOptions:
    """A model and its options, as `seqseg segment` has them. ConfigError and ModelError for what is wrong."""
    model, smooth = group
    return SegmentOptions.of(
        argparse.Namespace(
            trained=model, checkpoint="best", out=fleet.out, size="trained", runtime=None, vector=None, smooth=smooth,
            along_motion=None, denoise=None, fps=None, deinterlace=False, on_cut="off", masks=True, masks_as="movie",
            save=False, rle=False, areas=False, areas_as="pixels", opacity=0.5, only=None, view=None, contours=False,
            legend="names",
        )
    )  # fmt: skip


def _difference(before: tuple[Camera, ...], after: tuple[Camera, ...]) -> str:
    old, new = {camera.name: camera for camera in before}, {camera.name: camera for camera in after}
    parts = {
        "added": new.keys() - old.keys(),
        "removed": old.keys() - new.keys(),
        "changed": {name for name in old.keys() & new.keys() if old[name] != new[name]},
    }
    return "; ".join(f"{what} {', '.join(sorted(names))}" for what, names in parts.items() if names) or "nothing new"


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)
