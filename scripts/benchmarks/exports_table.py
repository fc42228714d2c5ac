"""Every model in every format: exported, run for 12 recurrent steps at two sizes, and compared with Keras.

Results are kept in a JSON file, so that an interrupted run resumes; docs/exports.md has
the table between two marks.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from seqseg.errors import SeqsegError
from seqseg.files import write_json, write_text

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/exports.md"
BEGIN, END = "<!-- table: scripts/exports_table -->", "<!-- end of the table -->"
FORMATS = ("onnx", "openvino", "litert", "saved_model", "triton")
SIZES = ((96, 128), (75, 107))
STEPS, CLASSES = 12, 5
LIMIT = 1e-4  # of the logits, as a fraction of the largest one where that is above 1


def main():
    parser = argparse.ArgumentParser(prog="scripts/exports_table", description=__doc__)
    parser.add_argument("--json", default="exports_table.json", metavar="FILE", help="what was measured so far")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no other model after so long")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="measure these again, and no other")
    parser.add_argument("--page", action="store_true", help="write the table into docs/exports.md")
    args = parser.parse_args()
    rows = json.loads(Path(args.json).read_text()) if Path(args.json).is_file() else {}
    started, left = time.monotonic(), list(_jobs(rows, args.only))
    for name, size in left:
        if time.monotonic() - started > args.seconds:
            break
        rows.setdefault(name, {})[_text(size)] = _measured(name, size)
        write_json(args.json, rows)
    missing = list(_jobs(rows, None))
    if args.page:
        _write_page(rows)
    print(f"{len(missing)} of {len(_names()) * len(SIZES)} are left")
    return 3 if missing else 0


def _jobs(rows, only):
    for size in reversed(SIZES):  # the odd one first
        for name in only or _names():
            if only or _text(size) not in rows.get(name, {}):
                yield name, size


def _names():
    from seqseg.models import list_models
    from seqseg.models.pretrained.ready import ready_models

    return [*(f"ready {name}" for name in ready_models()), *list_models()]


def _measured(name, size):
    """Format -> {"difference", "equal"} or {"reason"}."""
    import keras

    from seqseg.models import build_model, load_model

    keras.utils.set_random_seed(0)
    model = load_model(name.removeprefix("ready ")) if name.startswith("ready ") else build_model(name, classes=CLASSES)
    frames = _frames(size, model.card.channels)
    expected = _by_keras(model, frames)
    found = {}
    for format in FORMATS:
        begun = time.monotonic()
        found[format] = _through(model, format, size, frames, expected)
        print(
            f"{name:<28}{_text(size):>8} {format:<12}{time.monotonic() - begun:6.1f} s  {_cell(found[format])}",
            flush=True,
        )
    keras.backend.clear_session()
    return found


def _frames(size, channels):
    """Pictures that change a little from one to the next: blobs of noise, drifting."""
    rng = np.random.default_rng(7)
    coarse = rng.integers(0, 256, (size[0] // 8 + 3, size[1] // 8 + 3, channels)).astype("uint8")
    world = np.kron(coarse, np.ones((8, 8, 1), "uint8"))
    return np.stack([world[step // 2 :, step:][: size[0], : size[1]] for step in range(STEPS)])


def _by_keras(model, frames):
    from keras import ops

    state, logits = model.initial_state(1, *frames.shape[1:3]), []
    for frame in frames:
        scores, state = model(frame[None], state=state, return_state=True, training=False)
        logits.append(ops.convert_to_numpy(ops.cast(scores, "float32")))
    return np.stack(logits)


def _through(model, format, size, frames, expected):
    from seqseg.export.write import export_model

    with tempfile.TemporaryDirectory() as folder:
        try:
            batch = None if format == "triton" else 1
            path = export_model(model, Path(folder) / "step", format=format, size=size, batch=batch)
            run, states = _opened(path, format)
            logits = _carried(run, states, frames)
        except SeqsegError as error:
            return {"reason": str(error)[:300]}
    if not np.isfinite(logits).all():
        return {"reason": "values that are not finite"}
    scale = max(1.0, float(np.abs(expected).max()))
    equal = float((logits.argmax(-1) == expected.argmax(-1)).mean())
    return {"difference": float(np.abs(logits - expected).max()) / scale, "equal": equal}


def _opened(path, format):
    from seqseg.export.runtimes import open_runtime
    from seqseg.export.sidecar import read_sidecar

    sidecar = read_sidecar(path)
    if format == "saved_model":
        import tensorflow

        step = tensorflow.saved_model.load(str(path)).signatures["serving_default"]
        run = lambda inputs: {name: out.numpy() for name, out in step(**_tensors(inputs)).items()}  # noqa: E731
        run.owner = step
        return run, sidecar.states
    return open_runtime(path)[0], sidecar.states


def _tensors(inputs):
    import tensorflow

    return {name: tensorflow.constant(array) for name, array in inputs.items()}


def _carried(run, states, frames):
    state, logits = {one.input: np.zeros((1, *one.shape), "float32") for one in states}, []
    for frame in frames:
        outputs = run({"frame": frame[None]} | state)
        logits.append(np.asarray(outputs["logits"]))
        state = {one.input: np.asarray(outputs[one.output]) for one in states}
    return np.stack(logits)


def _cell(found):
    if "reason" in found:
        return found["reason"]
    mark = "✓" if found["difference"] <= LIMIT else "✗"
    return f"{mark} {found['difference']:.0e}"


def _write_page(rows):
    reasons, lines = [], [f"| model | {' | '.join(FORMATS)} |", "|---" * (len(FORMATS) + 1) + "|"]
    for name in (name for name in _names() if name in rows):
        cells = [_both([rows[name][size][format] for size in sorted(rows[name])], reasons) for format in FORMATS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    notes = [f"{number}. {reason}" for number, reason in enumerate(reasons, start=1)]
    if left := list(_jobs(rows, None)):
        notes += ["", f"{len(left)} of {len(_names()) * len(SIZES)} models and sizes were not run yet."]
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    table = "\n".join([*lines, *([""] if notes else []), *notes])
    write_text(PAGE, f"{before}{BEGIN}\n{table}\n{END}{after}")


def _both(found, reasons):
    """The worse of the sizes; a reason is a number that stands for it below the table."""
    for one in found:
        if "reason" in one:
            if one["reason"] not in reasons:
                reasons.append(one["reason"])
            return f"– ({reasons.index(one['reason']) + 1})"
    return _cell(max(found, key=lambda one: one["difference"]))


def _text(size):
    return f"{size[0]}x{size[1]}"


if __name__ == "__main__":
    raise SystemExit(main())
