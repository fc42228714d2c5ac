"""One table of flags and their dotted keys: a flag, a TOML line and `--set` are the same thing."""

import argparse
from dataclasses import dataclass

from seqseg.config.text import parse_assignment


@dataclass(frozen=True)
class Option:
    """A flag for a dotted key of the config; a switch takes no value; `former` is its old name."""

    key: str
    metavar: str
    help: str
    switch: bool = False
    former: str | None = None


OPTIONS: dict[str, Option] = {
    "--model": Option("model.name", "NAME", "which network; `seqseg models` lists them (unet_lstm)"),
    "--data": Option("data.source", "KIND:PATH", "what to train on; `seqseg data` lists the kinds (shapes)"),
    "--val": Option("data.val", "KIND:PATH", "what to validate on (the val split of --data)"),
    "--labelled": Option(
        "data.labelled", "SHARE|FILE", "training frames that keep their labels, such as 10%%, or a list (all)"
    ),
    "--unlabelled": Option(
        "data.unlabelled", "KIND:PATH", "frames without labels for training.unlabelled (those of --data)"
    ),
    "--timesteps": Option("data.timesteps", "T", "frames in a clip; 1 = single images (8)"),
    "--size": Option(
        "data.size", "HxW", "height x width the frames are brought to, such as 360x480, or native (the data's own)"
    ),
    "--resize": Option(
        "data.resize", "NAME", "how they are brought to it: letterbox, resize or tile (letterbox)", former="--fit"
    ),
    "--skip-bad": Option(
        "data.skip_bad", "", "read all data once and leave out what is broken, listed in a file", True
    ),
    "--batch": Option("training.batch", "N", "clips in a batch (4)"),
    "--epochs": Option("training.epochs", "N", "passes over the data (50)"),
    "--learning-rate": Option("training.learning_rate", "RATE", "of AdamW, before the schedule (0.001)"),
    "--weights": Option("training.initial_weights", "FILE.keras", "weights to start from, of the same architecture"),
    "--seed": Option("training.seed", "N", "of weights, order and augmentation (0)"),
    "--carry-state": Option(
        "training.carry_state",
        "",
        "long videos in order: memory crosses from clip to clip, the gradient does not",
        True,
    ),
}


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Offer every flag of the table, and `--set`."""
    group = parser.add_argument_group("settings", "each is a line of CONFIG.toml; the flag wins over the file")
    for flag, option in OPTIONS.items():
        if option.switch:
            group.add_argument(flag, dest=option.key, action="store_const", const="true", help=option.help)
        else:
            group.add_argument(flag, dest=option.key, metavar=option.metavar, help=option.help)
        if option.former:
            group.add_argument(option.former, dest=option.key, help=argparse.SUPPRESS)
    group.add_argument(
        "--set",
        dest="assignments",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="any other setting by its dotted key, such as model.filters=32; may be repeated",
    )


def overrides(args: argparse.Namespace) -> dict[str, str]:
    """The values of the flags, by dotted key; `--set` wins over the flag of the same key."""
    given = {option.key: getattr(args, option.key) for option in OPTIONS.values()}
    assigned = dict(parse_assignment(text) for text in args.assignments)
    return {key: value for key, value in given.items() if value is not None} | assigned
