"""SIGKILL at random moments; nothing that the documentation promises may be lost.

    scripts/kill_test 20             of each of stream, train and convert
    scripts/kill_test 100 stream     one of them

stream: every output that there is plays or reads up to a second before the kill (a line, a mask), the journal's lines
are whole, the last snapshot loads, and the same command goes on and keeps what the killed one wrote.
train: `--resume` gives weights that are the same, bit for bit, as those of a training that was never killed.
convert: the same command with `--resume` ends with records that verify.

Each command runs in a child that is forked from this process, which has imported everything and has run nothing: a
command starts in milliseconds, so that hundreds of kills take minutes.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

MODEL = ["--set", "model.filters=2", "--set", "training.steps_per_epoch=3"]
TRAIN = ["train", "--model", "unet_lstm", "--data", "shapes:videos=4,size=16x24", "--timesteps", "2", "--size", "16x24"]
TRAIN += ["--batch", "2", *MODEL]
SLACK = 25  # frames of the movies below that may be missing: a second, of which most are in the sinks' queues


def main() -> int:
    """Exit code 1 when something was lost."""
    parser = argparse.ArgumentParser(prog="scripts/kill_test", description=__doc__.splitlines()[0])
    parser.add_argument("kills", type=int, help="of each kind")
    parser.add_argument("what", nargs="?", choices=sorted(KINDS), help="one of them (all)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no further kill after these")
    args = parser.parse_args()
    _import_all_of(args.what)
    with tempfile.TemporaryDirectory() as folder:
        losses = sum(
            KINDS[what](Path(folder), _rounds(args.kills, args.seconds), random.Random(args.seed))
            for what in ([args.what] if args.what else KINDS)
        )
    return int(losses > 0)


def _rounds(kills: int, seconds: float) -> Iterator[int]:
    end = time.monotonic() + seconds
    for number in range(kills):
        if time.monotonic() > end:
            return
        yield number


def _import_all_of(what: str | None) -> None:
    """What the commands import; Keras and its engine only where they are used."""
    from seqseg.cli.console.quiet import import_keras, quiet_start

    quiet_start()
    modules = ["seqseg.cli.main", "seqseg.data", "seqseg.data.records.convert"]
    if what != "convert":
        import_keras()
        modules += ["seqseg.training.fit", "seqseg.inference.predictor", "streams.sinks", "streams.sources"]
    for module in modules:
        import_module(module)


def started(*words: object, errors: int | None = None) -> int:
    """The process id of a child that runs a `seqseg` command of this checkout; `errors` is where its stderr goes."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number, where in enumerate((nowhere, nowhere, nowhere if errors is None else errors)):
            os.dup2(where, number)
        from seqseg.cli.main import main as seqseg

        code = seqseg(list(map(str, words)))
    finally:
        os._exit(code)


def problem(*words: object) -> str | None:
    """Runs a command to its end; what is wrong, None when nothing."""
    with tempfile.TemporaryFile() as errors:
        code = os.waitstatus_to_exitcode(os.waitpid(started(*words, errors=errors.fileno()), 0)[1])
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace").strip().splitlines()
    return f"{words[0]} ends with {code}: {said[-1] if said else 'nothing said'}" if code else None


def killed(words: list[object], ready: Callable[[], bool], seconds: float) -> bool:
    """Starts the command, waits until it is `ready`, and kills it so much later; False if it was over before."""
    child = started(*words)
    over = False
    while not over and not ready():
        time.sleep(0.01)
        over = os.waitpid(child, os.WNOHANG)[0] != 0
    end = time.monotonic() + seconds
    while not over and time.monotonic() < end:
        time.sleep(0.002)
        over = os.waitpid(child, os.WNOHANG)[0] != 0
    if not over:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return not over


def report(kind: str, kills: int, losses: list[str]) -> int:
    """Prints what came; the number of losses."""
    for loss in losses:
        print(f"{kind}: {loss}", flush=True)
    print(f"{kind}: {kills} kills, {len(losses)} losses", flush=True)
    return len(losses)


def stream(folder: Path, rounds: Iterator[int], chance: random.Random) -> int:
    """Streams with all outputs."""
    run, movie, losses, done = folder / "run", folder / "movie.mp4", [], 0
    if wrong := problem(*TRAIN, "--epochs", "1", "--run", run):
        return report("stream", 0, [wrong])
    _movie(movie, 200)
    for number in rounds:
        out = folder / f"out-{number}"
        journal = out / "j.jsonl"
        words: list[object] = [
            "stream", run, "--source", movie, "--pace", "--save", out / "o.mp4", "--masks", out / "m.mkv",
            "--areas", out / "a.csv", "--rle", out / "r.jsonl", "--record", out / "f.mkv", "--journal", journal,
            "--save-state", out / "s.npz", "--snapshot", "0.5",
        ]  # fmt: skip
        if killed(words, partial(_is_large, journal), chance.uniform(0, 3)):
            done += 1
            losses += [f"kill {number}: {loss}" for loss in (*_stream_losses(out), *_again_losses(words, out))]
        shutil.rmtree(out, ignore_errors=True)
    return report("stream", done, losses)


