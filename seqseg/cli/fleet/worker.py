"""A process of `seqseg fleet`: one model, its cameras in one batch; orders come in, figures of its health go out."""

import base64
import json
import os
import pickle
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from seqseg.cli.console.stopping import termination_as_interrupt
from seqseg.cli.fleet.cameras import Camera
from seqseg.cli.segment.options import SegmentOptions, Wanted
from seqseg.cli.segment.segmenting import Segmenter, make_sinks
from seqseg.cli.stream.sources import SourceOptions, make_source
from seqseg.offline.jobs import Job

if TYPE_CHECKING:
    from seqseg.inference.snapshots import Snapshot
    from streams import Engine, Sink, Source, Stream

HEALTH_SECONDS = 1.0
AGAIN_SECONDS = 5.0


class FleetWorker:
    """An engine whose streams are attached and detached by orders.

    Orders are lines of JSON: {"attach": a camera} and {"detach": its name}; the end of the orders ends the worker. Its
    answers are lines of {"streams": {name: figures}, "memory": bytes}, one a second.

    Args:
        options: the model, as `seqseg segment` has it; `out` is the folder of the fleet.
        states: the file of the snapshots, written every `interval` seconds and read at the start.
        fresh: seconds after which a snapshot is too old to go on from.
    """

    def __init__(
        self, options: SegmentOptions, states: Path, *, interval: float, fresh: float, orders: int, answers: IO[str]
    ) -> None:
        self._options, self._states, self._interval = options, states, interval
        self._orders, self._answers, self._rest = orders, answers, b""
        self._model, self._step, self._predictor = Segmenter(options).load()
        self._mark = _mark_of(self._model)
        self._before = _snapshots(states, fresh, self._mark)
        self._failed_at: dict[str, float] = {}
        self._saved = self._reported = time.monotonic()
        self._cameras: dict[str, Camera] = {}
        self._over = False
        self._engine: Engine

    def run(self) -> None:
        """Until the orders end."""
        from streams import Engine

        os.set_blocking(self._orders, False)
        self._engine = Engine(self._step, check_state=self._check)
        self._tell()
        self._engine.run(stay=True, until=self._look, between=self._now_and_then)
        self._save()

    def _look(self) -> bool:
        """Executes the orders and reports the figures. Returns whether the orders have ended."""
        for order in self._read():
            if "attach" in order:
                self._attach(Camera(**order["attach"]))
            else:
                self._detach(order["detach"])
        if time.monotonic() - self._reported >= HEALTH_SECONDS:
            self._tell()
            self._try_again()
        return self._over

    def _read(self) -> list[dict[str, Any]]:
        try:
            content = os.read(self._orders, 1 << 16)
        except BlockingIOError:
            return []
        self._over = not content
        *lines, self._rest = (self._rest + content).split(b"\n")
        return [json.loads(line) for line in lines]

    def _attach(self, camera: Camera) -> None:
        from streams import Prefetch
        from streams.errors import StreamError

        self._cameras[camera.name] = camera
        number = camera.source.isdigit()
        options = SourceOptions(cameras=(camera.source,) if number else (), sources=() if number else (camera.source,))
        try:
            source = make_source(options, 0, self._model)
        except StreamError as error:
            self._answer({"refused": camera.name, "error": str(error)})
            return
        source.watch(lambda event: None)  # what is lost and found again is in the figures
        self._engine.attach(
            Prefetch(source, **options.reading),
            self._sinks(camera),
            name=camera.name,
            on_gap=camera.on_gap,
            **self._start_of(camera.name, source),
        )

    def _detach(self, name: str) -> None:
        self._cameras.pop(name, None)
        for stream in self._engine.streams:
            if stream.name == name:
                self._engine.detach(stream)  # forgotten once it is closed, see _tell

    def _sinks(self, camera: Camera) -> "Sink":
        from streams import NullSink

        if not any((camera.masks, camera.save, camera.rle, camera.areas)):
            return NullSink()
        began = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        folder, number = Path(self._options.out) / camera.name / began, 1
        while folder.exists():
            number += 1
            folder = folder.with_name(f"{began}-{number}")
        folder.mkdir(parents=True)
        wanted = Wanted(camera.masks, "movie", camera.save, camera.rle, camera.areas)
        return make_sinks(wanted, self._model.card, Job(camera.name, camera.source), folder)

    def _check(self, image: Any, state: Any) -> None:
        """ModelError for a snapshot of pictures of another size."""
        self._predictor.check_state(state, 1, *image.shape[:2])

    def _start_of(self, name: str, source: "Source") -> dict[str, Any]:
        """The state of the last snapshot, and where in a file it belongs."""
        from streams import Known

        snapshot = self._before.pop(name, None)
        if snapshot is None:
            return {}
        known = None
        if snapshot.index is not None and snapshot.pts is not None and not source.live:
            known = Known(snapshot.index, snapshot.pts, snapshot.epoch, snapshot.checksum)
        return {"state": snapshot.state, "after": known}

    def _now_and_then(self) -> None:
        if time.monotonic() - self._saved >= self._interval:
            self._save()

    def _save(self) -> None:
        from seqseg.inference.snapshots import Snapshot, write_snapshots
        from streams import Known

        self._saved = time.monotonic()
        snapshots = {
            stream.name: Snapshot(stream.state or {}, stream.source.name, **Known.of(stream.last)._asdict())
            for stream in self._engine.streams
            if stream.last is not None and stream.name in self._cameras
        }
        # Of cameras that have not given a frame since the restart, the state is still the one from before it.
        write_snapshots(self._states, self._before | snapshots, model=self._mark)

    def _try_again(self) -> None:
        """Attaches cameras that have failed, by a full disk or a state that did not fit, again after a while."""
        now = time.monotonic()
        for stream in self._engine.streams:
            if stream.status == "failed" and stream.closed and stream.name in self._cameras:
                if now - self._failed_at.setdefault(stream.name, now) < AGAIN_SECONDS:
                    continue
                del self._failed_at[stream.name]
                self._engine.forget(stream)
                self._attach(self._cameras[stream.name])

    def _tell(self) -> None:
        self._reported = time.monotonic()
        for stream in self._engine.streams:
            if stream.name not in self._cameras and stream.closed:
                self._engine.forget(stream)
        figures = {stream.name: figures_of(stream) for stream in self._engine.streams if stream.name in self._cameras}
        self._answer({"streams": figures, "memory": _memory()})

    def _answer(self, content: Mapping[str, Any]) -> None:
        self._answers.write(json.dumps(content) + "\n")
        self._answers.flush()


