"""The options of `seqseg stream` that say where masks go."""

import argparse
import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from seqseg.cli.console.outputs import Outputs
from seqseg.cli.console.polygons import PolygonOptions, add_polygon_options
from seqseg.cli.stream.objects import ObjectsOptions, add_object_options
from seqseg.errors import ConfigError

if TYPE_CHECKING:
    from seqseg.cli.stream.streamed import Card
    from streams import Overlay, Sink
    from streams.sinks.mjpeg import MjpegServer

MOVIES = (".mp4", ".m4v", ".mov", ".mkv")
PICTURES = (".png", ".jpg", ".jpeg")
LINES = (".jsonl", ".ndjson", ".json", ".txt", "")
TABLES = (".csv", ".txt", "")


@dataclass(frozen=True, slots=True)
class LookOptions:
    """How masks are drawn."""

    opacity: float = 0.5
    only: str | None = None
    view: str = "overlay"
    contours: bool = False
    legend: str = "names"

    @classmethod
    def of(cls, args: argparse.Namespace) -> "LookOptions":
        """From the command line."""
        if not 0 <= args.opacity <= 1:
            raise ConfigError(f"--opacity must be between 0 and 1, got {args.opacity:g}")
        return cls(args.opacity, args.only, args.view or "overlay", args.contours, args.legend)


@dataclass(frozen=True, slots=True)
class SinkOptions:
    """Where masks go, checked. Paths are those of one stream; several get the stream's name in theirs."""

    show: bool = False
    save: str | None = None
    masks: str | None = None
    rle: str | None = None
    areas: str | None = None
    areas_as: str = "pixels"
    record: str | None = None
    restream: tuple[str, ...] = ()
    mjpeg: str | None = None
    token: str | None = None
    null: bool = False
    objects: ObjectsOptions | None = None
    polygons: PolygonOptions | None = None
    look: LookOptions = LookOptions()

    @classmethod
    def of(cls, args: argparse.Namespace) -> "SinkOptions":
        """From the command line. ConfigError for what is wrong before anything is opened."""
        if args.mjpeg:
            _check_address(args.mjpeg)
        return cls(
            show=args.show,
            save=args.save,
            masks=args.masks,
            rle=args.rle,
            areas=args.areas,
            areas_as=args.areas_as,
            record=getattr(args, "record", None),
            restream=tuple(args.restream),
            mjpeg=args.mjpeg,
            token=args.token,
            null=args.null,
            objects=ObjectsOptions.of(args),
            polygons=PolygonOptions.of(args),
            look=LookOptions.of(args),
        )

    @property
    def files(self) -> tuple[str, ...]:
        """The files and folders that are written."""
        return tuple(file for file in (self.save, self.masks, self.rle, self.areas, self.record) if file)

    @property
    def keeps_nothing(self) -> bool:
        """Whether there is no output at all, `--null` and --record among them."""
        objects = self.objects and self.objects.path
        return not any((self.files, objects, self.polygons, self.restream, self.mjpeg, self.show, self.null))

    def claim(self, outputs: Outputs) -> None:
        """Names the files to the rule for outputs."""
        folder = self.save is not None and is_folder(self.save)
        outputs.writes("--save", self.save, suffixes=(*MOVIES, *PICTURES), folder=folder)
        if self.masks is not None:
            times = f"{self.masks}.times.csv" if is_movie(self.masks) else Path(self.masks) / "times.csv"
            outputs.writes("--masks", self.masks, suffixes=(".mkv",), folder=not is_movie(self.masks), beside=(times,))
        outputs.writes("--rle", self.rle, suffixes=LINES)
        outputs.writes("--areas", self.areas, suffixes=TABLES)
        if self.objects is not None:
            self.objects.claim(outputs)
        if self.polygons is not None:
            self.polygons.claim(outputs)
        if self.record is not None:
            outputs.writes("--record", self.record, suffixes=(".mkv",), folder=not is_movie(self.record))


def add_sink_options(parser: argparse.ArgumentParser) -> None:
    """Offer every sink."""
    out = parser.add_argument_group("where it goes", "any number of these")
    out.add_argument("--show", action="store_true", help="a window; q or Esc closes it")
    out.add_argument(
        "--save", metavar="FILE.mp4|FILE.png|DIR", help="the classes drawn over it: a movie, one picture, or pictures"
    )
    out.add_argument("--masks", metavar="DIR|FILE.mkv", help="the masks: one palette PNG a frame, or a lossless movie")
    out.add_argument(
        "--rle", metavar="FILE.jsonl", help="a line of JSON a frame: each class's area, box, COCO run lengths"
    )
    out.add_argument("--areas", metavar="FILE.csv", help="a table: a line a frame, how much each class covers")
    out.add_argument("--areas-as", choices=("pixels", "share"), default="pixels", help="the table's unit (pixels)")
    out.add_argument(
        "--restream",
        metavar="URL",
        action="append",
        default=[],
        help="a live stream to rtsp://, rtmp:// or udp://; a lost server is connected again",
    )
    out.add_argument(
        "--mjpeg", metavar="[HOST:]PORT", help="MJPEG over HTTP for any browser; this machine alone if no HOST is named"
    )
    out.add_argument(
        "--token", metavar="TEXT", help="what viewers from other machines must send (by default a new one each run)"
    )
    out.add_argument("--null", action="store_true", help="no output: to measure what a run costs without")
    add_object_options(parser)
    add_polygon_options(parser, stream=True)
    add_look_options(parser)


