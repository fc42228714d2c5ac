"""The options of `seqseg stream` that make masks steadier than the network alone gives them."""

import argparse
from dataclasses import dataclass
from typing import Any

from seqseg.cli.console.trained import stream_defaults
from seqseg.errors import ConfigError

OFF = {"smooth": 0.0, "along_motion": False, "denoise": False}


@dataclass(frozen=True, slots=True)
class SteadyOptions:
    """How masks and frames are averaged over time, checked; what a run's masks depend on.

    note: what a ready model's own defaults do to the masks, in words; None where they do nothing.
    """

    smooth: float = 0.0
    along_motion: bool = False
    denoise: bool = False
    note: str | None = None

    @classmethod
    def of(cls, args: argparse.Namespace) -> "SteadyOptions":
        """From the command line and a ready model's defaults. ConfigError where one option needs another."""
        given = {name: getattr(args, name) for name in OFF if getattr(args, name) is not None}
        defaults = {} if given else dict(stream_defaults(args))
        chosen = OFF | defaults | given
        if chosen["along_motion"] and not chosen["smooth"]:
            raise ConfigError("--along-motion moves the mean of --smooth F along; give --smooth 0.6, too")
        words = [name.replace("_", "-") if on is True else f"{name} {on}" for name, on in defaults.items() if on]
        note = f"{', '.join(words)}: {args.trained}'s own, --smooth 0 turns it off" if words else None
        return cls(chosen["smooth"], bool(chosen["along_motion"]), bool(chosen["denoise"]), note)

    def to_dict(self) -> dict[str, Any]:
        """As `Predictor` takes them, and as a journal keeps them."""
        return {name: getattr(self, name) for name in OFF}


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
        help="denoise frames with those before them, moved along by optical flow",
    )
