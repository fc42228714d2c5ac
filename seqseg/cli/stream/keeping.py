"""The options of `seqseg stream` that save a run (states, a journal), resume one or replay one."""

import argparse
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from seqseg.cli.console.outputs import Outputs, identity
from seqseg.cli.stream.steady import SteadyOptions
from seqseg.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

    from seqseg.cli.stream.streamed import StateChecker, StreamedModel
    from seqseg.inference.snapshots import Snapshot
    from streams import Engine, Journal, Replay, Sink, Source

LINES = (".jsonl", ".ndjson", ".json", ".log", ".txt", "")


@dataclass(frozen=True, slots=True)
class KeepingOptions:
    """The files to save and to resume from, checked."""

    save_state: str | None = None
    snapshot: float | None = None
    load_state: str | None = None
    journal: str | None = None
    replay: str | None = None

    @classmethod
    def of(cls, args: argparse.Namespace) -> "KeepingOptions":
        """From the command line. ConfigError for what is wrong before anything is opened."""
        if args.snapshot is not None and not args.save_state:
            raise ConfigError("--snapshot says how often the state is saved; say where with --save-state FILE.npz")
        if args.snapshot is not None and not 0 < args.snapshot < float("inf"):
            raise ConfigError(f"--snapshot must be greater than 0 seconds, got {args.snapshot:g}")
        if args.replay and (args.camera or args.loop or args.on_cut != "off" or args.on_gap):
            raise ConfigError(
                "--replay takes everything from its journal; give only RUN, its options and the recordings"
            )
        for option in ("save_state", "load_state"):
            text = getattr(args, option)
            if text and Path(text).suffix != ".npz":
                raise ConfigError(f"--{option.replace('_', '-')} must end in .npz, got {text}")
        return cls(args.save_state, args.snapshot, args.load_state, args.journal, args.replay)

    def claim(self, outputs: Outputs) -> None:
        """Names the files to the rule for outputs. A state may be saved over the one that was loaded."""
        if self.replay:
            outputs.reads(self.replay, "what --replay reads")
        if self.load_state and identity(Path(self.load_state)) != identity(Path(self.save_state or "")):
            outputs.reads(self.load_state, "what --load-state reads")
        outputs.writes("--save-state", self.save_state, suffixes=(".npz",))
        outputs.writes("--journal", self.journal, suffixes=LINES)


def add_keeping_options(parser: argparse.ArgumentParser) -> None:
    """Offer states, journal, recording and replay."""
    keep = parser.add_argument_group("saving, resuming and replaying a run")
    keep.add_argument("--save-state", metavar="FILE.npz", help="the memory of each stream, when it ends")
    keep.add_argument(
        "--snapshot", type=float, metavar="SECONDS", help="and every so often, so that a crash costs little"
    )
    keep.add_argument(
        "--load-state",
        metavar="FILE.npz",
        help="resume from these states; each source continues after the last frame that its state has seen",
    )
    keep.add_argument(
        "--journal", metavar="FILE.jsonl", help="the time, gap and drops of every frame, and when the state was reset"
    )
    keep.add_argument("--record", metavar="DIR|FILE.mkv", help="the frames that were segmented, without loss")
    keep.add_argument(
        "--replay", metavar="FILE.jsonl", help="repeat the run of this journal exactly; --source is what --record wrote"
    )


