"""The value of memories at the logits under noise, trained on top of a frozen image net.

    memory_on_top.py NET CONFIG OUT [--seed 0] [--only NAME …] [--levels clean 20 14 …] [--set KEY=VALUE …]

The logits of NET and the motion are the same in every step, so they are found once: for clips of CONFIG's training set,
on which each memory of MEMORIES learns for the same steps, and for the real frames of the validation set under noise of
fixed seeds and with damaged frames, on which all are scored as a stream. "14 denoised" is 14 dB after
`--denoise`. OUT/memory_on_top.json has a row for each; existing rows are not computed again.
"""

import argparse
import itertools
from pathlib import Path

import keras
import numpy as np
from keras import ops
from logits_once import training_logits, validation_logits
from through_noise import LEVELS, Rows

from seqseg.config import load_experiment
from seqseg.config.text import parse_assignment
from seqseg.data import open_data
from seqseg.layers import fold, resize_to, unfold, unroll
from seqseg.layers.motion import lucas_kanade
from seqseg.layers.warp import flow_at
from seqseg.losses import class_weights
from seqseg.metrics import confusion_matrix, iou_from_confusion, mean_present
from seqseg.models import load_model
from seqseg.models.temporal import TEMPORAL, Memory, memories

GRU = {"name": "convgru", "filters": 16, "residual": True}
MEMORIES = {
    "none": None,
    "mean": {"name": "mean", "factor": 0.8, "warp": True},
    "mean, still": {"name": "mean", "factor": 0.6},
    "gated mean": {"name": "gated_mean", "warp": True},
    "gated mean, still": {"name": "gated_mean", "factor": 0.6},
    "convgru": GRU | {"warp": True},
    "convgru, still": GRU,
}
BATCH, RATE, WARM_UP = 4, 3e-3, 20


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("net")
    parser.add_argument("config")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", default=list(MEMORIES), choices=list(MEMORIES), metavar="NAME")
    parser.add_argument("--levels", nargs="+", default=[*LEVELS, "20 denoised", "14 denoised"])
    parser.add_argument("--clips", type=int, default=260)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    experiment = load_experiment(args.config, dict(map(parse_assignment, args.changes)))
    model, data = load_model(args.net), open_data(experiment.data.source, split="val")
    rows = Rows(args.out / "memory_on_top.json")
    clips = training_logits(model, experiment, args.clips, args.seed, args.out / f"clips-{args.seed}.npz")
    cells = {}
    for name in args.only:
        keras.utils.set_random_seed(args.seed)
        cells[name] = _memory(MEMORIES[name], len(data.classes))
        file = args.out / f"{name.replace(', ', '_').replace(' ', '_')}-{args.seed}.npz"
        _trained(cells[name], clips, args.steps, args.seed, file)
    for level in args.levels:
        frames = validation_logits(model, data, level, args.out / f"{level.replace(' ', '_')}-{args.seed}.npz")
        for name, cell in cells.items():
            key = {"memory": name, "level": level, "seed": args.seed, "factors": _factors(cell)}
            rows.add(key, lambda cell=cell, frames=frames: _score(cell, frames, len(data.classes), data.void))
    _print_recovery(rows.read())


def _print_recovery(rows):
    """How many points of pixels that are right are lost in damaged frames and in the frames that follow."""
    clean = {(row["memory"], row["seed"]): np.array(row["right"]) for row in rows if row["level"] == "clean"}
    for row in rows:
        key = row["memory"], row["seed"]
        if "damaged" in row and key in clean:
            lost = clean[key] - np.array(row["right"])
            last = np.full(len(lost), -(10**6))
            last[row["damaged"]] = row["damaged"]
            since = np.arange(len(lost)) - np.maximum.accumulate(last)
            print(*key, [round(float(lost[since == frames].mean()), 2) for frames in range(5)])


def _memory(wanted, classes):
    if wanted is None:
        return None
    [cell] = memories(TEMPORAL, {"logits": wanted}, {}).values()
    cell.build((None, None, None, classes))
    return cell


def _factors(cell):
    """The factor of every class, of a mean."""
    gate = getattr(getattr(cell, "cell", cell), "gate", None)
    return None if gate is None else np.round(ops.convert_to_numpy(ops.sigmoid(gate)), 2).tolist()


