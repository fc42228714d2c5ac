"""The ladder network on MNIST with few labels (Rasmus et al. 2015, arXiv:1507.02672): test error over draws of labels.

Nothing is chosen by the test set: the score is that of the last epoch of a number fixed in advance, with the statistics
of the training set (of the supervised net: of its labelled examples). The errors of all epochs are kept for the curves.
"""

import argparse
import json
import os
import statistics
import time
from pathlib import Path

from seqseg.errors import SeqsegError

RATE, BATCH = 0.002, 100  # the reference's
PUBLISHED = {
    ("full", 50): "1.62 ± 0.65",
    ("full", 100): "1.06 ± 0.37",
    ("gamma", 100): "3.06 ± 1.44",
    ("supervised", 100): "21.74 ± 1.77",
    ("full", 1000): "0.84 ± 0.08",
    ("gamma", 1000): "1.53 ± 0.10",
    ("supervised", 1000): "5.70 ± 0.20",
    ("full", 60000): "0.57 ± 0.02",
    ("gamma", 60000): "0.78 ± 0.03",
    ("supervised", 60000): "0.80 ± 0.03",
}
"""Test error in %, of the paper, after 150 epochs."""


def main():
    parser = argparse.ArgumentParser(prog="scripts/ladder_mnist", description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, required=True, metavar="DIR", help="folder of MNIST's four files")
    parser.add_argument("--labels", type=int, default=100, choices=(50, 100, 1000, 60000))
    parser.add_argument("--model", nargs="+", default=["full"], choices=("full", "gamma", "supervised"))
    parser.add_argument("--draws", type=int, default=3, help="how many choices of the labelled images")
    parser.add_argument("--epochs", type=int, default=150, help="of 600 steps (the reference's 150)")
    parser.add_argument("--decay", type=float, default=0.67, help="share of the epochs after which the rate falls to 0")
    parser.add_argument("--out", type=Path, default=Path("docs/results/ladder_mnist.json"))
    parser.add_argument("--runs", type=Path, default=Path("runs/ladder_mnist"), help="where unfinished runs are kept")
    args = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        data = read(args.mnist)
    except SeqsegError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    for name in args.model:
        for draw in range(args.draws):
            train(args, name, draw, data)
    results = load(args.out)
    print(table(results))
    plot(results, args.out.with_suffix(".png"))


def read(folder):
    """{"train": (vectors (n, 784) of 0–1, classes (n,)), "t10k": the same}."""
    from seqseg.data.kinds.moving_mnist import read_idx

    return {
        part: (
            read_idx(folder, f"{part}-images", 3).reshape(-1, 784).astype("float32") / 255,
            read_idx(folder, f"{part}-labels", 1).astype("int32"),
        )
        for part in ("train", "t10k")
    }


