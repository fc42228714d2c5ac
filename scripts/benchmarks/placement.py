"""Train one network with its memory in different places, score each as deployed, write table and figures."""

import argparse
import json
import time
from pathlib import Path

from seqseg.config import load_experiment
from seqseg.config.text import parse_assignment

CELL = {"name": "convlstm", "residual": True}
PLACES = {
    "none": {},
    "bottleneck": {"coarsest": CELL},
    "every level": {"every": CELL},
    "logits": {"logits": CELL},
}
"""Where the memory is: at the coarsest level, at every level or at the logits; always as a residual."""


def main():
    parser = argparse.ArgumentParser(prog="scripts/placement", description=__doc__)
    parser.add_argument("config", help="TOML file whose model has no memory of its own")
    parser.add_argument("out", type=Path, help="folder of the runs and of placement.json")
    parser.add_argument("--only", nargs="*", default=list(PLACES), choices=list(PLACES), metavar="NAME")
    parser.add_argument("--score", metavar="SPEC", help="what to score on (the config's validation set)")
    parser.add_argument("--split", default="val")
    parser.add_argument("--filters", type=int, metavar="N", help="of every memory (half of its level's channels)")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    changes = dict(map(parse_assignment, args.changes))
    rows = {name: _row(args, name, changes) for name in args.only}
    path = args.out / "placement.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(json.dumps(before | rows, indent=2) + "\n", encoding="utf-8")
    for name, row in (before | rows).items():
        print(
            f"{name:<12} mIoU {100 * row['miou']:5.1f}  TC {100 * row['tc']:5.1f}  "
            f"flicker {100 * row['flicker']:5.2f} %  "
            f"{row['parameters']:>10,} parameters  {row['milliseconds']:6.1f} ms a frame"
        )


def _row(args, name, changes):
    from seqseg.data import open_data
    from seqseg.evaluation.evaluate import evaluate_deployed
    from seqseg.inference.predictor import Predictor
    from seqseg.models import load_model
    from seqseg.training.fit import train

    run = args.out / name.replace(" ", "_")
    experiment = load_experiment(args.config, changes | {"model.temporal": _temporal(args, changes, name)})
    began = time.process_time()
    if not (run / "last.keras").is_file():
        train(experiment, run)
    seconds = time.process_time() - began
    model = load_model(run / "best.keras")
    source = args.score or experiment.data.val or experiment.data.source
    data = open_data(source, split=args.split)
    predictor = Predictor(model, size="trained")
    scores = evaluate_deployed(predictor.step, data, temporal=True).to_dict()
    print(name, json.dumps(scores)[:2000], flush=True)
    return scores | {
        "parameters": model.count_params(),
        "milliseconds": _milliseconds(predictor, data.videos[0].frame(0)),
        "cpu_seconds_of_training": seconds,
    }


def _temporal(args, changes, name):
    """The table that `build_model` takes, with the levels that this encoder has."""
    from seqseg.models import build_model

    model = load_experiment(args.config, changes).model
    levels = build_model(model.name, classes=2, **model.options).backbone.levels
    wanted = dict(PLACES[name])
    if "coarsest" in wanted:
        wanted[levels[-1]] = wanted.pop("coarsest")
    if "every" in wanted:
        wanted = dict.fromkeys(levels, wanted["every"])
    own = {} if args.filters is None else {"filters": args.filters}
    return {level: cell | own for level, cell in wanted.items()}


def _milliseconds(predictor, frame, frames=40):
    """The median of `frames` steps, after some that warm up."""
    state, times = None, []
    for _ in range(frames + 10):
        began = time.perf_counter()
        _, state = predictor.step(frame, state)
        times.append(time.perf_counter() - began)
    return 1000 * sorted(times[10:])[frames // 2]


if __name__ == "__main__":
    main()
