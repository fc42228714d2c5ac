"""Models at 360x480 under every runtime and precision: milliseconds in turns, equal pixels, mIoU, and a plot.

Each part is long: `make` writes the files that are not there yet, `time` runs all of one model in turns beside
`model.predict` on the stock stateful copy, `score` adds mIoU on labelled data. `alone` needs no Keras: mIoU, equal
pixels and the processor's milliseconds of one thread, which other work disturbs less than the clock. `plot` draws it.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from seqseg.errors import SeqsegError
from seqseg.files import write_json

SIZE = (360, 480)
KINDS = (
    ("onnx", "fp32"),
    ("onnx", "int8"),
    ("openvino", "fp32"),
    ("openvino", "bf16"),
    ("openvino", "int8"),
    ("litert", "fp32"),
    ("litert", "int8"),
)
CLIPS, FRAMES = 3, 8  # that int8 is calibrated on
COMPARED = 24  # frames of the sequence on which pixels are compared


def main():
    parser = argparse.ArgumentParser(prog="scripts/benchmarks/runtimes.py", description=__doc__)
    parser.add_argument("part", choices=("make", "time", "score", "alone", "plot"))
    parser.add_argument("--model", help="a preset, a run or a ready model")
    parser.add_argument("--name", help="what to call it (the model)")
    parser.add_argument("--folder", default="runtimes", help="where the files are")
    parser.add_argument("--json", default="runtimes.json", help="what was measured")
    parser.add_argument("--data", default="camvid:camvid", help="real frames, for calibration, comparison and scores")
    parser.add_argument("--kinds", nargs="+", metavar="FORMAT-PRECISION", help="these alone")
    parser.add_argument("--frames", type=int, help="score so many frames of each video")
    parser.add_argument("--x", choices=("ms", "processor ms"), default="ms", help="what the plot has to the right")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=240, help="begin no other file after so long")
    args = parser.parse_args()
    args.name = args.name or (Path(args.model).name if args.model else None)
    {"make": make, "time": in_turns, "score": score, "alone": alone, "plot": plot}[args.part](args)


def _kinds(args):
    return [kind for kind in KINDS if not args.kinds or "-".join(kind) in args.kinds]


def _file(args, format, precision):
    from seqseg.export.formats import SUFFIXES

    return Path(args.folder) / f"{args.name}-{precision}{SUFFIXES[format]}"


def _model(args):
    import keras

    from seqseg.models import build_model, list_models, load_model

    if args.model in list_models() and not Path(args.model).exists() and args.name == args.model:
        keras.utils.set_random_seed(0)
        if args.model != "moving":  # which is a ready model, too
            return build_model(args.model, classes=11, filters=16)
    path = Path(args.model)
    return load_model(path / "best.keras" if path.is_dir() else args.model)


def _clips(args, model, *, split, clips, frames):
    from seqseg.data import open_data
    from seqseg.data.clips.placing import place_clip
    from seqseg.export.predictor import filling

    found, pictures = [], []
    for video in open_data(args.data, split=split).videos:
        for start in range(0, len(video.frames), frames):
            images = [video.frames[k] for k in range(start, min(start + frames, len(video.frames)))]
            placement = filling(model.card.fit, SIZE).place(*images[0].shape[:2])
            pictures.append(place_clip(images, [], placement)[0])
            if len(pictures[-1]) == frames:
                found.append(pictures[-1])
            if len(found) == clips:
                return found
    return pictures[:clips]


def make(args):
    from seqseg.export.write import export_model

    model, begun = _model(args), time.monotonic()
    for format, precision in _kinds(args):
        path = _file(args, format, precision)
        if path.exists() or time.monotonic() - begun > args.seconds:
            continue
        clips = _clips(args, model, split="train", clips=CLIPS, frames=FRAMES) if precision == "int8" else ()
        started = time.monotonic()
        try:
            export_model(model, path, format=format, size=SIZE, precision=precision, calibration=clips)
        except SeqsegError as error:
            print(f"{path}: {error}", flush=True)
        else:
            print(f"{path}  {time.monotonic() - started:.0f} s", flush=True)


class _Stream:
    """A program and the state of its stream."""

    def __init__(self, step):
        self.step, self.state = step, None

    def __call__(self, frame):
        mask, self.state = self.step(frame, self.state)
        return mask


def in_turns(args):
    from stock import stock_unet_lstm

    from seqseg import Predictor
    from seqseg.export.predictor import ExportedPredictor

    begun, model = time.monotonic(), _model(args)
    frames = np.concatenate(_clips(args, model, split="val", clips=-(-COMPARED // 8), frames=8))[:COMPARED]
    programs = {"keras": _Stream(Predictor(model, size=SIZE, exclusive=True).step)}
    for format, precision in _kinds(args):
        if (path := _file(args, format, precision)).exists():
            programs[f"{format}-{precision}"] = _Stream(ExportedPredictor(path, exclusive=True).step)
    equal = {name: [] for name in programs}
    for frame in frames:
        masks = {name: program(frame) for name, program in programs.items()}
        for name, mask in masks.items():
            equal[name].append(float((mask == masks["keras"]).mean()))
    stock = stock_unet_lstm(timesteps=1, height=SIZE[0], width=SIZE[1], classes=11, batch=1, stateful=True)
    programs["stock predict"] = lambda frame: stock.predict(frame[None, None], verbose=0).argmax(-1)
    milliseconds = _timed(programs, frames, args.rounds, until=begun + args.seconds)
    rows = {
        name: {
            "ms": times,
            "ratio": times / milliseconds["stock predict"],
            "equal": 100 * float(np.mean(equal[name])) if name in equal else None,
        }
        for name, times in milliseconds.items()
    }
    _keep(args, rows)
    for name, row in rows.items():
        print(
            f"{args.name:<14}{name:<16}{row['ms']:8.1f} ms  ratio {row['ratio']:.3f}  equal {row['equal']}", flush=True
        )


def _timed(programs, frames, rounds, *, until):
    """Median milliseconds, in turns of four calls; the first round is not counted. Ends early, after 3, at `until`."""
    times = {name: [] for name in programs}
    for turn in range(rounds + 1):
        if turn > 3 and time.monotonic() > until:
            break
        for name, program in programs.items():
            for call in range(4):
                begun = time.perf_counter()
                program(frames[(4 * turn + call) % len(frames)])
                if turn:
                    times[name].append(1000 * (time.perf_counter() - begun))
    return {name: float(np.median(one)) for name, one in times.items()}


def score(args):
    from seqseg import Predictor, evaluate_deployed, open_data
    from seqseg.export.predictor import ExportedPredictor

    data, rows, begun = open_data(args.data, split="val"), {}, time.monotonic()
    known = _known(args).get(args.name, {})
    for name in ("keras", *("-".join(kind) for kind in _kinds(args))):
        path = None if name == "keras" else _file(args, *name.split("-"))
        if "miou" in known.get(name, {}) or (path and not path.exists()) or time.monotonic() - begun > args.seconds:
            continue
        options = {"exclusive": True, "always": True}
        step = Predictor(_model(args), size="trained", **options).step
        step = step if path is None else ExportedPredictor(path, **options).step
        rows[name] = {"miou": 100 * evaluate_deployed(step, data).miou}
        print(f"{args.name:<14}{name:<16}mIoU {rows[name]['miou']:.2f}", flush=True)
        _keep(args, rows)


def alone(args):
    from seqseg.data import open_data
    from seqseg.export.predictor import ExportedPredictor

    data, first = open_data(args.data, split="val"), None
    for format, precision in _kinds(args):
        if not (path := _file(args, format, precision)).exists():
            continue
        predictor = ExportedPredictor(path, exclusive=True, always=True, threads=1)
        masks, labels, times = _stream_all(predictor, data)
        first = masks if first is None else first
        row = {"miou": 100 * _miou(masks, labels, len(data.classes), data.void)}
        row |= {"equal": 100 * float(np.mean([np.mean(a == b) for a, b in zip(masks, first, strict=True)]))}
        row |= {"processor ms": float(np.median(times))}
        _keep(args, {f"{format}-{precision}": row})
        print(f"{args.name:<14}{format}-{precision:<10} {row}", flush=True)


def _stream_all(predictor, data):
    """The masks of all labelled frames, their labels, and the processor's milliseconds of every step."""
    masks, labels, times = [], [], []
    for video in data.videos:
        state = None
        for index in range(len(video)):
            image, truth = video.pair(index)
            begun = time.process_time()
            mask, state = predictor.step(image, state)
            times.append(1000 * (time.process_time() - begun))
            if truth is not None:
                masks.append(mask)
                labels.append(truth)
    return masks, labels, times


