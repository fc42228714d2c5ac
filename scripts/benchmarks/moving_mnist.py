"""Moving MNIST 10 -> 10: copy-last-frame, ConvLSTM-S and two frame predictors, trained for the same processor minutes.

The CPU time of the training steps counts, including drawing the digits, so that other work on the machine favours no
network; compiling and validation do not count.
"""

import argparse
import csv
import dataclasses
import json
import time
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from seqseg.config import load_experiment  # noqa: E402
from seqseg.config.text import parse_assignment  # noqa: E402
from seqseg.errors import ConfigError  # noqa: E402

GIVEN, FRAMES = 10, 20
PUBLISHED = {"ConvLSTM-S, OpenSTL, 200 epochs": {"mse": 29.80, "ssim_openstl": 0.9288, "psnr": 22.10}}
RECIPE = {
    "data.timesteps": FRAMES, "data.size": "64x64", "augment.enabled": False, "model.channels": 1,
    "training.context": GIVEN, "training.sampling": "scheduled", "training.loss": "l2", "training.batch": 8,
    "training.weight_decay": 0.0,
}  # fmt: skip
MODELS = {
    "convlstm_s": {"model.name": "convlstm_s", "training.learning_rate": 5e-4},
    "frame_predictor": {"model.name": "frame_predictor", "training.learning_rate": 1e-3},
    "frame_predictor_motion": {
        "model.name": "frame_predictor", "model.motion": True, "training.learning_rate": 1e-3,
    },
}  # fmt: skip
"""ConvLSTM-S' rate is OpenSTL's; its loss and scheduled sampling are used for all."""
COLOURS = {name: f"C{number}" for number, name in enumerate(MODELS)}
MEASURED = 6  # steps from which the time of the others is estimated, after one that compiles


def main():
    parser = argparse.ArgumentParser(prog="scripts/moving_mnist", description=__doc__.splitlines()[0])
    parser.add_argument("mnist", help="folder with MNIST's four files")
    parser.add_argument("out", type=Path, help="folder of the runs, moving_mnist.json and the pictures")
    parser.add_argument(
        "--minutes", type=float, default=60, help="of the processor's time in training steps, for each (60)"
    )
    parser.add_argument("--points", type=int, default=10, help="validations on the way, the points of the curve (10)")
    parser.add_argument("--sequences", type=int, default=1000, help="fixed test sequences of the t10k digits (1000)")
    parser.add_argument("--only", nargs="*", default=list(MODELS), choices=list(MODELS), metavar="NAME")
    parser.add_argument(
        "--set", dest="changes", action="append", default=[], metavar="[NAME:]KEY=VALUE",
        help="another setting of all networks, or of the one named",
    )  # fmt: skip
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "moving_mnist.json"
    before = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.is_file() else {}
    true = test_sequences(args.mnist, args.sequences)
    last = np.repeat(true[:, GIVEN - 1 : GIVEN], FRAMES - GIVEN, axis=1).astype("float32")
    predicted = {"copy last frame": last}
    rows = before | {"copy last frame": scores(true[:, GIVEN:], last)}
    for name in args.only:
        run = train_for(args, name)
        predicted[name] = roll_out(run / "best.keras", true)
        rows[name] = scores(true[:, GIVEN:], predicted[name]) | history(run, pace_file(args, name))
        about = {"sequences": len(true), "given": GIVEN, "predicted": FRAMES - GIVEN, "published": PUBLISHED}
        about |= {"recipe": RECIPE, "of each": MODELS, "changes": args.changes}
        path.write_text(json.dumps(about | {"rows": rows}, indent=2) + "\n", encoding="utf-8")
    draw_curves(args.out / "curve.png", rows)
    draw_spectra(args.out / "spectra.png", true[:, GIVEN:], predicted)
    draw_frames(args.out / "frames.png", true, predicted)
    for name, row in rows.items():
        print(
            f"{name:<22} MSE {row['mse']:7.2f}  MAE {row['mae']:7.2f}  SSIM {row['ssim']:.4f} "
            f"(OpenSTL's {row['ssim_openstl']:.4f})  PSNR {row['psnr']:5.2f}  "
            f"checkerboard {row['checkerboard']:.3f}  {row.get('minutes', 0):.1f} minutes, {row.get('steps', 0)} steps"
        )