def _run(cell, logits, grey, state):
    """Logits (n, t, h, w, c) and the grey frames of them and of one before, (n, t + 1, h', w', 1)."""
    logits = ops.cast(logits, "float32")
    if cell is None:
        return logits, state
    if not getattr(cell, "warp", False):
        return _call(cell, logits, state, None)
    grey, timesteps = ops.cast(grey, "float32"), logits.shape[1]
    flow = lucas_kanade(fold(grey[:, :-1]), fold(grey[:, 1:]))
    return _call(cell, logits, state, unfold(flow_at(flow, logits.shape[2:4]), timesteps))


def _call(cell, logits, state, flow):
    return cell(logits, state, flow=flow) if isinstance(cell, Memory) else unroll(cell, logits, state)


def _trained(cell, clips, steps, seed, file):
    """Train a memory, or read what an earlier call has trained."""
    if cell is None:
        return
    if file.is_file():
        with np.load(file) as saved:
            for variable, value in zip(cell.trainable_variables, saved.values(), strict=True):
                variable.assign(value)
        return
    import tensorflow as tf

    rng, weights = np.random.default_rng(seed), _weights(clips)
    falling = keras.optimizers.schedules.CosineDecay(0.0, steps - WARM_UP, warmup_target=RATE, warmup_steps=WARM_UP)
    optimizer = keras.optimizers.AdamW(falling, weight_decay=1e-4, clipnorm=1.0)
    variables = cell.trainable_variables
    optimizer.build(variables)

    @tf.function
    def step(logits, grey, labels):
        with tf.GradientTape() as tape:
            state = cell.initial_state(BATCH, *logits.shape[2:4])
            outputs, _ = _run(cell, logits, tf.concat([grey[:, :1], grey], axis=1), state)
            scores = resize_to(fold(outputs), labels.shape[2:4])
            known = tf.cast(fold(labels), "int32")
            weighed = tf.gather(weights, known)
            known = tf.minimum(known, scores.shape[-1] - 1)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(known, scores)
            loss = tf.reduce_sum(loss * weighed) / (tf.reduce_sum(weighed) + 1)
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    losses = []
    for number in range(steps):
        batch = rng.integers(0, len(clips["logits"]), BATCH)
        losses.append(float(step(*(clips[part][batch] for part in ("logits", "grey", "labels")))))
        if number % 100 == 99:
            print(f"{file.stem}: step {number + 1}, loss {np.mean(losses[-100:]):.4f}", flush=True)
    np.savez(file, *map(ops.convert_to_numpy, variables))


def _weights(clips):
    """A weight for every label, 0 for void."""
    classes = clips["logits"].shape[-1]
    counts = np.bincount(clips["labels"].ravel(), minlength=256)
    return np.concatenate([class_weights(counts[:classes], "inverse_log"), np.zeros(256 - classes)]).astype("float32")


def _score(cell, frames, classes, void):
    """Of a stream: mIoU, that of damaged frames, changes, and the pixels of each frame that are right, in percent."""
    import tensorflow as tf

    size, (height, width) = frames["labels"].shape[1:], frames["logits"].shape[1:3]

    @tf.function
    def step(logits, grey, state):
        outputs, state = _run(cell, logits, grey, state)
        return tf.cast(tf.argmax(resize_to(outputs[:, 0], size)[0], -1), "uint8"), state

    state = {} if cell is None else cell.initial_state(1, height, width)
    whole, damaged, masks, right = *np.zeros((2, classes, classes), "int64"), [], []
    for index, labels in enumerate(frames["labels"]):
        pair = frames["grey"][[max(index - 1, 0), index]]
        mask, state = step(frames["logits"][index][None, None], pair[None], state)
        masks.append(mask.numpy())
        counted = confusion_matrix(labels, masks[-1], classes, void=void)
        whole += counted
        damaged += counted * int(frames["damaged"][index])
        right.append(round(100 * float(np.trace(counted) / counted.sum()), 2))
    changes = np.mean([(one != other).mean() for one, other in itertools.pairwise(masks)])
    scores = {"mIoU": _miou(whole), "changes %": round(100 * float(changes), 2)}
    if damaged.any():
        scores["mIoU of damaged frames"] = _miou(damaged)
        scores["damaged"] = np.flatnonzero(frames["damaged"]).tolist()
    return scores | {"right": right}


def _miou(confusion):
    return round(100 * float(mean_present(iou_from_confusion(confusion))), 2)


if __name__ == "__main__":
    main()
