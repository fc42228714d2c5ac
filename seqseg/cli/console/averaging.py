"""`evaluate RUN RUN2 --tta`: the mean of several models and of several views of each frame."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqseg.errors import ConfigError

if TYPE_CHECKING:
    from seqseg.models.clip_model import ClipModel


@dataclass(frozen=True, slots=True)
class Averaging:
    """The models beside the first one, and the views, checked."""

    others: tuple[str, ...]
    flip: bool
    scales: tuple[float, ...]

    @classmethod
    def of(cls, args: argparse.Namespace) -> "Averaging | None":
        """From the command line; None where nothing is averaged. --as both becomes deployed, the one that can be."""
        if not args.others and args.tta is None:
            return None
        if args.ways == "clips":
            raise ConfigError("--tta and several runs average masks as deployed; leave --as clips out")
        args.ways = "deployed"
        words = [word.strip() for word in (args.tta or "").split(",") if word.strip()]
        scales = [_scale(word) for word in words if word != "flip"]
        return cls(tuple(args.others), "flip" in words, tuple(dict.fromkeys([1.0, *scales])))

    def step(self, model: "ClipModel", *, size: Any, exclusive: bool) -> Callable[..., Any]:
        """(image, state) -> (mask, state) of all models and views; prints how many there are."""
        from seqseg.cli.console.trained import load_named
        from seqseg.inference.ensemble import Ensemble

        models = [model, *map(load_named, self.others)]
        ensemble = Ensemble(models, flip=self.flip, scales=self.scales, size=size, exclusive=exclusive)
        print(f"averaging {ensemble.views} views a frame, of {len(models)} models\n")
        return ensemble.step


def add_averaging_options(parser: argparse.ArgumentParser) -> None:
    """Offer more runs and --tta."""
    parser.add_argument("others", nargs="*", metavar="RUN2", help="more models, whose answers are averaged with RUN's")
    parser.add_argument(
        "--tta",
        nargs="?",
        const="flip",
        metavar="flip,SCALE,…",
        help="average over views of each frame: mirrored, at other sizes, such as flip,0.75,1.25 (flip)",
    )


def _scale(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise ConfigError(f'--tta takes flip and times the size, such as flip,0.75,1.25, got "{word}"') from None
