"""The options of `seqseg stream` that keep a run: states, a journal, a recording; and that go on from or replay one."""

import argparse
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from seqseg.cli.stream.steady import FACTS as STEADY
from seqseg.cli.stream.steady import steadiness_of
from seqseg.errors import ConfigError


def add_keeping_options(parser: argparse.ArgumentParser) -> None:
    """Offer states, journal, recording and replay."""
    keep = parser.add_argument_group("what is kept of the run itself")
    keep.add_argument("--save-state", metavar="FILE.npz", help="the memory of each stream, when it ends")
    keep.add_argument(
        "--snapshot", type=float, metavar="SECONDS", help="and every so often, so that a crash costs little"
    )
    keep.add_argument(
        "--load-state",
        metavar="FILE.npz",
        help="go on from these memories; the source they came from goes on after the last frame seen",
    )
    keep.add_argument(
        "--journal", metavar="FILE.jsonl", help="every frame's time, gap, drops, and when memory began afresh"
    )
    keep.add_argument("--record", metavar="DIR|FILE.mkv", help="the frames that were segmented, without loss")
    keep.add_argument(
        "--replay", metavar="FILE.jsonl", help="do again what this journal tells; --source is what --record kept"
    )


def check_keeping_options(args: argparse.Namespace) -> None:
    """ConfigError for what can be told to be wrong before anything is opened."""
    if args.snapshot is not None and not args.save_state:
        raise ConfigError("--snapshot says how often the state is saved; say where with --save-state FILE.npz")
    if args.snapshot is not None and not 0 < args.snapshot < float("inf"):
        raise ConfigError(f"--snapshot must be greater than 0 seconds, got {args.snapshot:g}")
    if args.replay and (args.camera or args.loop or args.on_cut != "off" or args.on_gap):
        raise ConfigError("--replay takes everything from its journal; give only RUN, its options and the recordings")
    for option in ("save_state", "load_state"):
        text = getattr(args, option)
        if text and Path(text).suffix != ".npz":
            raise ConfigError(f"--{option.replace('_', '-')} must end in .npz, got {text}")


class Keeper:
    """States into and out of files, for the streams of one engine."""

    def __init__(self, args: argparse.Namespace, model) -> None:
        from seqseg.inference.snapshots import fingerprint, read_snapshots

        self.fingerprint = (
            fingerprint(model) if args.save_state or args.load_state or args.journal or args.replay else ""
        )
        self._path, self._interval = args.save_state, args.snapshot
        self._saved = time.monotonic()
        self._loaded = read_snapshots(args.load_state, model=self.fingerprint) if args.load_state else {}
        self._from = args.load_state

    def start_of(self, name: str, source, names: list[str]) -> dict:
        """`state` and `after` for `Engine.attach`, from the loaded file."""
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
        same = snapshot.index is not None and snapshot.source == source.name and not source.live
        known = Known(snapshot.index, snapshot.pts, snapshot.epoch, snapshot.checksum) if same else None
        return {"state": snapshot.state, "after": known}

    def check(self, predictor, image, state) -> None:
        """ModelError where a loaded state does not go with the first frame."""
        from seqseg.errors import ModelError

        try:
            predictor.check_state(state, 1, *image.shape[:2])
        except ModelError as error:
            raise ModelError(
                f"{self._from} holds a state for pictures of another size or other options, this source gives "
                f"{image.shape[0]}x{image.shape[1]}; give it the same --size, --smooth, --along-motion, "
                "--denoise and source, or start it anew"
            ) from error

    def now_and_then(self, engine) -> None:
        """Saves the states when it is time."""
        if self._interval is not None and time.monotonic() - self._saved >= self._interval:
            self.save(engine)

    def save(self, engine) -> None:
        """Saves the state of every stream that has segmented a frame."""
        from seqseg.inference.snapshots import Snapshot, write_snapshots
        from streams import Known

        self._saved = time.monotonic()
        snapshots = {
            stream.name: Snapshot(stream.state or {}, stream.source.name, **Known.of(stream.last)._asdict())
            for stream in engine.streams
            if stream.last is not None
        }
        if self._path and snapshots:
            write_snapshots(self._path, snapshots, model=self.fingerprint)


def make_journal(args: argparse.Namespace, facts: dict) -> AbstractContextManager:
    """The journal asked for, not yet open; one that gives None where none is."""
    from streams import Journal

    return Journal(args.journal, facts) if args.journal else nullcontext()


def read_replay(args: argparse.Namespace, facts: dict):
    """The journal to replay, or None. ConfigError where this run would not be the one it tells of."""
    from streams import Replay

    if not args.replay:
        return None
    replay = Replay.read(args.replay)
    for name in ("model", "size", *STEADY, "slots", "vector", "state"):
        written = replay.facts.get(name, STEADY.get(name))
        if written != facts[name]:
            raise ConfigError(
                f"{args.replay} was written with {name} {written}, this run has {facts[name]}; "
                "give the same model and options"
            )
    if len(args.source) != len(replay.streams):
        raise ConfigError(
            f"{args.replay} tells of {len(replay.streams)} streams ({', '.join(replay.streams)}); give a --source, "
            f"what --record kept, for each, in this order; got {len(args.source)}"
        )
    return replay


def facts_of(args: argparse.Namespace, keeper: Keeper) -> dict:
    """What a run's masks depend on, besides its frames."""
    import hashlib

    import keras

    loaded = hashlib.sha256(Path(args.load_state).read_bytes()).hexdigest()[:16] if args.load_state else None
    return {
        "model": keeper.fingerprint,
        "size": args.size,
        **steadiness_of(args),
        "slots": args.slots,
        "vector": args.vector,
        "state": loaded,
        "backend": keras.backend.backend(),
    }


def with_recording(sink, args: argparse.Namespace, name: str, several: bool):
    """The sink, and the recording beside it where one is asked for, named after the stream when there are several."""
    if not args.record:
        return sink
    from streams import Background, RecordingFolderSink, RecordingMovieSink, Sinks
    from streams.sinks.writing.naming import name_for_files, name_in_short, with_name

    path = Path(args.record)
    if several:
        taken = vars(args).setdefault("names_of_recordings", set())
        safe = name_for_files(name_in_short(name), taken)
        taken.add(safe.lower())
        path = with_name(path, safe)
    recording = RecordingMovieSink(path) if path.suffix else RecordingFolderSink(path)
    return Sinks([sink, Background(recording)])


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