def choose(classes, labels, draw):
    """Indices of `labels` examples, as many of each class, the same for the same `draw`."""
    import numpy as np

    if labels >= len(classes):
        return np.arange(len(classes))
    rng = np.random.default_rng([labels, draw])
    each = [rng.choice(np.flatnonzero(classes == one), labels // 10, replace=False) for one in range(10)]
    return np.concatenate(each)


def batches_of(data, chosen, draw, with_unlabelled):
    """A function from an epoch to its 600 batches; batch i is the same whenever it is asked for."""
    import numpy as np

    images, classes = data["train"]

    def batches(epoch):
        rng = np.random.default_rng([draw, epoch])
        order, rounds = rng.permutation(len(images)), -(-len(images) // len(chosen))
        labelled = np.concatenate([rng.permutation(chosen) for _ in range(rounds)])
        for start in range(0, len(images), BATCH):
            known = labelled[start : start + BATCH]
            unlabelled = images[order[start : start + BATCH]]
            inputs = {"labelled": images[known], "unlabelled": unlabelled} if with_unlabelled else images[known]
            yield inputs, classes[known]

    return batches


def train(args, name, draw, data):
    """Train or resume one draw; after every epoch its error is in the results and its weights are on disk."""
    key = f"{name}-{args.labels}-{args.epochs}-{draw}"
    run, checkpoint = load(args.out).get(key, {}), args.runs / f"{key}.keras"
    if "settled" in run:
        return
    if not run or not checkpoint.is_file():
        run = {
            "model": name, "labels": args.labels, "draw": draw, "epochs": args.epochs, "decay": args.decay,
            "errors": [], "losses": [], "cpu_seconds": 0.0, "seconds": 0.0,
        }  # fmt: skip
    model = begin(run, checkpoint)
    chosen = choose(data["train"][1], args.labels, draw)
    batches = batches_of(data, chosen, draw, with_unlabelled=name != "supervised")
    args.runs.mkdir(parents=True, exist_ok=True)
    for epoch in range(len(run["errors"]), args.epochs):
        began, cpu = time.perf_counter(), time.process_time()
        left = (args.epochs - epoch) / (args.epochs * (1 - args.decay))
        model.optimizer.learning_rate.assign(RATE * min(1.0, left))
        model.reseed(draw, epoch)
        history = model.fit(batches(epoch), steps_per_epoch=600, shuffle=False, verbose=0)
        run["losses"].append(round(float(history.history["loss"][0]), 4))
        run["errors"].append(error(model, *data["t10k"]))
        run["seconds"] = round(run["seconds"] + time.perf_counter() - began, 1)
        run["cpu_seconds"] = round(run["cpu_seconds"] + time.process_time() - cpu, 1)
        model.save(checkpoint)
        keep(args.out, key, run)
        print(f"{key} epoch {epoch + 1}: {run['errors'][-1]:.2f} %, {run['seconds']:.0f} s", flush=True)
    model.settle(data["train"][0] if name != "supervised" else data["train"][0][chosen])
    run["settled"] = error(model, *data["t10k"])
    keep(args.out, key, run)
    print(f"{key} settled: {run['settled']:.2f} %", flush=True)


def begin(run, checkpoint):
    """The model of a run, new or as its last epoch left it."""
    import keras

    from seqseg.models import ladder_mlp

    optimizer = one_pass_adam()  # also where it is loaded: Keras has to know the class
    if run["errors"]:
        return keras.saving.load_model(checkpoint)
    keras.utils.set_random_seed(run["draw"])
    model = ladder_mlp(labels=run["labels"], model=run["model"], seed=run["draw"])
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False)
    return model


def error(model, images, classes):
    """Test error in %."""
    import numpy as np
    from keras import ops

    parts = [images[start : start + 1000] for start in range(0, len(images), 1000)]
    guesses = np.concatenate([ops.convert_to_numpy(model(part)).argmax(-1) for part in parts])
    return round(100 * float((guesses != classes).mean()), 4)


def one_pass_adam():
    """Adam; on TensorFlow by its kernel that updates a variable in one pass, a third of the time of separate ones."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return keras.optimizers.Adam(RATE)
    import tensorflow

    @keras.saving.register_keras_serializable("ladder_mnist")
    class OnePassAdam(keras.optimizers.Adam):
        def update_step(self, gradient, variable, learning_rate):
            step = tensorflow.cast(self.iterations + 1, "float32")
            index = self._get_variable_index(variable)
            tensorflow.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=self._momentums[index].value.handle,
                v=self._velocities[index].value.handle,
                beta1_power=self.beta_1**step,
                beta2_power=self.beta_2**step,
                lr=learning_rate,
                beta1=self.beta_1,
                beta2=self.beta_2,
                epsilon=self.epsilon,
                grad=gradient,
            )

    return OnePassAdam(RATE)


def grouped(results):
    """{(model, labels, epochs): the runs of its draws}."""
    groups = {}
    for run in results.values():
        groups.setdefault((run["model"], run["labels"], run["epochs"]), []).append(run)
    return dict(sorted(groups.items()))


def table(results):
    """Markdown: a line for every net, number of labels and number of epochs, of the draws that are done."""
    lines = [
        "| net | labels | epochs | test error % | every draw | published, 150 epochs | CPU minutes a draw |",
        "|---|---|---|---|---|---|---|",
    ]
    for (model, labels, epochs), runs in grouped(results).items():
        runs = [run for run in runs if "settled" in run]
        errors = [run["settled"] for run in runs]
        if not errors:
            continue
        spread = f" ± {statistics.stdev(errors):.2f}" if len(errors) > 1 else ""
        each = ", ".join(f"{error:.2f}" for error in errors)
        minutes = statistics.mean(run["cpu_seconds"] for run in runs) / 60
        lines.append(
            f"| {model} | {labels} | {epochs} | {statistics.mean(errors):.2f}{spread} | {each} | "
            f"{PUBLISHED.get((model, labels), '–')} | {minutes:.0f} |"
        )
    return "\n".join(lines)


def plot(results, path):
    """Test error against epochs, a line for every draw, as far as it has come."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    for number, ((model, labels, epochs), runs) in enumerate(grouped(results).items()):
        for draw, run in enumerate(runs):
            name = None if draw else f"{model}, {labels} labels, {epochs} epochs"
            axes.plot(range(1, len(run["errors"]) + 1), run["errors"], f"C{number}.-", linewidth=1, label=name)
    axes.set(xlabel="epoch of 600 steps", ylabel="test error %", yscale="log", title="MNIST, every draw of the labels")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.savefig(path, dpi=100, bbox_inches="tight")


def load(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def keep(path, key, run):
    """Write a temporary file and rename it, so that a killed run leaves the last complete one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".part")
    fresh.write_text(json.dumps(load(path) | {key: run}, indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)


if __name__ == "__main__":
    main()
