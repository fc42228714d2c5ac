"""`seqseg train`: an experiment in, a run folder out."""

import argparse
import itertools
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from seqseg.cli.console.device import add_device_option, choose_device
from seqseg.cli.console.options import add_config_options, overrides
from seqseg.cli.console.outputs import Outputs
from seqseg.cli.console.parser import Commands
from seqseg.cli.console.quiet import import_keras
from seqseg.cli.console.terminal import print_facts
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
    parser.add_argument(
        "--dry-run", action="store_true", help="open the data, build the network, time two steps, and write nothing"
    )
    add_device_option(parser)
    parser.add_argument(
        "--devices", metavar="N|all", help="how many devices of this machine share each batch (1); needs --backend jax"
    )
    parser.add_argument(
        "--hosts",
        metavar="ADDRESS,RANK,COUNT|auto",
        help="this process is number RANK of COUNT that train together, and rank 0 is at ADDRESS; auto: under SLURM or "
        "Kubernetes",
    )
    add_config_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train; Ctrl-C saves and says how to resume."""
    if args.device is not None:
        choose_device(args.device)
    folder, experiment = _resumed(args) if args.resume else _new(args)
    if args.dry_run:
        return _dry_run(args, experiment)
    if args.hosts and not args.folder:
        raise ConfigError("--hosts needs --run DIR, the same for all processes")
    outputs = Outputs()
    outputs.writes("the run", folder, folder=True)
    outputs.check()
    # Processes of one machine that train together name the same folder, which the first of them alone writes.
    with nullcontext() if args.hosts else outputs.checked():
        return _train(args, folder, experiment)


def _train(args: argparse.Namespace, folder: Path, experiment: Experiment) -> int:
    notes = (_NO_DATA,) if not _has_data(args) and not args.resume else ()
    return _train_in(folder, experiment, args.resume, notes, devices=args.devices, hosts=args.hosts)


def _train_in(
    folder: Path,
    experiment: Experiment,
    resume: bool,
    notes: Sequence[str],
    *,
    devices: str | None = None,
    hosts: str | None = None,
) -> int:
    import_keras()
    from seqseg.training.devices.team import Hosts
    from seqseg.training.fit import train

    others = Hosts.parse(hosts) if hosts else None
    result = train(experiment, folder, resume=resume, notes=notes, devices=devices, hosts=others)
    print(f"\n  best {result.score} {result.best_score:.3f} in epoch {result.best_epoch}; everything is in {folder}")
    if result.score == "PSNR":
        print(f"  seqseg forecast {folder} --source MOVIE --frames 10 --save forecast.mp4")
    else:
        print(f"  seqseg evaluate {folder}\n  seqseg stream {folder} --source MOVIE --save overlay.mp4")
    return 0


def _dry_run(args: argparse.Namespace, experiment: Experiment) -> int:
    if args.resume:
        raise ConfigError("--dry-run shows what a new run would be; leave --resume out")
    import_keras()
    from seqseg.training.dry_run import dry_run
    from seqseg.training.run.progress import duration

    found = dry_run(experiment)
    setup, training = found.setup, experiment.training
    size = setup.network.card.size
    print_facts(
        {
            "model": f"{experiment.model.name}, {setup.network.count_params():,} parameters",
            "data": f"{setup.data.name}: {len(setup.data.videos)} videos, {setup.data.frames:,} frames",
            "validation": f"{len(setup.validation.videos)} videos, {setup.validation.frames:,} frames",
            "classes": f"{len(setup.data.classes)}: {', '.join(setup.data.classes)}",
            "clips": f"{experiment.data.timesteps} frames of {'x'.join(map(str, size)) if size else 'their own sizes'}",
            "epoch": f"{setup.steps} steps of {training.batch} clips, about {duration(found.epoch_seconds)}",
            "run": f"{training.epochs} epochs, about {duration(found.epoch_seconds * training.epochs)}, "
            f"validation not counted; the first step takes {duration(found.start_seconds)}",
            "memory": None if found.peak_bytes is None else f"{found.peak_bytes / 2**20:,.0f} MiB of this process",
        }
    )
    for note in (*setup.data.notes, *setup.notes):
        print(f"  note: {note}")
    print("\n  nothing was written; leave --dry-run out to train")
    return 0


def default_run_folder(experiment: Experiment, parent: Path = Path("runs")) -> Path:
    """`runs/MODEL-KIND-N` with the first N that is free."""
    kind = experiment.data.source.partition(":")[0]
    names = (parent / f"{experiment.model.name}-{kind}-{number}" for number in itertools.count(1))
    return next(path for path in names if not path.exists())


def _new(args: argparse.Namespace) -> tuple[Path, Experiment]:
    given = overrides(args)
    experiment = load_experiment(args.config, given if _has_data(args) else _usual_shapes(given))
    return Path(args.folder) if args.folder else default_run_folder(experiment), experiment


_SHAPES = {
    "data.source": "shapes:size=72x96",
    "augment.scale": "[0.9, 1.1]",
    "augment.rotate": "0.0",
    "augment.shift": "0.0",
    "training.epochs": "12",
    "training.batch": "8",
    "training.learning_rate": "4e-3",
    "training.warmup_steps": "50",
}
"""What a training without --data takes where nothing else is asked for: the settings of configs/shapes.toml."""

_NO_DATA = (
    "no --data was given: these are moving shapes, drawn here, with the settings of configs/shapes.toml (about 20 "
    "minutes on two cores); images and masks of your own are --data folders:PATH, and seqseg data lists other formats"
)


def _has_data(args: argparse.Namespace) -> bool:
    return args.config is not None or "data.source" in overrides(args)


def _usual_shapes(given: dict[str, str]) -> dict[str, str]:
    small = {} if "model.name" in given else {"model.filters": "8"}
    usual = small | _SHAPES | given
    if "training.steps_per_epoch" in given and "training.warmup_steps" not in given:  # may be fewer than its steps
        usual.pop("training.warmup_steps")
    return usual


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