def figures_of(stream: "Stream") -> dict[str, Any]:
    """What the fleet reports of a stream, as plain data."""
    frames, seconds = stream.state_age
    latency = stream.meter.recent_p95()
    return {
        "status": stream.status,
        "frames": stream.frames,
        "dropped": dict(stream.dropped),
        "latency_p95": None if latency is None else round(latency, 4),
        "fresh_starts": stream.fresh_starts,
        "state_frames": frames,
        "state_seconds": round(seconds, 1),
        "error": None if stream.error is None else str(stream.error),
    }


def _mark_of(model: Any) -> str:
    """What states of the model are marked with."""
    from seqseg.inference.snapshots import fingerprint

    return getattr(model.card, "fingerprint", None) or fingerprint(model)


def _snapshots(states: Path, fresh: float, mark: str) -> "dict[str, Snapshot]":
    """The states to go on from; none where they are too old or of another model."""
    from seqseg.errors import ModelError
    from seqseg.inference.snapshots import read_snapshots

    if not states.is_file() or time.time() - states.stat().st_mtime > fresh:
        return {}
    try:
        return read_snapshots(states, model=mark)
    except ModelError:
        return {}


def _memory() -> int | None:
    """Bytes that the process holds; None where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def order(content: Mapping[str, Camera | str]) -> str:
    """An order as a line."""
    plain = {name: asdict(value) if isinstance(value, Camera) else value for name, value in content.items()}
    return json.dumps(plain)


def main() -> int:
    """The worker that the first line of standard input describes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one ends it
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    first = b""
    while not first.endswith(b"\n"):  # unbuffered, so that no order behind it is read along
        first += os.read(0, 1)
    options, states, interval, fresh = pickle.loads(base64.b64decode(first))
    try:
        with termination_as_interrupt():
            FleetWorker(options, states, interval=interval, fresh=fresh, orders=0, answers=answers).run()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
