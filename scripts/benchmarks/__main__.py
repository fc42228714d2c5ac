"""Measure, print ratios taken in one run, and write them with their raw figures to a JSON file."""

import argparse
import json
import os
import platform
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import data_engines  # noqa: E402
import end_to_end  # noqa: E402
import gpu  # noqa: E402
import keras  # noqa: E402
import live_page  # noqa: E402
import many_streams  # noqa: E402
import memory_growth  # noqa: E402
import soak  # noqa: E402
import streaming_step  # noqa: E402
import training_step  # noqa: E402
import waiting  # noqa: E402

BENCHMARKS = {
    "training": training_step.compare,
    "streaming 360x480": lambda: streaming_step.compare(360, 480, rounds=2),
    "streaming 64x64": lambda: streaming_step.compare(64, 64, rounds=10),
    "end to end": end_to_end.compare,
    "memory": memory_growth.compare,
    "clips from files": data_engines.compare_files,
    "clips from records": data_engines.compare_records,
    "waiting": waiting.compare,
    "large sets": data_engines.memory_and_opening,
    "shown": live_page.compare_latency,
    "page": live_page.compare_cost,
    "many streams": many_streams.compare,
    "soak": soak.compare,
    "gpu": gpu.compare,
}
LONG = ("soak", "gpu")  # a quarter of an hour, and for machines that have a GPU: only when named

LINES = [
    # benchmark, its key, what it is, the bound and its direction
    ("training", "step", "(a) training step, ours over stock", 0.55, "<="),
    ("training", "memory", "(a) training memory, ours over stock", 0.70, "<="),
    ("training", "build", "(a) build and trace, ours over stock", 0.50, "<="),
    ("streaming 360x480", "ratio", "(b) one frame of 360x480, step over predict", 0.75, "<="),
    ("streaming 64x64", "ratio", "(b) one frame of 64x64, step over predict", 0.15, "<="),
    ("end to end", "ratio", "(c) seqseg stream, end to end over model alone", 0.9, ">="),
    ("end to end", "processor", "(c) the same of the processor's time", 0.9, ">="),
    ("memory", "growth", "(d) memory growth, frame 1,000 to 10,000", 0.02, "<="),
    ("clips from files", "clock", "(e) clips from files, ours over the fastest", 1.1, "<="),
    ("clips from records", "clock", "(e) clips from records, ours over the fastest", 1.1, "<="),
    ("waiting", "share", "(f) training's share of waiting for data", 0.05, "<="),
    ("large sets", "memory", "(g) memory of 20 times the set over once", 1.05, "<="),
    ("large sets", "opening", "(g) seconds to open 100,000 frames", 2.0, "<="),
    ("shown", "beyond the model", "(h) camera to page p95 less the model's, ms", 20.0, "<="),
    ("page", "share", "(i) a page's share of frames a second", 0.1, "<="),
    ("page", "processor", "(i) a page's share of the processor's time", 0.1, "<="),
    ("many streams", "small", "(j) 4 streams in a batch over alone, 64x96", 1.0, ">="),
    ("many streams", "large", "(j) 4 streams in a batch over alone, 180x240", 0.9, ">="),
    ("soak", "growth", "(k) soak: memory growth", 0.02, "<="),
    ("soak", "latency", "(k) soak: p99 of the last tenth over the first", 1.1, "<="),
    ("soak", "invented", "(k) soak: frames that no camera gave", 0, "<="),
]


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)} (all)")
    parser.add_argument("--json", default="bench.json", metavar="FILE", help="where the figures go (bench.json)")
    args = parser.parse_args()
    unknown = set(args.only) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark {sorted(unknown)[0]!r}; there are: {', '.join(BENCHMARKS)}")

    results = {name: BENCHMARKS[name]() for name in args.only or [name for name in BENCHMARKS if name not in LONG]}
    for name, key, what, bound, direction in LINES:
        if name in results:
            _show(what, results[name][key], bound, direction)
    Path(args.json).write_text(json.dumps(_machine() | {"results": results}, indent=2) + "\n", encoding="utf-8")
    print(f"figures: {args.json}")


def _show(what, value, bound, direction):
    met = value <= bound if direction == "<=" else value >= bound
    print(f"{what:<50} {value:7.3f}   wanted {direction} {bound:<5} {'yes' if met else 'NO'}")


def _machine():
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }


if __name__ == "__main__":
    main()