def test_sequences(mnist, count):
    """uint8 (count, 20, 64, 64, 1), always the same."""
    from seqseg.data import open_data

    data = open_data(f"moving_mnist:{mnist},frames={FRAMES},videos={count}", split="test")
    return np.stack([[video.frame(index)[..., :1] for index in range(FRAMES)] for video in data.videos])


def train_for(args, name):
    """The folder of a run of as many steps as fit into the minutes; an interrupted run resumes."""
    from seqseg.training.fit import train
    from seqseg.training.run.folder import RunFolder

    run = args.out / name
    if RunFolder(run).exists():
        train(RunFolder(run).experiment(), run, resume=True)
        return run
    changes = RECIPE | MODELS[name] | changes_of(name, args.changes)
    changes |= {
        "data.source": f"moving_mnist:{args.mnist},frames={FRAMES},videos=100000",
        "data.val": f"moving_mnist:{args.mnist},frames={FRAMES},videos=32",
    }
    seconds = seconds_of_a_step(load_experiment(overrides=changes))
    steps = max(1, round(60 * args.minutes / seconds / args.points))
    print(f"{name}: {seconds:.2f} processor seconds a step, {args.points} x {steps} steps", flush=True)
    pace_file(args, name).write_text(json.dumps({"processor_seconds_a_step": seconds}) + "\n", encoding="utf-8")
    warm = {"training.warmup_steps": min(500, args.points * steps // 10)}
    experiment = load_experiment(
        overrides=warm | changes | {"training.steps_per_epoch": steps, "training.epochs": args.points}
    )
    train(experiment, run)
    return run


def changes_of(name, assignments):
    """The `--set` options of a network: KEY=VALUE is for all, NAME:KEY=VALUE for that one."""
    changes = {}
    for text in assignments:
        whose, colon, rest = text.partition(":")
        if not colon or "=" in whose:
            changes |= [parse_assignment(text)]
        elif whose == name:
            changes |= [parse_assignment(rest)]
        elif whose not in MODELS:
            raise ConfigError(f"--set {text}: there is no network {whose}; there are {', '.join(MODELS)}")
    return changes


def pace_file(args, name):
    """The file with the time of a step."""
    return args.out / f"{name}.json"


def seconds_of_a_step(experiment):
    """The processor's: the median of a few steps of the real thing, with scheduled sampling and all."""
    from seqseg.training.setup import set_up

    training = dataclasses.replace(experiment.training, epochs=1, steps_per_epoch=100, warmup_steps=0)
    setup = set_up(dataclasses.replace(experiment, training=training))
    batches, times = setup.batches(0), []
    for _ in range(1 + MEASURED):
        began = time.process_time()
        setup.learner.train_on_batch(*next(batches))
        times.append(time.process_time() - began)
    return float(np.median(times[1:]))


def roll_out(path, true):
    """A model's forecast after the first ten frames, float32 (n, 10, 64, 64, 1) of about 0–255."""
    from seqseg.evaluation.frame_scorer import FrameScorer
    from seqseg.losses import FrameLoss
    from seqseg.models import load_model

    scorer = FrameScorer(load_model(path), FrameLoss("l2"), context=GIVEN)
    parts = []
    for clips in np.array_split(true, -(-len(true) // 20)):
        batch = {"clips": clips[:, :-1], "targets": clips[:, 1:]}
        parts.append(np.asarray(scorer.predict_on_batch(batch)["frames"]))
    return np.concatenate(parts)


def scores(true, predicted):
    """OpenSTL's figures: MSE and MAE are sums over a frame's pixels of 0 to 1, means over sequences and time.

    `ssim_openstl` takes the range of values as 2, as scikit-image once guessed for floats and OpenSTL's table did;
    `ssim` takes the true range, 1. `checkerboard` is the power of the shortest waves in rows and columns by that of the
    true frames: 1 is right, much above is a checkerboard, below is blur.
    """
    from seqseg.losses.frames import structural_similarity
    from seqseg.metrics.frame_by_frame import frame_figures

    figures = frame_figures(true, predicted)
    psnr, ssim, mse, mae = figures.mean(axis=(0, 1)).tolist()
    wide = []
    for row, guess in zip(true, predicted, strict=True):
        pair = (row / 255.0).astype("float32"), (np.clip(guess, 0, 255) / 255.0).astype("float32")
        wide.append(np.mean(structural_similarity(*pair, data_range=2.0)))
    power, expected = spectrum(predicted), spectrum(true)
    return {
        "mse": mse, "mae": mae, "ssim": ssim, "ssim_openstl": float(np.mean(wide)), "psnr": psnr,
        "mse_by_frame": figures[..., 2].mean(axis=0).tolist(), "checkerboard": float(power[-1] / expected[-1]),
    }  # fmt: skip


def spectrum(frames):
    """The mean power of waves along rows and columns, (33,) for frames of 64 x 64: the last is the checkerboard's."""
    frames = np.asarray(frames, "float32")[..., 0].reshape(-1, *frames.shape[2:4])[:2000] / 255.0
    along = [np.abs(np.fft.rfft(frames, axis=axis)) ** 2 for axis in (1, 2)]
    return along[0].mean(axis=(0, 2)) + along[1].mean(axis=(0, 1))


def history(run, pace):
    """Points (processor minutes, MSE, SSIM) of the validation on the way, and what the training took."""
    a_step = json.loads(pace.read_text(encoding="utf-8"))["processor_seconds_a_step"]
    with (run / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    curve = [[int(row["step"]) * a_step / 60, float(row["val_mse"]), float(row["val_ssim"])] for row in rows]
    return {"minutes": curve[-1][0], "steps": int(rows[-1]["step"]), "seconds_a_step": a_step, "curve": curve}


def draw_curves(path, rows):
    """MSE by training time, and by how far ahead."""
    figure, (by_time, by_frame) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    for name, row in rows.items():
        look = {"marker": "o", "ms": 3, "color": COLOURS.get(name, "0.6"), "label": name}
        if "curve" in row:
            by_time.plot(*np.array(row["curve"])[:, :2].T, **look)
        by_frame.plot(range(1, 1 + FRAMES - GIVEN), row["mse_by_frame"], **look)
    by_time.axhline(
        PUBLISHED["ConvLSTM-S, OpenSTL, 200 epochs"]["mse"], color="0.6", ls=":", label="OpenSTL, 200 epochs"
    )
    by_time.set(xlabel="processor minutes of training", ylabel="validation MSE of a frame", ylim=(0, None))
    by_frame.set(xlabel="frames ahead", ylabel="test MSE of a frame", ylim=(0, None))
    by_time.legend(frameon=False)
    by_frame.legend(frameon=False)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_spectra(path, true, predicted):
    """Power spectra; a checkerboard is a peak at the right end, or at a half or a quarter of it."""
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    axes.semilogy(np.linspace(0, 0.5, 33), spectrum(true), color="k", label="true")
    for name, frames in predicted.items():
        if name != "copy last frame":
            axes.semilogy(np.linspace(0, 0.5, 33), spectrum(frames), color=COLOURS.get(name), label=name)
    axes.set(xlabel="waves a pixel", ylabel="power")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_frames(path, true, predicted, sequences=2):
    """Rows: the true frames and each network's forecast, for the ten frames ahead."""
    import imageio.v3 as imageio

    rows = []
    for number in range(sequences):
        for frames in (true[number, GIVEN:], *(frames[number] for frames in predicted.values())):
            rows.append(np.concatenate(np.clip(np.rint(frames), 0, 255).astype("uint8")[..., 0], axis=1))
    imageio.imwrite(path, np.concatenate([np.pad(row, ((0, 2), (0, 0)), constant_values=96) for row in rows]))


if __name__ == "__main__":
    main()
