"""`seqseg demo`: everything in about three minutes, without data or downloads."""

import argparse
import dataclasses
import itertools
import time
from pathlib import Path
from typing import TYPE_CHECKING

from seqseg.cli.console.parser import Commands
from seqseg.cli.console.quiet import import_keras
from seqseg.cli.console.terminal import print_facts
from seqseg.cli.demo.movie import FPS, write_movie
from seqseg.cli.demo.ready import READY, show_ready
from seqseg.config import AugmentConfig, DataConfig, Experiment, ModelConfig, TrainingConfig
from seqseg.errors import ConfigError

if TYPE_CHECKING:
    from seqseg.models.clip_model import ClipModel
    from seqseg.training.run.folder import RunFolder

EPOCHS = 6
MOVIE_SEED = 5  # scenes of streams are in no split of `shapes`, so the model has not seen this one
MOVIE_SIZE = (288, 384)


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "demo",
        help="show training and streaming in about three minutes, without any data",
        description="Run a model that came with seqseg, train another on moving shapes that are drawn on the fly,\n"
        "stream a new movie, and list the files. Two of the classes look alike and differ only in motion, so the\n"
        "network needs a memory.",
    )
    parser.add_argument("--seconds", type=float, default=120, help="how long to train (120)")
    parser.add_argument("--out", metavar="DIR", help="a new folder for everything (demo, demo-2, …)")
    parser.add_argument("--run", metavar="DIR", dest="trained", help="a run trained on shapes, instead of training one")
    parser.add_argument("--quick", action="store_true", help="a few steps only, to see that everything works")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train, score, stream, and list the files."""
    if args.seconds <= 0:
        raise ConfigError(f"--seconds must be more than 0, got {args.seconds:g}")
    out = Path(args.out) if args.out else _free_folder()
    if not args.trained:
        _require_free(out / "run")
    import_keras()
    began = show_ready(out, quick=args.quick)
    folder = _take(args.trained) if args.trained else _train(out / "run", args)
    print("\n2 of 3  score it as deployed: frame by frame, with the memory carried")
    model = _score(folder)
    print("\n3 of 3  stream a movie that it was not trained on")
    out.mkdir(parents=True, exist_ok=True)
    _stream(model, out, frames=2 * FPS if args.quick else 10 * FPS)
    _list_files(out, folder.path, began)
    return 0


def _require_free(run: Path) -> None:
    from seqseg.training.run.folder import RunFolder

    RunFolder(run).require_free()


def _take(run: str) -> "RunFolder":
    from seqseg.training.run.folder import RunFolder

    folder = RunFolder(run)
    folder.require_run()
    print(f"1 of 3  take the net that was trained in {folder.path}")
    return folder


def _train(run: Path, args: argparse.Namespace) -> "RunFolder":
    from seqseg.training.fit import train
    from seqseg.training.run.folder import RunFolder

    folder = RunFolder(run)
    experiment = _experiment(args.quick)
    print("1 of 3  train a net with a memory on shapes that move, cross and hide each other")
    train(experiment if args.quick else _lasting(experiment, args.seconds), folder.path)
    return folder


def _experiment(quick: bool) -> Experiment:
    frames = "size=72x96,videos=2,frames=8" if quick else "size=72x96"
    return Experiment(
        # Few steps are too few for the running means of batch normalization, so groups.
        ModelConfig("unet_lstm", {"filters": 8, "norm": "group"}),
        DataConfig(f"shapes:{frames}", val=f"shapes:{frames}" if quick else f"shapes:{frames},videos=4"),
        AugmentConfig(enabled=False),
        TrainingConfig(epochs=1 if quick else EPOCHS, steps_per_epoch=2 if quick else None, learning_rate=6e-3),
    )


def _lasting(experiment: Experiment, seconds: float) -> Experiment:
    """The experiment with as many steps as fit into about `seconds` on this machine."""
    from seqseg.training.setup import set_up

    setup = set_up(experiment)
    batches = setup.batches(0)
    setup.learner.train_on_batch(*next(batches))  # the first one compiles
    start = time.perf_counter()
    for clips, labels in itertools.islice(batches, 4):
        setup.learner.train_on_batch(clips, labels)
    pace = (time.perf_counter() - start) / 4
    steps = max(1, round(seconds / pace / EPOCHS))
    return dataclasses.replace(experiment, training=dataclasses.replace(experiment.training, steps_per_epoch=steps))


def _score(folder: "RunFolder") -> "ClipModel":
    from seqseg.data import open_data
    from seqseg.evaluation.evaluate import evaluate_deployed
    from seqseg.inference.predictor import Predictor
    from seqseg.models.build import load_model

    model: ClipModel = load_model(folder.checkpoint("best"))
    experiment = folder.experiment()
    shapes = experiment.data.val or experiment.data.source
    print(evaluate_deployed(Predictor(model).step, open_data(shapes, split="val")).table())
    return model


def _stream(model: "ClipModel", out: Path, *, frames: int) -> None:
    from seqseg.cli.demo.picture import Picture
    from seqseg.cli.stream.report import print_summary
    from seqseg.data.kinds.shapes import shapes_stream
    from seqseg.inference.predictor import Predictor
    from streams import Background, MovieSink, Overlay, Prefetch, open_source
    from streams import run as run_stream

    write_movie(out / "movie.mp4", shapes_stream(seed=MOVIE_SEED, size=MOVIE_SIZE), frames)
    overlay = Overlay(model.card.palette, model.card.classes)
    picture = Picture(overlay, every=frames // 4)
    result = run_stream(
        Prefetch(open_source(out / "movie.mp4")),
        Predictor(model, size="trained").step,
        Background(MovieSink(out / "overlay.mp4", overlay)),
        on_frame=picture.look,
    )
    picture.write(out / "picture.png")
    print_summary(result.report, result.warnings, {})


def _free_folder() -> Path:
    names = itertools.chain(["demo"], (f"demo-{number}" for number in itertools.count(2)))
    return next(Path(name) for name in names if not Path(name).exists())


def _list_files(out: Path, run: Path, began: bool) -> None:
    print(f"\nEverything is in {out}/")
    ready = {"moving-overlay.mp4": f"the masks of the ready model {READY} on moving.mp4"} if began else {}
    print_facts(
        ready
        | {
            "overlay.mp4": "the masks of the trained model on movie.mp4, which is new to it",
            "picture.png": "frames of it side by side",
            f"{run}/": "the trained model, its config, curves and samples",
        }
    )
    print("\nTry next")
    print_facts(
        {
            f"seqseg stream {run} --source shapes --show": "the same live (q closes the window)",
            f"seqseg train --resume --run {run} --epochs 20": "continue training, for a much better score",
            "seqseg inspect folders:DATA": "your own images and masks, then",
            "seqseg train --data folders:DATA --timesteps 8": "a model of your own",
        }
    )
