"""The options of `seqseg stream` that make masks steadier than the network alone gives them."""

import argparse
from typing import Any

from seqseg.errors import ConfigError

FACTS = {"smooth": 0.0, "along_motion": False, "denoise": False}
"""What a run's masks depend on of these, and what it was before it could be told."""


def add_steady_options(parser: argparse.ArgumentParser) -> None:
    """Offer the mean of the logits, along the motion or not, and the denoising of frames."""
    parser.add_argument(
        "--smooth",
        type=float,
        default=0.0,
        metavar="F",
        help="steadier masks: mean logits over time, the frame k back weighing F^k, such as 0.6 (off)",
    )
    parser.add_argument(
        "--along-motion", action="store_true", help="move that mean along with the picture, by optical flow"
    )
    parser.add_argument(
        "--denoise", action="store_true", help="clean noisy frames by those before them, moved along by optical flow"
    )


def check_steady_options(args: argparse.Namespace) -> None:
    """ConfigError where one wants another."""
    if args.along_motion and not args.smooth:
        raise ConfigError("--along-motion moves the mean of --smooth F along; give --smooth 0.6, too")


def steadiness_of(args: argparse.Namespace) -> dict[str, Any]:
    """The same options as `Predictor` takes them."""
    return {name: getattr(args, name) for name in FACTS}
