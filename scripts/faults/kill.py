"""SIGKILL at random moments; nothing that the documentation promises may be lost.

    scripts/kill_test 20             of each of stream, train and convert
    scripts/kill_test 100 stream     one of them

stream: every output that there is plays or reads up to less than two seconds (a line, a mask) before the kill, the
journal's lines are whole, the last snapshot loads, and the same command goes on and keeps what the killed one wrote.
train: `--resume` gives weights that are the same, bit for bit, as those of a training that was never killed.
convert: the same command with `--resume` ends with records that verify.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

MODEL = ["--set", "model.filters=4", "--set", "training.steps_per_epoch=4"]
TRAIN = ["train", "--model", "unet_lstm", "--data", "shapes:videos=6,size=32x48", "--timesteps", "2", "--size", "32x48"]
TRAIN += ["--batch", "2", *MODEL]


def main() -> int:
    """Exit code 1 when something was lost."""
    parser = argparse.ArgumentParser(prog="scripts/kill_test", description=__doc__.splitlines()[0])
    parser.add_argument("kills", type=int, help="of each kind")
    parser.add_argument("what", nargs="?", choices=sorted(KINDS), help="one of them (all)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        losses = sum(
            KINDS[what](Path(folder), args.kills, random.Random(args.seed))
            for what in ([args.what] if args.what else KINDS)
        )
    return int(losses > 0)


def command(*words: object) -> list[str]:
    """A `seqseg` command of this checkout."""
    return [sys.executable, "-m", "seqseg.cli.main", *map(str, words)]


def killed(words: list[str], ready: Callable[[], bool], seconds: float) -> bool:
    """Starts the command, waits until it is `ready`, and kills it so much later; False if it was over before."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not ready():
        time.sleep(0.01)
    time.sleep(seconds)
    over = process.poll() is not None
    if not over:
        process.send_signal(signal.SIGKILL)
    process.wait()
    return not over


def report(kind: str, kills: int, losses: list[str]) -> int:
    """Prints what came; the number of losses."""
    for loss in losses:
        print(f"{kind}: {loss}", flush=True)
    print(f"{kind}: {kills} kills, {len(losses)} losses", flush=True)
    return len(losses)


def stream(folder: Path, kills: int, chance: random.Random) -> int:
    """Streams with all outputs."""
    run, movie, losses, done = folder / "run", folder / "movie.mp4", [], 0
    _model(run)
    _movie(movie, 400)
    for number in range(kills):
        out = folder / f"out-{number}"
        journal = out / "j.jsonl"
        words = command(
            "stream", run, "--source", movie, "--pace", "--save", out / "o.mp4", "--masks", out / "m.mkv",
            "--areas", out / "a.csv", "--rle", out / "r.jsonl", "--record", out / "f.mkv", "--journal", journal,
            "--save-state", out / "s.npz", "--snapshot", "0.5",
        )  # fmt: skip
        if killed(words, partial(_is_large, journal), chance.uniform(0, 6)):
            done += 1
            losses += [f"kill {number}: {loss}" for loss in _stream_losses(out)]
        shutil.rmtree(out, ignore_errors=True)
    return report("stream", done, losses)


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
    for name, slack in {"o": 50, "m": 8, "f": 8}.items():
        path = next((path for path in out.glob(f"{name}.part.*") if path.suffix in (".mp4", ".mkv")), None)
        readable = 0 if path is None else _frames_of(path)
        if frames - readable > slack:
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


def train(folder: Path, kills: int, chance: random.Random) -> int:
    """Trainings that are killed and resumed, compared with one that was not."""
    whole, losses, done = folder / "whole", [], 0
    subprocess.run(command(*TRAIN, "--epochs", "4", "--run", whole), check=True, stdout=subprocess.DEVNULL)
    for number in range(kills):
        run = folder / f"killed-{number}"
        state = run / "state.npz"
        start = command(*TRAIN, "--epochs", "4", "--run", run)
        if killed(start, state.exists, chance.uniform(0, 3)):
            done += 1
            resumed = command("train", "--run", run, "--resume") if state.exists() else start
            if subprocess.run(resumed, stdout=subprocess.DEVNULL, check=False).returncode:
                losses.append(f"kill {number}: it does not go on")
            elif not _same_weights(whole, run):
                losses.append(f"kill {number}: other weights than without a kill")
        shutil.rmtree(run, ignore_errors=True)
    return report("train", done, losses)


def convert(folder: Path, kills: int, chance: random.Random) -> int:
    """Conversions that are killed and go on."""
    losses, done = [], 0
    for number in range(kills):
        out = folder / f"packed-{number}"
        words = command("convert", "shapes:videos=40,size=96x128", out, "--shards", "8")
        if killed(words, partial(_is_begun, out), chance.uniform(0, 1)):
            done += 1
            for again in ([*words, "--resume"], command("convert", "--verify", out)):
                if subprocess.run(again, stdout=subprocess.DEVNULL, check=False).returncode:
                    losses.append(f"kill {number}: {' '.join(again[3:5])} fails")
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


def _model(run: Path) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    subprocess.run(command(*TRAIN, "--epochs", "1", "--run", run), check=True, stdout=subprocess.DEVNULL)


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
