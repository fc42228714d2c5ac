"""`seqseg inspect SPEC --augment`: a picture of clips before and after augmentation."""

import argparse
import json
from pathlib import Path

from seqseg.config.text import parse_assignment


def add_augment_options(parser: argparse.ArgumentParser) -> None:
    """Offer `--augment` and `--set`."""
    parser.add_argument(
        "--augment", metavar="CONFIG.toml", nargs="?", const="",
        help="draw clips before and after augmentation instead, as the config says (or its defaults)",
    )  # fmt: skip
    parser.add_argument(
        "--set", dest="assignments", metavar="KEY=VALUE", action="append", default=[],
        help="with --augment: any setting by its dotted key, such as augment.rotate=45; may be repeated",
    )  # fmt: skip


def draw_augment_sheet(args: argparse.Namespace) -> int:
    """Write the picture and print its path."""
    import imageio.v3 as imageio

    from seqseg.config import load_experiment
    from seqseg.data import open_data
    from seqseg.data.augment.config import make_augmentation
    from seqseg.data.inspection.augment_sheet import augment_sheet
    from seqseg.errors import ConfigError

    experiment = load_experiment(args.augment or None, dict(map(parse_assignment, args.assignments)))
    data = open_data(args.source, split=args.split, class_map=args.map)
    augment = make_augmentation(experiment.augment, data)
    if augment is None:
        raise ConfigError("augment.enabled is false: there is nothing to draw; set it to true")
    size = None if experiment.data.size == "native" else experiment.data.size
    picture = augment_sheet(data, augment, timesteps=experiment.data.timesteps, size=size)
    path = Path(args.sheet or f"augment-{args.source.partition(':')[0]}-{args.split}.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    imageio.imwrite(path, picture, extension=".png")
    print(json.dumps({"sheet": str(path)}) if args.json else f"sheet  {path}")
    return 0