def _miou(masks, labels, classes, void):
    confusion = np.zeros((classes, classes), np.int64)
    for mask, truth in zip(masks, labels, strict=True):
        seen = truth != void
        pairs = classes * truth[seen].astype(np.int64) + mask[seen]
        confusion += np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    right = np.diag(confusion)
    union = confusion.sum(0) + confusion.sum(1) - right
    return float((right[union > 0] / union[union > 0]).mean())


def _known(args):
    return json.loads(Path(args.json).read_text()) if Path(args.json).is_file() else {}


def _keep(args, rows):
    known = _known(args)
    before = known.setdefault(args.name, {})
    for name, row in rows.items():
        before[name] = before.get(name, {}) | row
    write_json(args.json, known)


def plot(args):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 5.5))
    for model, rows in _known(args).items():
        points = sorted((row[args.x], row["miou"], name) for name, row in rows.items() if {args.x, "miou"} <= set(row))
        if not points:
            continue
        axes.plot([ms for ms, _, _ in points], [miou for _, miou, _ in points], "o", label=model)
        for ms, miou, name in points:
            axes.annotate(name, (ms, miou), textcoords="offset points", xytext=(4, 4), fontsize=7)
    axes.axvline(1000 / 30, color="grey", linestyle=":", linewidth=1)
    axes.set(xlabel=f"{args.x} a frame of 360x480", ylabel="CamVid validation mIoU", xscale="log")
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(args.folder + "/runtimes.png", dpi=120)


if __name__ == "__main__":
    main()
