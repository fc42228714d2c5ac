"""The options of `seqseg stream` that say where frames come from, and how they are taken."""

import argparse
import re

from seqseg.config.types import parse_size
from seqseg.errors import ConfigError


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Offer cameras and sources, any number of each, and what can be asked of them."""
    which = parser.add_argument_group("where frames come from", "any number of these; each is a stream of its own")
    which.add_argument(
        "--camera", action="append", default=[], metavar="N", help="a camera: its index, or its device (/dev/video0)"
    )
    which.add_argument("--list-cameras", action=_ListCameras, help="say which cameras there are, and leave")
    which.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="X",
        help="a movie, an image, a folder, a quoted pattern, an address, - (standard input), or `shapes`",
    )
    how = parser.add_argument_group("how frames are read")
    how.add_argument(
        "--fps", type=float, metavar="N", help="rate of image sequences and raw input (25); a wish to cameras"
    )
    how.add_argument("--camera-size", metavar="WxH", help="picture size to ask cameras for, such as 1280x720")
    how.add_argument("--camera-format", metavar="FOURCC", help="pixel format to ask cameras for, such as MJPG or YUYV")
    how.add_argument("--start", type=float, metavar="SECONDS", help="begin a movie here, at the exact frame")
    how.add_argument("--end", type=float, metavar="SECONDS", help="end a movie before this time")
    how.add_argument(
        "--stream", type=int, metavar="N", help="which stream of a movie that holds several (the best one)"
    )
    how.add_argument("--loop", action="store_true", help="begin again at the end, with a fresh memory")
    how.add_argument("--raw", metavar="WxH:FORMAT", help="standard input is raw pictures, such as 640x480:rgb24")
    how.add_argument("--transport", choices=("tcp", "udp"), default="tcp", help="how RTSP sends its pictures (tcp)")
    how.add_argument("--timeout", type=float, default=5.0, metavar="SECONDS", help="a silent network is lost after (5)")
    how.add_argument("--retries", type=int, metavar="N", help="tries to reach a lost live source again (for ever)")
    how.add_argument(
        "--on-cut",
        choices=("reset", "log", "off"),
        default="off",
        help="scene cuts: fresh memory, a line, nothing (off)",
    )
    how.add_argument("--stale", type=float, default=0.5, metavar="SECONDS", help="live frames older than this go (0.5)")
    how.add_argument(
        "--fresh", action="store_true", help="always the newest frame; the others are dropped, and counted"
    )
    how.add_argument(
        "--pace",
        action=argparse.BooleanOptionalAction,
        help="files at their own speed (with --show and --serve, unless --no-pace)",
    )


def make_sources(args: argparse.Namespace, model) -> list:
    """The sources that the options ask for, cameras first, not yet opened. ConfigError where options are no good."""
    from streams import Chain, Paced, SceneCuts

    check_source_options(args)
    sources = [_camera(args, text) for text in args.camera]
    for text in args.source:
        source = _source(args, text, model)
        if args.loop and text not in ("-", "shapes"):
            source = Chain([source], loop=True)
        if _is_paced(args):
            source = Paced(source, live=args.fresh)
        sources.append(source)
    if args.on_cut != "off":
        sources = [SceneCuts(source, reset=args.on_cut == "reset") for source in sources]
    return sources


def reading_options(args: argparse.Namespace) -> dict:
    """How the sources are to be read ahead: arguments for streams.Prefetch."""
    return {"staleness": args.stale, "fresh": args.fresh}


def check_source_options(args: argparse.Namespace) -> None:
    """ConfigError for what can be told to be wrong before anything is opened."""
    if not args.camera and not args.source and not getattr(args, "serve", None):
        raise ConfigError(
            "nothing to stream: give --source FILE, a folder, an address or -, --camera 0, or --serve for a browser's"
        )
    if args.source.count("-") > 1:
        raise ConfigError("standard input can be read once only; give one --source -")
    for name in ("fps", "timeout", "stale"):
        value = getattr(args, name)
        if value is not None and not 0 < value < float("inf"):
            raise ConfigError(f"--{name} must be greater than 0, got {value:g}")
    if args.retries is not None and args.retries < 0:
        raise ConfigError(f"--retries must be 0 or more, got {args.retries}; leave it out to try for ever")
    if args.start is not None and not 0 <= args.start < float("inf"):
        raise ConfigError(f"--start must be 0 or more seconds, got {args.start:g}")
    if args.end is not None and not (args.start or 0) < args.end < float("inf"):
        raise ConfigError(f"--end must be greater than --start ({args.start or 0:g}), got {args.end:g}")
    if args.stream is not None and args.stream < 0:
        raise ConfigError(f"--stream must be 0 or more, got {args.stream}")
    if args.camera_format is not None and not re.fullmatch(r"\w{4}", args.camera_format):
        raise ConfigError(f'--camera-format must be four letters such as MJPG or YUYV, got "{args.camera_format}"')
    if args.raw and "-" not in args.source:
        raise ConfigError("--raw says what standard input holds; it needs --source -")
    for text in args.camera:
        if not text.isdigit() and not text.startswith(("/", ".")):
            raise ConfigError(f'--camera must be an index such as 0 or a device such as /dev/video0, got "{text}"')
    _camera_size(args.camera_size)
    _raw_format(args.raw)


def _is_paced(args: argparse.Namespace) -> bool:
    """Whether files go at their own speed: as asked for, else where somebody looks on."""
    return args.pace if args.pace is not None else bool(args.show or getattr(args, "serve", None))


def _camera(args: argparse.Namespace, text: str):
    from streams import CameraSource, Reconnecting

    camera = CameraSource(
        int(text) if text.isdigit() else text,
        size=_camera_size(args.camera_size),
        fps=args.fps,
        pixel_format=args.camera_format,
    )
    return Reconnecting(camera, retries=args.retries, late=_may_be_late(args))


def _source(args: argparse.Namespace, text: str, model):
    from streams import ArraySource, open_source

    fps = args.fps or 25
    if text == "shapes":
        from seqseg.data.kinds.shapes import DEFAULT_SIZE, shapes_stream

        return ArraySource(shapes_stream(size=model.card.size or DEFAULT_SIZE), fps=fps, name="shapes")
    source = open_source(
        text,
        fps=fps,
        start=args.start,
        end=args.end,
        stream=args.stream,
        raw=_raw_format(args.raw),
        transport=args.transport,
        timeout=args.timeout,
        retries=args.retries,
        late=_may_be_late(args),
    )
    if text == "-":
        source.live = args.fresh
    return source


def _may_be_late(args: argparse.Namespace) -> bool:
    """One source of several need not be there yet: the others begin without it."""
    return len(args.camera) + len(args.source) > 1


def _camera_size(text: str | None) -> tuple[int, int] | None:
    """(h, w) of `WxH`, the way cameras and their makers write sizes."""
    size = parse_size(text) if text else None
    if text and (size is None or min(size) < 1):
        raise ConfigError(f'--camera-size must be WIDTHxHEIGHT such as 1280x720, got "{text}"')
    return size and size[::-1]


def _raw_format(text: str | None) -> tuple[int, int, str] | None:
    """(h, w, pixel format) of `WxH:FORMAT`."""
    match = re.fullmatch(r"(\d+)x(\d+):(\w+)", text or "")
    if text and (match is None or not int(match[1]) or not int(match[2])):
        raise ConfigError(f'--raw must be WIDTHxHEIGHT:FORMAT such as 640x480:rgb24, got "{text}"')
    return (int(match[2]), int(match[1]), match[3]) if match else None


class _ListCameras(argparse.Action):
    """Like --version: prints and leaves, whatever else is said."""

    def __init__(self, option_strings, dest, **options) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, **options)

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        from streams.sources.camera import list_cameras

        cameras = list_cameras()
        for index, name in cameras:
            print(f"{index}  /dev/video{index}  {name}")
        if not cameras:
            print("no cameras found (looked in /sys/class/video4linux; other systems than Linux do not say)")
        parser.exit()