def _again_losses(words: list[object], out: Path) -> list[str]:
    """What is wrong when the same command is started again from the last snapshot."""
    kept = {path: path.read_bytes() for path in out.iterdir() if ".part" in path.name and path.name[0] != "."}
    state = ["--load-state", out / "s.npz"] if (out / "s.npz").exists() else []
    if wrong := problem(*words, *state, "--max-frames", "4"):
        return [wrong]
    everything = {path.read_bytes() for path in out.iterdir() if path.is_file()}
    return [f"{path.name} of the killed run is gone" for path, content in kept.items() if content not in everything]


def _stream_losses(out: Path) -> list[str]:
    import numpy as np

    losses = []
    lines = (out / "j.jsonl").read_text().split("\n")
    frames = sum('"pts"' in line for line in lines[:-1])
    for line in lines[:-1]:
        try:
            json.loads(line)
        except ValueError:
            losses.append(f"the journal has a broken line: {line[:60]!r}")
    for name in ("o", "m", "f"):
        path = next((path for path in out.glob(f"{name}.part.*") if path.suffix in (".mp4", ".mkv")), None)
        readable = 0 if path is None else _frames_of(path)
        if frames - readable > SLACK:
            losses.append(f"{name}: {readable} of {frames} frames can be read")
    for name in ("a.part.csv", "r.part.jsonl"):
        path = out / name
        if path.exists() and path.read_bytes()[-1:] not in (b"\n", b""):
            losses.append(f"{name} ends with half a line")
    if (out / "s.npz").exists():
        with np.load(out / "s.npz") as arrays:
            dict(arrays)
    if [path.name for path in out.iterdir() if path.name.startswith(".") and not path.name.endswith(".part")]:
        losses.append("unknown files are left")
    return losses


def train(folder: Path, rounds: Iterator[int], chance: random.Random) -> int:
    """Trainings that are killed and resumed, compared with one that was not."""
    whole, losses, done = folder / "whole", [], 0
    if wrong := problem(*TRAIN, "--epochs", "4", "--run", whole):
        return report("train", 0, [wrong])
    for number in rounds:
        run = folder / f"killed-{number}"
        state = run / "state.npz"
        start: list[object] = [*TRAIN, "--epochs", "4", "--run", run]
        begun = chance.random() < 0.7  # else at any moment from its first file on
        if killed(start, state.exists if begun else run.exists, chance.uniform(0, 1.5 if begun else 6)):
            done += 1
            resumed: list[object] = ["train", "--run", run, "--resume"] if (run / "config.toml").exists() else start
            if wrong := problem(*resumed):
                losses.append(f"kill {number}: {wrong}")
            elif not _same_weights(whole, run):
                losses.append(f"kill {number}: other weights than without a kill")
        shutil.rmtree(run, ignore_errors=True)
    return report("train", done, losses)


def convert(folder: Path, rounds: Iterator[int], chance: random.Random) -> int:
    """Conversions that are killed and go on."""
    losses, done = [], 0
    for number in rounds:
        out = folder / f"packed-{number}"
        words: list[object] = ["convert", "shapes:videos=16,size=64x80", out, "--shards", "6"]
        words += ["--format", chance.choice(("array_record", "tfrecord"))]
        if killed(words, partial(_is_begun, out), chance.uniform(0, 0.6)):
            done += 1
            for again in ([*words, "--resume"], ["convert", "--verify", out]):
                if wrong := problem(*again):
                    losses.append(f"kill {number}: {wrong}")
                    break
        shutil.rmtree(out, ignore_errors=True)
    return report("convert", done, losses)


def _same_weights(one: Path, other: Path) -> bool:
    import numpy as np

    with np.load(one / "state.npz") as first, np.load(other / "state.npz") as second:
        names = [name for name in first.files if first[name].dtype.kind == "f"]
        return set(names) <= set(second.files) and all(np.array_equal(first[name], second[name]) for name in names)


def _is_large(journal: Path) -> bool:
    return journal.exists() and journal.stat().st_size > 500


def _is_begun(folder: Path) -> bool:
    return folder.exists() and any(folder.iterdir())


def _frames_of(path: Path) -> int:
    import av

    count = 0
    try:
        with av.open(str(path)) as container:
            for _ in container.decode(video=0):
                count += 1
    except (OSError, av.error.FFmpegError):
        return count
    return count


def _movie(path: Path, frames: int) -> None:
    import av
    import numpy as np

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for index in range(frames):
            picture = np.random.default_rng(index % 5).integers(0, 255, (64, 96, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))


KINDS = {"stream": stream, "train": train, "convert": convert}

if __name__ == "__main__":
    sys.exit(main())
