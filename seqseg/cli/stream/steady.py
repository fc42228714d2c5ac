"""The options of `seqseg stream` that make masks steadier than the network alone gives them."""

import argparse
from typing import Any

from seqseg.cli.console.trained import stream_defaults
from seqseg.errors import ConfigError

FACTS = {"smooth": 0.0, "along_motion": False, "denoise": False}
"""What a run's masks depend on of these, and what it was before it could be told."""


def add_steady_options(parser: argparse.ArgumentParser) -> None:
    """Offer the mean of the logits, along the motion or not, and the denoising of frames."""
    parser.add_argument(
        "--smooth",
        type=float,
        metavar="F",
        help="steadier masks: mean logits over time, the frame k back weighing F^k, such as 0.6 (0, off; ready models "
        "have defaults of their own, which any of these three options turns off)",
    )
    parser.add_argument(
        "--along-motion",
        action="store_const",
        const=True,
        help="move that mean along with the picture, by optical flow",
    )
    parser.add_argument(
        "--denoise",
        action="store_const",
        const=True,
        help="clean noisy frames by those before them, moved along by optical flow",
    )


def check_steady_options(args: argparse.Namespace) -> None:
    """Fill in what was not given; ConfigError where one option wants another."""
    given = {name: getattr(args, name) for name in FACTS if getattr(args, name) is not None}
    args.steadied_by_default = {} if given else dict(stream_defaults(args))
    for name, value in (FACTS | args.steadied_by_default | given).items():
        setattr(args, name, value)
    if args.along_motion and not args.smooth:
        raise ConfigError("--along-motion moves the mean of --smooth F along; give --smooth 0.6, too")


def steadied(args: argparse.Namespace) -> str | None:
    """What a ready model's defaults do to the masks, in words; None when nothing."""
    defaults = args.steadied_by_default
    words = [
        name.replace("_", "-") if value is True else f"{name} {value}" for name, value in defaults.items() if value
    ]
    return f"{', '.join(words)}: {args.trained}'s own, --smooth 0 turns it off" if words else None


def steadiness_of(args: argparse.Namespace) -> dict[str, Any]:
    """The same options as `Predictor` takes them."""
    return {name: getattr(args, name) for name in FACTS}