class StateFiles:
    """Saves and loads the states of the streams of one engine."""

    def __init__(self, options: KeepingOptions, model: "StreamedModel") -> None:
        self._path, self._interval = options.save_state, options.snapshot
        self._saved = time.monotonic()
        self._from = options.load_state
        self.fingerprint = ""
        self._loaded: dict[str, Snapshot] = {}
        if options.save_state or options.load_state or options.journal or options.replay:
            from seqseg.inference.snapshots import fingerprint, read_snapshots

            # An export has its model's fingerprint, so that states resume under another runtime.
            self.fingerprint = getattr(model.card, "fingerprint", None) or fingerprint(cast(Any, model))
            if options.load_state:
                self._loaded = read_snapshots(options.load_state, model=self.fingerprint)

    def start_of(self, name: str, source: "Source", sink: "Sink", names: list[str]) -> dict[str, Any]:
        """`state` and `after` for `Engine.attach`, from the loaded file; the objects that it knows go to the sink."""
        from streams import Known

        if not self._loaded:
            return {}
        snapshot = self._loaded.get(name)
        if snapshot is None and len(names) == len(self._loaded) == 1:
            (snapshot,) = self._loaded.values()
        if snapshot is None:
            if not set(names) & set(self._loaded):
                raise ConfigError(
                    f"{self._from} holds the states of {', '.join(self._loaded)}, none of them of {', '.join(names)}"
                )
            return {}
        known = None
        if snapshot.index is not None and snapshot.pts is not None:
            if snapshot.source == source.name and not source.live:
                known = Known(snapshot.index, snapshot.pts, snapshot.epoch, snapshot.checksum)
        return {"state": _without_objects(snapshot.state, sink), "after": known}

    def check(self, predictor: "StateChecker", image: "np.ndarray", state: Any) -> None:
        """ModelError where a loaded state does not fit the first frame."""
        from seqseg.errors import ModelError

        try:
            predictor.check_state(state, 1, *image.shape[:2])
        except ModelError as error:
            raise ModelError(
                f"{self._from} holds a state for pictures of another size or other options, this source gives "
                f"{image.shape[0]}x{image.shape[1]}; give the same --size, --smooth, --along-motion, "
                "--denoise and source"
            ) from error

    def now_and_then(self, engine: "Engine") -> None:
        """Saves the states when it is time."""
        if self._interval is not None and time.monotonic() - self._saved >= self._interval:
            self.save(engine)

    def save(self, engine: "Engine") -> None:
        """Saves the state of every stream that has segmented a frame."""
        if not self._path:
            return
        from seqseg.inference.snapshots import Snapshot, write_snapshots
        from streams import Known

        self._saved = time.monotonic()
        snapshots = {
            stream.name: Snapshot(
                (stream.state or {}) | _objects_of(stream.sink), stream.source.name, **Known.of(stream.last)._asdict()
            )
            for stream in engine.streams
            if stream.last is not None
        }
        if snapshots:
            write_snapshots(self._path, snapshots, model=self.fingerprint)


def _objects_of(sink: "Sink") -> dict[str, Any]:
    """What the stream's sink remembers of objects, as arrays beside the model's state."""
    from streams import FollowingSink

    return sink.to_arrays() if isinstance(sink, FollowingSink) else {}


def _without_objects(state: Any, sink: "Sink") -> Any:
    """The model's part of a state that was loaded; the other goes to the sink, where it follows objects."""
    from streams import FollowingSink
    from streams.objects.tracks import PIXELS, TABLE

    if isinstance(sink, FollowingSink):
        sink.go_on_from(state)
    return {name: tensor for name, tensor in state.items() if name not in (TABLE, PIXELS)}


def make_journal(options: KeepingOptions, facts: dict[str, Any]) -> "AbstractContextManager[Journal | None]":
    """The journal asked for, not yet open; one that gives None where none is."""
    from streams import Journal

    return Journal(options.journal, facts) if options.journal else nullcontext()


def read_replay(path: str | None, facts: dict[str, Any], sources: int) -> "Replay | None":
    """The journal to replay, or None. ConfigError where this run differs from the one that wrote it."""
    from streams import Replay

    if path is None:
        return None
    replay = Replay.read(path)
    before = SteadyOptions().to_dict()  # what journals of former versions say nothing about
    for name in ("model", "size", *before, "slots", "vector", "state"):
        written = replay.facts.get(name, before.get(name))
        if written != facts[name]:
            raise ConfigError(
                f"{path} was written with {name} {written}, this run has {facts[name]}; give the same model and options"
            )
    if sources != len(replay.streams):
        raise ConfigError(
            f"{path} has {len(replay.streams)} streams ({', '.join(replay.streams)}); give a --source, "
            f"what --record wrote, for each, in this order; got {sources}"
        )
    return replay


def free_names(names: list[str]) -> list[str]:
    """The names, with a number behind those that came before."""
    free: list[str] = []
    for name in names:
        number = 1
        candidate = name
        while candidate in free:
            number += 1
            candidate = f"{name} {number}"
        free.append(candidate)
    return free
