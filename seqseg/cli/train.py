"""`seqseg train`: an experiment in, a run folder out."""

import argparse
import itertools
from pathlib import Path

from seqseg.cli.console.options import add_config_options, overrides
from seqseg.cli.console.outputs import Outputs
from seqseg.cli.console.parser import Commands
from seqseg.cli.console.quiet import import_keras
from seqseg.config import Experiment, load_experiment
from seqseg.errors import ConfigError


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "train",
        help="train a model on clips",
        description="Train a model on clips, and write a self-contained run folder.",
        epilog="examples:\n"
        "  seqseg train --data camvid:~/CamVid --timesteps 8 --size 360x480\n"
        "  seqseg train configs/shapes.toml --set model.filters=8\n"
        "  seqseg train --resume --run runs/unet_lstm-camvid-1",
    )
    parser.add_argument("config", nargs="?", metavar="CONFIG.toml", help="settings; without it, the defaults and flags")
    parser.add_argument("--run", metavar="DIR", dest="folder", help="the run folder (runs/MODEL-DATA-N)")
    parser.add_argument("--resume", action="store_true", help="resume the run in --run exactly where it stopped")
    add_config_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train; Ctrl-C saves and says how to resume."""
    folder, experiment = _resumed(args) if args.resume else _new(args)
    outputs = Outputs()
    outputs.writes("the run", folder, folder=True)
    with outputs.checked():
        return _train(args, folder, experiment)


def _train(args: argparse.Namespace, folder: Path, experiment: Experiment) -> int:
    import_keras()
    from seqseg.training.fit import train

    result = train(experiment, folder, resume=args.resume)
    print(f"\n  best {result.score} {result.best_score:.3f} in epoch {result.best_epoch}; everything is in {folder}")
    if result.score == "PSNR":
        print(f"  seqseg forecast {folder} --source MOVIE --frames 10 --save forecast.mp4")
    else:
        print(f"  seqseg evaluate {folder}\n  seqseg stream {folder} --source MOVIE --save overlay.mp4")
    return 0


def default_run_folder(experiment: Experiment, parent: Path = Path("runs")) -> Path:
    """`runs/MODEL-KIND-N` with the first N that is free."""
    kind = experiment.data.source.partition(":")[0]
    names = (parent / f"{experiment.model.name}-{kind}-{number}" for number in itertools.count(1))
    return next(path for path in names if not path.exists())


def _new(args: argparse.Namespace) -> tuple[Path, Experiment]:
    experiment = load_experiment(args.config, overrides(args))
    return Path(args.folder) if args.folder else default_run_folder(experiment), experiment


def _resumed(args: argparse.Namespace) -> tuple[Path, Experiment]:
    if not args.folder:
        raise ConfigError("--resume needs --run DIR, the folder of the run to resume")
    if args.config:
        raise ConfigError(
            f"--resume takes the config of the run itself, {args.folder}/config.toml; leave {args.config} out"
        )

    import_keras()
    from seqseg.training.run.folder import RunFolder

    folder = RunFolder(args.folder)
    folder.require_run()
    return folder.path, load_experiment(folder.config, overrides(args))
