"""Turn a trained model into a ready one: its file, its entry in the index, the facts on its card."""

import argparse
import itertools
import json
import os
import sys
import tempfile
import time
import tomllib
from dataclasses import asdict
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402

from seqseg.data.kinds.shapes import shapes_stream  # noqa: E402
from seqseg.files import (
    replacing,  # noqa: E402
    sha256_of,  # noqa: E402
)
from seqseg.inference.cost.machine import machine  # noqa: E402
from seqseg.inference.predictor import Predictor  # noqa: E402
from seqseg.models import load_model  # noqa: E402
from seqseg.models.pretrained.ready import ReadyModel, ready_models  # noqa: E402
from seqseg.models.pretrained.shipping import write_shipped  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
READY, CARDS = ROOT / "seqseg/models/ready", ROOT / "docs/models"
BEGIN, END = "<!-- facts: scripts/ship_model writes them -->\n", "<!-- end of facts -->\n"
MOST_BYTES = 12_000_000
SIZE, FRAMES = (360, 480), 12


def main():
    parser = argparse.ArgumentParser(prog="scripts/ship_model", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("file", type=Path, help="a .keras file")
    parser.add_argument("--about", required=True, help="one line")
    parser.add_argument("--score", action="append", default=[], metavar="WHAT=SCORE")
    parser.add_argument("--stream", action="append", default=[], metavar="OPTION=VALUE", help="what streams use")
    parser.add_argument("--size", default=SIZE, type=lambda text: tuple(map(int, text.split("x"))), metavar="HxW")
    parser.add_argument("--milliseconds", type=float, help="of a frame, as measured elsewhere; else measured here")
    args = parser.parse_args()

    kept = {name: asdict(one) for name, one in ready_models().items() if name != args.name}
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / f"{args.name}.keras"
        write_shipped(args.file, made)
        total = made.stat().st_size + sum(one["bytes"] for one in kept.values())
        if total > MOST_BYTES:
            sys.exit(f"the ready models would take {total / 1e6:.1f} MB, more than {MOST_BYTES / 1e6:.0f} MB")
        before, after = load_model(args.file), load_model(made)
        equal = agreement(before, after, args.size)
        print(f"{equal:.3%} of the labels on drawn frames are as before, {made.stat().st_size / 1e6:.2f} MB")
        milliseconds = args.milliseconds or time_of(after, args.size)
        if milliseconds is None:
            print("not timed: other work is going on; give --milliseconds, or ship it again on a quiet machine")
        facts = ReadyModel(
            args.name, sha256_of(made), made.stat().st_size, args.about, len(after.card.classes), after.count_params(),
            milliseconds and round(milliseconds, 1), args.size, machine(),
            dict(pair(text) for text in args.score), {key: value_of(text) for key, text in map(pair, args.stream)},
        )  # fmt: skip
        with made.open("rb") as source, replacing(READY / made.name) as target:
            target.write(source.read())
    with replacing(READY / "index.json") as file:
        listed = sorted([*kept.values(), asdict(facts)], key=lambda one: one["name"])
        file.write((json.dumps(listed, indent=2) + "\n").encode())
    write_facts(CARDS / f"{args.name}.md", facts)


def agreement(before, after, size):
    """The share of the labels of a drawn scene that two models give alike, the memory carried on."""
    predictors, states = [Predictor(before), Predictor(after)], [None, None]
    scene, equal = shapes_stream(seed=7, size=size), []
    for frame in itertools.islice(scene, FRAMES):
        masks = []
        for place, predictor in enumerate(predictors):
            mask, states[place] = predictor.step(frame, states[place])
            masks.append(mask)
        equal.append(np.mean(masks[0] == masks[1]))
    return float(np.mean(equal))


def time_of(model, size):
    """Milliseconds of a streamed frame, the median; None where other work is going on."""
    if os.getloadavg()[0] > 0.5 * (os.cpu_count() or 1):
        return None
    predictor, state, seconds = Predictor(model), None, []
    frame = np.random.default_rng(0).integers(0, 256, (*size, 3), "uint8")
    for _ in range(25):
        start = time.perf_counter()
        _, state = predictor.step(frame, state)
        seconds.append(time.perf_counter() - start)
    return 1000 * float(np.median(seconds[5:]))


def write_facts(path, facts):
    """Write the facts into the card, between their marks; a card that is not there yet begins with them."""
    text = path.read_text("utf-8") if path.is_file() else f"# {facts.name}\n\n{BEGIN}{END}"
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    height, width = facts.size
    speed = f"{facts.milliseconds or 0:.3g} ms a frame of {height}x{width} on {facts.machine}"
    rows = [
        ("file", f"`{facts.name}.keras`, {facts.bytes / 1e6:.1f} MB, weights in float16"),
        ("sha256", f"`{facts.sha256}`"),
        ("parameters", f"{facts.parameters:,}"),
        *([("speed", speed)] if facts.milliseconds else []),
        *facts.scores.items(),
    ]
    table = "".join(f"| {what} | {value} |\n" for what, value in rows)
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as file:
        file.write(f"{head}{BEGIN}| | |\n|---|---|\n{table}{END}{tail}".encode())


def pair(text):
    name, equals, value = text.partition("=")
    if not equals:
        sys.exit(f"{text} must be NAME=VALUE")
    return name, value


def value_of(text):
    """A number, true or false, or text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


if __name__ == "__main__":
    main()
