"""The options of `seqseg stream` that follow objects from frame to frame."""

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seqseg.cli.console.outputs import Outputs
from seqseg.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np

    from streams import Frame, Sink, Stream
    from streams.objects.follower import Follower

TABLES = (".csv", ".txt")
KEEP, CONFIRM, TOUCHING = 10, 2, "part"


@dataclass(frozen=True, slots=True)
class ObjectsOptions:
    """Which objects are followed, and how; checked. `path`: the table, None where there is none."""

    path: str | None = None
    classes: str | None = None
    area: int | None = None
    keep: int = KEEP
    confirm: int = CONFIRM
    touching: str = TOUCHING

    @classmethod
    def of(cls, args: argparse.Namespace) -> "ObjectsOptions | None":
        """From the command line; None where no objects are asked for. ConfigError for what is wrong."""
        given = args.objects_classes, args.objects_area, args.objects_keep, args.objects_confirm, args.objects_touching
        if args.objects is None:
            if any(one is not None for one in given):
                raise ConfigError("--objects-… says how objects are followed; add --objects FILE.csv, or --objects")
            return None
        for name, least in (("area", 1), ("keep", 0), ("confirm", 1)):
            value = getattr(args, f"objects_{name}")
            if value is not None and value < least:
                raise ConfigError(f"--objects-{name} must be at least {least}, got {value}")
        classes, area, keep, confirm, touching = given
        keep, confirm = KEEP if keep is None else keep, CONFIRM if confirm is None else confirm
        return cls(args.objects or None, classes, area, keep, confirm, touching or TOUCHING)

    def claim(self, outputs: Outputs) -> None:
        """Names the files to the rule for outputs."""
        if self.path is not None:
            path = Path(self.path)
            beside = path.with_name(f"{path.stem}.tracks{path.suffix}")
            outputs.writes("--objects", self.path, suffixes=TABLES, beside=(beside,))

    def follower(self, names: "Sequence[str]", chosen: "Callable[[str | None, str], list[str] | None]") -> "Follower":
        """What follows the objects of a model with these classes; `chosen` reads their names."""
        from streams.objects.follower import Follower

        only = chosen(self.classes, "--objects-classes")
        values = range(1, len(names)) if only is None else (names.index(name) for name in only)
        return Follower(tuple(values), self.area, self.keep, self.confirm, self.touching)


def add_object_options(parser: argparse.ArgumentParser) -> None:
    """Offer objects."""
    group = parser.add_argument_group(
        "objects", "connected regions of a class, followed from frame to frame; with ids on every picture"
    )
    group.add_argument(
        "--objects",
        nargs="?",
        const="",
        metavar="FILE.csv",
        help="a table: a line for each object on each frame, and FILE.tracks.csv: a line for each object; without a "
        "name ids, counts and trails are shown alone",
    )
    group.add_argument("--objects-classes", metavar="CLASS,…", help="objects of these classes (all but the first)")
    group.add_argument(
        "--objects-area", type=int, metavar="N", help="pixels that an object has at least (0.02 %% of the picture)"
    )
    group.add_argument(
        "--objects-keep", type=int, metavar="N", help="frames for which an object that is not seen keeps its id (10)"
    )
    group.add_argument(
        "--objects-confirm", type=int, metavar="N", help="frames a region is found in before it gets an id (2)"
    )
    group.add_argument(
        "--objects-touching",
        choices=("part", "merge"),
        help="known objects in one region: part it where they are expected, or let them merge into one (part)",
    )


def objects_of(sink: "Sink", classes: "Sequence[str]") -> dict[str, int] | None:
    """How many objects of each class a stream has had, by the classes' names; None where none are followed."""
    from streams import FollowingSink

    if not isinstance(sink, FollowingSink):
        return None
    return {classes[value]: count for value, count in sorted(sink.totals.items())}


def objects_in_words(counts: "Iterable[dict[str, int] | None]") -> str | None:
    """ "17 car, 2 person" of all streams together; None where no objects are followed.

    >>> objects_in_words([{"car": 17}, None, {"car": 1, "person": 2}])
    '18 car, 2 person'
    """
    known = [one for one in counts if one is not None]
    if not known:
        return None
    total: Counter[str] = Counter()
    for one in known:
        total.update(one)
    return ", ".join(f"{count} {name}" for name, count in total.items()) or "no objects"


def with_objects(see: "Callable[[Stream, Frame, np.ndarray], None]") -> "Callable[[Stream, Frame, np.ndarray], None]":
    """Frames as the sinks get them, with the objects that were found."""

    def see_found(stream: "Stream", frame: "Frame", mask: "np.ndarray") -> None:
        see(stream, getattr(stream.sink, "last", None) or frame, mask)

    return see_found
