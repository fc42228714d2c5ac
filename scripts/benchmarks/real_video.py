"""The next frame of real video: a network a movie, trained on its first 80 %, scored on the rest.

The network is scored as deployed, frame by frame at the movie's own size, from a fresh state at the first frame that it
was not trained on. The weights are those of the last step, not chosen by a score.
"""

import argparse
import json
import time
from pathlib import Path

import motion
import numpy as np

from seqseg.config import load_experiment
from seqseg.config.text import parse_assignment

RECIPE = {
    "model.name": "frame_predictor", "model.filters": 16, "model.depth": 2, "model.kernel_size": 3,
    "model.memory": "convgru", "model.motion": True, "data.timesteps": 6, "data.stride": 1, "augment.scale": [1.0, 1.0],
    "augment.rotate": 0.0, "augment.shift": 0.0, "augment.colour": 0.0, "augment.crop": [96, 96],
    "training.batch": 4, "training.learning_rate": 2e-3, "training.warmup_steps": 20, "training.weight_decay": 0.0,
    "training.loss": "l2", "training.epochs": 1,
}  # fmt: skip
SHOWN = 0.6  # of the frames that are scored: the one that is drawn
WARM = 100  # frames of the training part that a stream has seen when it is scored as one that goes on
LOUD = 4  # errors are drawn so many times as bright


def main():
    parser = argparse.ArgumentParser(prog="scripts/real_video", description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder of the runs, real_video.json and the pictures")
    parser.add_argument("videos", nargs="+", metavar="VIDEO", help="a movie, or NAME=PATH of it or of a folder")
    parser.add_argument("--steps", type=int, default=500, help="of training for each (500)")
    parser.add_argument("--frames", type=int, default=3, help="how far ahead is scored (3)")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    path = args.out / "real_video.json"
    for text in args.videos:
        name, _, where = text.rpartition("=")
        name = name or Path(where).stem
        taken = train_on(args, name, where)
        row = score(args.out / name / "last.keras", where, args.frames, args.out / f"{name}.png")
        rows = json.loads(path.read_text(encoding="utf-8"))["videos"] if path.is_file() else {}
        about = {"steps": args.steps, "recipe": RECIPE, "changes": args.changes}
        rows[name] = row | taken
        path.write_text(json.dumps(about | {"videos": rows}, indent=2) + "\n", encoding="utf-8")
        first = row["horizons"][0]
        print(
            f"{name:<20} PSNR {first['psnr']:.2f}, last frame's {first['copy_psnr']:.2f}: "
            f"gain {first['psnr'] - first['copy_psnr']:+.2f} dB; SSIM {first['ssim']:.4f}, {first['copy_ssim']:.4f}\n"
            + "".join(f"{'':<20} {gain:+.2f} dB {name}\n" for name, gain in gains_of(row).items()),
            flush=True,
        )


def train_on(args, name, where):
    """Train the steps, resume an unfinished run or use a finished one; gives the time it took."""
    from seqseg.training.fit import train
    from seqseg.training.run.folder import RunFolder

    run = args.out / name
    if RunFolder(run).exists():
        experiment = RunFolder(run).experiment()
    else:
        changes = RECIPE | dict(map(parse_assignment, args.changes))
        changes |= {"data.source": f"frames:{where}", "training.steps_per_epoch": args.steps}
        experiment = load_experiment(overrides=changes)
    began = time.process_time()
    train(experiment, run, resume=RunFolder(run).exists())
    used = time.process_time() - began
    return {"processor minutes": round(used / 60, 1)} if used > 30 else {}


def score(weights, where, frames, picture):
    """PSNR and SSIM of every horizon on the frames after the training part, and a picture of one of them.

    "motion" is what moving the last frame gains in dB, for a comparison; "adapted" the next frame's figures when
    forecasts are corrected by what came of the ones before, from nothing and after some frames of training.
    """
    from seqseg.data import open_data
    from seqseg.inference.forecasting.adaptation import Adaptation

    train, video = (open_data(f"frames:{where}", split=split).videos[0] for split in ("train", "val"))
    images = [video.frame(index) for index in range(len(video))]
    horizons, futures = follow(weights, images, frames)
    shown = round(SHOWN * len(video))
    draw(picture, images[shown - 1], images[shown], futures[shown - 1][0])
    adapted = {}
    for warm in (0, min(WARM, len(train))):
        before = [train.frame(index) for index in range(len(train) - warm, len(train))]
        table, _ = follow(weights, images, 1, before=before, adaptation=Adaptation())
        adapted[f"after {warm} frames"] = table[0]
    row = {"frames": len(video), "size": list(video.size), "horizons": horizons, "adapted": adapted}
    return row | {"motion": motion.gains(images)}


def follow(weights, images, frames, *, before=(), adaptation=None):
    """The figures of every horizon over images, and all that was predicted; those `before` are seen and not scored."""
    from seqseg.evaluation.horizons import Horizons
    from seqseg.inference.forecasting.forecaster import Forecaster
    from seqseg.models import load_model

    forecaster = Forecaster(load_model(weights), frames=frames, adaptation=adaptation)
    horizons, state, futures = Horizons(frames), None, []
    for image in before:
        _, state = forecaster.step(image, state)
    for image in images:
        horizons.came(image)
        future, state = forecaster.step(image, state)
        horizons.predicted(image, future)
        futures.append(future)
    return horizons.table(), futures


def gains_of(row):
    """dB over the last frame of the next one as corrected, and as moved."""
    adapted = {f"adapted {name}": scores["psnr"] - scores["copy_psnr"] for name, scores in row["adapted"].items()}
    return adapted | row["motion"]


def draw(path, before, came, expected):
    """Above, the true frame, the forecast and the frame before; below, the errors of both."""
    import imageio.v3 as imageio

    def error(guess):
        return np.clip(LOUD * np.abs(guess.astype("int16") - came), 0, 255).astype("uint8")

    rows = [(came, expected, before), (np.zeros_like(came), error(expected), error(before))]
    imageio.imwrite(path, np.concatenate([np.concatenate(row, axis=1) for row in rows]))


if __name__ == "__main__":
    main()