def add_look_options(parser: argparse.ArgumentParser) -> None:
    """Offer how masks are drawn."""
    look = parser.add_argument_group("how it is drawn", "in every movie, window and live stream")
    look.add_argument("--opacity", type=float, default=0.5, metavar="X", help="of the colours, 0 to 1 (0.5)")
    look.add_argument("--only", metavar="CLASS,…", help="draw these classes alone")
    view = look.add_mutually_exclusive_group()
    view.add_argument(
        "--mask-only", dest="view", action="store_const", const="mask", help="colours without the picture"
    )
    view.add_argument(
        "--side-by-side",
        dest="view",
        action="store_const",
        const="side_by_side",
        help="the picture and, beside it, drawn",
    )
    look.add_argument("--contours", action="store_true", help="borders of the classes in full colour")
    look.add_argument(
        "--legend",
        choices=("none", "names", "areas"),
        default="names",
        help="with names, or their areas as well (names)",
    )


def make_sink(
    options: SinkOptions, card: "Card", *, name: str, label: str | None, server: "Callable[[], MjpegServer]"
) -> "Sink":
    """All sinks of one stream as one, not yet opened; each but the window in a thread of its own.

    label: what the stream's name is in the names of its files, `out-LABEL.mp4`; None where there is one stream.
    """
    from streams import Background, RestreamSink, Sinks, WindowSink
    from streams.sinks.mjpeg import MjpegSink

    if label is not None and options.restream:
        raise ConfigError("--restream sends one stream; run seqseg once for each, or use --mjpeg for all of them")
    overlay = make_overlay(options.look, card)
    screens: list[Sink] = [RestreamSink(address, overlay) for address in options.restream]
    if options.mjpeg:
        screens.append(MjpegSink(server(), overlay, name=name))
    sinks: list[Sink] = [WindowSink(name, overlay)] if options.show else []  # a window needs the main thread
    sinks += [Background(sink) for sink in _files(options, card, overlay, label)]
    sinks += [Background(sink, keep="newest") for sink in screens]
    if options.objects is None:
        return Sinks(sinks)
    from streams.sinks.following import FollowingSink

    return FollowingSink(Sinks(sinks), options.objects.follower(card.classes, partial(_chosen, classes=card.classes)))


def make_overlay(look: LookOptions, card: "Card") -> "Overlay":
    """How masks are drawn, as the options say."""
    from streams import Overlay

    return Overlay(
        card.palette,
        card.classes,
        alpha=look.opacity,
        legend=look.legend != "none",
        areas=look.legend == "areas",
        void=card.void,
        view=look.view,
        only=_chosen(look.only, "--only", classes=card.classes),
        contours=look.contours,
    )


def is_folder(path: str | Path) -> bool:
    """Whether --save so named is a folder of pictures."""
    return not Path(path).suffix or Path(path).is_dir()


def is_movie(path: str | Path) -> bool:
    """Whether masks or recordings so named are a movie; others are folders."""
    return Path(path).suffix.lower() == ".mkv"


def _chosen(only: str | None, option: str, *, classes: tuple[str, ...]) -> list[str] | None:
    """The classes that an option names; a class's name may itself hold a comma."""
    if only is None:
        return None
    names = [only] if only in classes else [name.strip() for name in only.split(",")]
    for name in names:
        if name not in classes:
            near = difflib.get_close_matches(name, classes, n=1)
            advice = f'did you mean "{near[0]}"?' if near else f"the classes are {', '.join(classes)}"
            raise ConfigError(f'{option}: there is no class "{name}"; {advice}')
    return names


def _files(options: SinkOptions, card: "Card", overlay: "Overlay", label: str | None) -> "list[Sink]":
    from streams import (
        AreasSink,
        MaskFolderSink,
        MaskLinesSink,
        MaskMovieSink,
        MovieSink,
        NullSink,
        ObjectsSink,
        PicturesSink,
        RecordingFolderSink,
        RecordingMovieSink,
    )
    from streams.sinks.writing.naming import with_name

    def place(text: str) -> Path:
        return Path(text) if label is None else with_name(text, label)

    files: list[Sink] = []
    if options.save:
        path = place(options.save)
        files.append((MovieSink if path.suffix.lower() in MOVIES else PicturesSink)(path, overlay))
    if options.masks:
        path = place(options.masks)
        files.append(MaskMovieSink(path) if is_movie(path) else MaskFolderSink(path, overlay.palette))
    if options.rle:
        files.append(MaskLinesSink(place(options.rle), card.classes, void=card.void))
    if options.areas:
        files.append(AreasSink(place(options.areas), card.classes, unit=options.areas_as, void=card.void))
    if options.objects is not None and options.objects.path:
        files.append(ObjectsSink(place(options.objects.path), card.classes))
    if options.polygons is not None:
        from seqseg.cli.stream.polygons import PolygonsSink

        files.append(PolygonsSink(place(options.polygons.path), options.polygons, card.classes))
    if options.record:
        path = place(options.record)
        files.append(RecordingMovieSink(path) if is_movie(path) else RecordingFolderSink(path))
    return [*files, NullSink()] if options.null else files


def _check_address(text: str) -> None:
    from streams.errors import StreamError
    from streams.listening import parse_address

    try:
        parse_address(text, example=8090)
    except StreamError as error:
        raise ConfigError(f"--mjpeg: {error}") from None
