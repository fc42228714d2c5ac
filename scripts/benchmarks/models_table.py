"""Measure every model, one process each, and write the file that `seqseg models` shows and the README's picture.

Models that are in the file with their current parameters and GFLOPs are skipped.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from models_picture import draw  # noqa: E402

from seqseg.cli.models import CLASSES, SIZE, measured_models  # noqa: E402
from seqseg.files import write_json  # noqa: E402
from seqseg.inference.cost.arithmetic import frame_gflops  # noqa: E402
from seqseg.inference.cost.machine import machine  # noqa: E402
from seqseg.inference.cost.stopwatch import about, measure_alone  # noqa: E402
from seqseg.models import build_model, list_models  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
MEASURED, PICTURE = ROOT / "seqseg/models/measured.json", ROOT / "docs/models.png"


def main():
    parser = argparse.ArgumentParser(prog="scripts/models_table", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[], help="measure only these, again")
    parser.add_argument("--again", action="store_true", help="measure all of them again")
    args = parser.parse_args()
    unknown = set(args.only) - set(list_models())
    if unknown:
        parser.error(f"no model {sorted(unknown)[0]!r}; there are: {', '.join(list_models())}")

    if os.getloadavg()[0] > 0.5 * os.cpu_count():
        print(
            f"other work is going on (load {os.getloadavg()[0]:.1f}): milliseconds will be too many; use --again later"
        )
    kept = measured_models() if MEASURED.is_file() else []
    rows = {row["name"]: row | {"about": about(row["name"])} for row in kept if row["name"] in list_models()}
    for name in args.only or list_models():
        if args.again or args.only or not is_current(rows.get(name)):
            rows[name] = measure_alone(name, classes=CLASSES, size=SIZE)
            write(rows)
            _show(rows[name])
    write(rows)
    draw(list(rows.values()), PICTURE)
    print(f"{len(rows)} models: {MEASURED}, {PICTURE}")


def is_current(row):
    """Whether a model was measured as it is now, on a machine like this one."""
    if (
        row is None
        or row["milliseconds"] is None
        or (row["classes"], tuple(row["size"]), row["machine"]) != (CLASSES, SIZE, machine())
    ):
        return False
    model = build_model(row["name"], classes=CLASSES)
    if model.count_params() != row["parameters"]:
        return False
    return abs(frame_gflops(model, SIZE) / row["gflops"] - 1) < 1e-3


def write(rows):
    write_json(MEASURED, [rows[name] for name in sorted(rows)])


def _show(row):
    print(
        f"{row['name']:<28}{row['parameters']:>13,} {row['gflops']:>8.4g} GFLOPs {row['memory_mb'] or 0:>7.4g} MB "
        f"{row['milliseconds']:>7.4g} ms",
        flush=True,
    )


if __name__ == "__main__":
    main()
