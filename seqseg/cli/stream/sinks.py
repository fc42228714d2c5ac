"""The options of `seqseg stream` that say where masks go."""

import argparse
import difflib
import sys
from functools import cache, partial
from pathlib import Path

from seqseg.errors import ConfigError


def add_sink_options(parser: argparse.ArgumentParser) -> None:
    """Offer every sink."""
    out = parser.add_argument_group("where it goes", "any number of these")
    out.add_argument("--show", action="store_true", help="a window; q or Esc closes it")
    out.add_argument("--save", metavar="FILE.mp4", help="a movie with the classes drawn over it")
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
        help="a live stream to rtsp://, rtmp:// or udp://; a server that goes away is looked for again",
    )
    out.add_argument(
        "--mjpeg", metavar="[HOST:]PORT", help="MJPEG over HTTP for any browser; this machine alone if no HOST is named"
    )
    out.add_argument(
        "--token", metavar="TEXT", help="what viewers from other machines have to know (made anew each run)"
    )
    out.add_argument("--null", action="store_true", help="nowhere: to measure what a run costs without output")

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


def make_sink(args: argparse.Namespace, model, *, name: str | None = None, several: bool = False):
    """All the sinks that the options ask for as one, not yet opened; each but the window in a thread of its own.

    name: what the stream is called. several: there are other streams, so each file has the stream's name in its own,
    `out-NAME.mp4`; a name that was taken before gets a number.
    """
    from streams import Background, Sinks, WindowSink

    overlay = make_overlay(args, model.card)
    files = _files(args, model.card, overlay, _places(args, name, several))
    _refuse_twins(files)
    screens = _screens(args, overlay, name, several)
    sinks = [*(Background(sink) for sink in files), *(Background(sink, keep="newest") for sink in screens)]
    # A window wants the main thread.
    return Sinks([WindowSink(name or "seqseg", overlay), *sinks] if args.show else sinks)


def make_overlay(args: argparse.Namespace, card):
    """How masks are drawn, as the options say."""
    from streams import Overlay

    if not 0 <= args.opacity <= 1:
        raise ConfigError(f"--opacity must be between 0 and 1, got {args.opacity:g}")
    return Overlay(
        card.palette,
        card.classes,
        alpha=args.opacity,
        legend=args.legend != "none",
        areas=args.legend == "areas",
        void=card.void,
        view=args.view or "overlay",
        only=_chosen(args.only, card.classes),
        contours=args.contours,
    )


def _chosen(only: str | None, classes) -> list[str] | None:
    """The classes of --only; a class's name may itself hold a comma."""
    if only is None:
        return None
    names = [only] if only in classes else [name.strip() for name in only.split(",")]
    for name in names:
        if name not in classes:
            near = difflib.get_close_matches(name, classes, n=1)
            advice = f'did you mean "{near[0]}"?' if near else f"the classes are {', '.join(classes)}"
            raise ConfigError(f'--only: there is no class "{name}"; {advice}')
    return names


def keeps_nothing(args: argparse.Namespace) -> bool:
    """Whether the options ask for no output at all, `--null` among them."""
    served = getattr(args, "serve", None)
    return not any(
        (args.save, args.masks, args.rle, args.areas, args.restream, args.mjpeg, args.show, args.null, served)
    )


def _files(args: argparse.Namespace, card, overlay, place) -> list:
    from streams import AreasSink, MaskFolderSink, MaskLinesSink, MaskMovieSink, MovieSink, NullSink

    files = []
    if args.save:
        files.append(MovieSink(place(args.save), overlay))
    if args.masks:
        path = place(args.masks)
        files.append(MaskMovieSink(path) if _is_movie(path) else MaskFolderSink(path, overlay.palette))
    if args.rle:
        files.append(MaskLinesSink(place(args.rle), card.classes, void=card.void))
    if args.areas:
        files.append(AreasSink(place(args.areas), card.classes, unit=args.areas_as, void=card.void))
    return [*files, NullSink()] if args.null else files


def _screens(args: argparse.Namespace, overlay, name: str | None, several: bool) -> list:
    from streams import MjpegSink, RestreamSink

    if several and args.restream:
        raise ConfigError("--restream sends one stream; run seqseg once for each, or use --mjpeg for all of them")
    screens = [RestreamSink(address, overlay) for address in args.restream]
    if args.mjpeg:
        screens.append(MjpegSink(_server(args), overlay, name=name or "live"))
    return screens


def _server(args: argparse.Namespace):
    """The one server that all streams of a run share."""
    from streams.sinks.mjpeg import open_server

    server = vars(args).get("mjpeg_server")
    if server is None or server.closed:
        server = args.mjpeg_server = open_server(args.mjpeg, token=args.token, announce=partial(_announce, args))
    return server


def _announce(args: argparse.Namespace, url: str) -> None:
    say = getattr(args, "say", None) or partial(print, file=sys.stderr)  # a display keeps its lines below what is said
    say(f"  live at {url}")


def _places(args: argparse.Namespace, name: str | None, several: bool):
    """A function from the path in an option to the path of this stream's file."""
    if not several:
        return Path
    from streams.sinks.writing.naming import name_for_files, name_in_short, with_name

    taken = vars(args).setdefault("names_of_streams", set())  # args are what all streams of a run have in common

    @cache
    def safe() -> str:  # only where there is a file
        unique = name_for_files(name_in_short(name or "stream"), taken)
        taken.add(unique.lower())
        return unique

    return lambda path: with_name(path, safe())


def _refuse_twins(sinks) -> None:
    seen = set()
    for path in (path for sink in sinks for path in sink.paths):
        if path.resolve() in seen:
            raise ConfigError(f"two outputs go to {path}; give each a name of its own")
        seen.add(path.resolve())


def _is_movie(path: Path) -> bool:
    return path.suffix.lower() == ".mkv"
