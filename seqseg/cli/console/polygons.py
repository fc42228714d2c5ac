"""`--polygons`: masks as polygons in the files of annotation tools, for every command that makes masks."""

import argparse
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seqseg.cli.console.outputs import Outputs
from seqseg.errors import ConfigError
from seqseg.files import write_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seqseg.data.drawn.writing.writers import PolygonWriter

FORMATS = ("labelme", "cvat", "yolo_seg", "coco")
ERROR = 1.0  # pixels
LEAST_SHARE = 0.0002  # of the picture that a region covers at least


@dataclass(frozen=True, slots=True)
class PolygonOptions:
    """Where polygons go and how they are made, checked."""

    path: str
    form: str | None = None
    error: float = ERROR
    every: int = 1
    area: int | None = None
    classes: str | None = None

    @classmethod
    def of(cls, args: argparse.Namespace) -> "PolygonOptions | None":
        """From the command line; None where no polygons are asked for. ConfigError for what is wrong."""
        every = getattr(args, "polygons_every", None)
        given = args.polygons_as, args.polygons_error, args.polygons_area, args.polygons_classes, every
        if args.polygons is None:
            if any(one is not None for one in given):
                raise ConfigError("--polygons-… says how polygons are written; add --polygons DIR or FILE.json")
            return None
        error = ERROR if args.polygons_error is None else args.polygons_error
        if not 0 <= error < float("inf"):
            raise ConfigError(f"--polygons-error must be 0 pixels or more, got {error:g}")
        for name, value in (("every", every), ("area", args.polygons_area)):
            if value is not None and value < 1:
                raise ConfigError(f"--polygons-{name} must be at least 1, got {value}")
        options = cls(args.polygons, args.polygons_as, error, every or 1, args.polygons_area, args.polygons_classes)
        if options.alone and options.form not in (None, "coco"):
            raise ConfigError(f"--polygons {options.path} is one json, which coco alone takes; name a folder")
        return options

    @property
    def alone(self) -> bool:
        """Whether it is one json without pictures."""
        return Path(self.path).suffix.lower() == ".json"

    def claim(self, outputs: Outputs) -> None:
        """Names the files to the rule for outputs."""
        outputs.writes("--polygons", self.path, suffixes=(".json",), folder=not self.alone)

    @contextmanager
    def writer(self, path: Path, classes: "Sequence[str]") -> "Iterator[PolygonWriter]":
        """What writes the classes that are drawn; classes.json beside them lists all, for training on."""
        from seqseg.data.drawn.writing.writers import make_writer

        with make_writer(path, self.drawn(classes), form=self.form, error=self.error) as writer:
            yield writer
        if not self.alone and self.form != "coco":
            write_json(path / "classes.json", list(classes))

    def drawn(self, classes: "Sequence[str]") -> dict[int, str]:
        """The classes that are drawn: all but the first, or those named. ConfigError for a name that is none."""
        if self.classes is None:
            return dict(enumerate(classes[1:], start=1))
        names = [self.classes] if self.classes in classes else [name.strip() for name in self.classes.split(",")]
        for name in names:
            if name not in classes:
                raise ConfigError(
                    f'--polygons-classes: there is no class "{name}"; the classes are {", ".join(classes)}'
                )
        return {list(classes).index(name): name for name in names}

    def least(self, height: int, width: int) -> int:
        """Pixels that a region has at least."""
        return self.area or max(1, round(LEAST_SHARE * height * width))


def add_polygon_options(parser: argparse.ArgumentParser, *, stream: bool) -> None:
    """Offer polygons."""
    group = parser.add_argument_group("polygons", "for annotation tools: correct instead of drawing")
    group.add_argument(
        "--polygons",
        metavar="DIR|FILE.json",
        help="the regions as polygons, and the pictures beside them; a .json is COCO's, without pictures",
    )
    group.add_argument("--polygons-as", choices=FORMATS, help="whose format: of a folder (labelme)")
    group.add_argument(
        "--polygons-error", type=float, metavar="PIXELS", help="how far a polygon may be off the exact outline (1)"
    )
    group.add_argument(
        "--polygons-area", type=int, metavar="N", help="pixels that a region has at least (0.02 %% of the picture)"
    )
    group.add_argument("--polygons-classes", metavar="CLASS,…", help="regions of these classes (all but the first)")
    if stream:
        group.add_argument("--polygons-every", type=int, metavar="N", help="of every Nth frame alone (1)")
