"""The options of `seqseg stream` that say where frames come from, and how they are taken."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqseg.config.types import parse_size
from seqseg.errors import ConfigError

if TYPE_CHECKING:
    from seqseg.cli.stream.streamed import StreamedModel
    from streams import Source

Raw = tuple[int, int, str]  # h, w and FFmpeg's name of a pixel format


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Where frames come from and how they are read, checked."""

    cameras: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    fps: float | None = None
    camera_size: tuple[int, int] | None = None  # (h, w)
    camera_format: str | None = None
    start: float | None = None
    end: float | None = None
    stream: int | None = None
    loop: bool = False
    deinterlace: bool = False
    raw: Raw | None = None
    transport: str = "tcp"
    timeout: float = 5.0
    retries: int | None = None
    on_cut: str = "off"
    stale: float = 0.5
    fresh: bool = False
    paced: bool = False

    @property
    def count(self) -> int:
        return len(self.cameras) + len(self.sources)

    @classmethod
    def of(cls, args: argparse.Namespace, *, needed: bool = True) -> "SourceOptions":
        """From the command line. ConfigError for what is wrong before anything is opened.

        needed: whether there must be a source. Files are paced as asked for, else with --show and --serve.
        """
        _check(args, needed=needed)
        watched = bool(args.show or getattr(args, "serve", None))
        return cls(
            cameras=tuple(args.camera),
            sources=tuple(args.source),
            fps=args.fps,
            camera_size=_camera_size(args.camera_size),
            camera_format=args.camera_format,
            start=args.start,
            end=args.end,
            stream=args.stream,
            loop=args.loop,
            deinterlace=args.deinterlace,
            raw=_raw_format(args.raw),
            transport=args.transport,
            timeout=args.timeout,
            retries=args.retries,
            on_cut=args.on_cut,
            stale=args.stale,
            fresh=args.fresh,
            paced=watched if args.pace is None else args.pace,
        )

    @property
    def reading(self) -> dict[str, Any]:
        """How the sources are read ahead: arguments for `streams.Prefetch`."""
        return {"staleness": self.stale, "fresh": self.fresh}


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Offer cameras and sources, any number of each, and what can be asked of them."""
    which = parser.add_argument_group("where frames come from", "any number of these; each is a stream of its own")
    which.add_argument(
        "--camera", action="append", default=[], metavar="N", help="a camera: its index, or its device (/dev/video0)"
    )
    which.add_argument("--list-cameras", action=_ListCameras, help="list the cameras and exit")
    which.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="X",
        help="a movie, an image, a folder, a quoted pattern, an address, - (standard input), or `shapes`",
    )
    how = parser.add_argument_group("how frames are read")
    how.add_argument(
        "--fps", type=float, metavar="N", help="rate of image sequences and raw input (25); cameras are asked for it"
    )
    how.add_argument("--camera-size", metavar="WxH", help="picture size to ask cameras for, such as 1280x720")
    how.add_argument("--camera-format", metavar="FOURCC", help="pixel format to ask cameras for, such as MJPG or YUYV")
    how.add_argument("--start", type=float, metavar="SECONDS", help="begin a movie here, at the exact frame")
    how.add_argument("--end", type=float, metavar="SECONDS", help="end a movie before this time")
    how.add_argument(
        "--stream", type=int, metavar="N", help="which stream of a movie that holds several (the best one)"
    )
    how.add_argument("--deinterlace", action="store_true", help="interlaced movies: one moment a frame instead of two")
    how.add_argument("--loop", action="store_true", help="start over at the end, with a fresh memory")
    how.add_argument("--raw", metavar="WxH:FORMAT", help="standard input is raw pictures, such as 640x480:rgb24")
    how.add_argument("--transport", choices=("tcp", "udp"), default="tcp", help="how RTSP sends its pictures (tcp)")
    how.add_argument(
        "--timeout", type=float, default=5.0, metavar="SECONDS", help="a silent connection counts as lost after (5)"
    )
    how.add_argument(
        "--retries", type=int, metavar="N", help="how often to reconnect to a lost live source (without limit)"
    )
    how.add_argument(
        "--on-cut",
        choices=("reset", "log", "off"),
        default="off",
        help="scene cuts: fresh memory, a line, nothing (off)",
    )
    how.add_argument("--stale", type=float, default=0.5, metavar="SECONDS", help="older live frames are dropped (0.5)")
    how.add_argument(
        "--fresh", action="store_true", help="always the newest frame; the others are dropped, and counted"
    )
    how.add_argument(
        "--pace",
        action=argparse.BooleanOptionalAction,
        help="files at their own speed (with --show and --serve, unless --no-pace)",
    )


def movies_in(text: str) -> int:
    """How many movies a folder holds; 0 for anything else."""
    from pathlib import Path

    from streams.sources.opening import MOVIES

    if not Path(text).is_dir():
        return 0
    return sum(path.suffix.lower() in MOVIES for path in Path(text).iterdir())


def make_sources(options: SourceOptions, model: "StreamedModel") -> list["Source"]:
    """All sources, cameras first, not yet opened."""
    return [make_source(options, number, model) for number in range(options.count)]


def make_source(options: SourceOptions, number: int, model: "StreamedModel") -> "Source":
    """The source with this number, cameras first, not yet opened."""
    from streams import Chain, Paced

    cameras = len(options.cameras)
    source = _camera(options, options.cameras[number]) if number < cameras else None
    if source is None:
        text = options.sources[number - cameras]
        source = _source(options, text, model)
        if options.loop and text not in ("-", "shapes"):
            source = Chain([source], loop=True)
        if options.paced:
            source = Paced(source, live=options.fresh)
    return watched_source(options, source, model)


def watched_source(options: SourceOptions, source: "Source", model: "StreamedModel") -> "Source":
    """The source with its scene cuts found, as asked for, and its camera watched where the model needs a fixed one."""
    from streams import FixedCamera, SceneCuts

    if getattr(model, "fixed_camera", False):
        source = FixedCamera(source)
    return source if options.on_cut == "off" else SceneCuts(source, reset=options.on_cut == "reset")


def _check(args: argparse.Namespace, *, needed: bool) -> None:
    if needed and not args.camera and not args.source:
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
        raise ConfigError(f"--retries must be 0 or more, got {args.retries}; leave it out to retry without limit")
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


def _camera(options: SourceOptions, text: str) -> "Source":
    from streams import CameraSource, Reconnecting

    camera = CameraSource(
        int(text) if text.isdigit() else text,
        size=options.camera_size,
        fps=options.fps,
        pixel_format=options.camera_format,
    )
    return Reconnecting(camera, retries=options.retries, late=options.count > 1)


def _source(options: SourceOptions, text: str, model: "StreamedModel") -> "Source":
    from streams import ArraySource, open_source

    fps = options.fps or 25
    if text == "shapes":
        from seqseg.data.kinds.shapes import DEFAULT_SIZE, shapes_stream

        return ArraySource(shapes_stream(size=model.card.size or DEFAULT_SIZE), fps=fps, name="shapes")
    source = open_source(
        text,
        fps=fps,
        start=options.start,
        end=options.end,
        stream=options.stream,
        raw=options.raw,
        transport=options.transport,
        timeout=options.timeout,
        retries=options.retries,
        late=options.count > 1,  # one of several need not be there yet: the others begin without it
        deinterlace=options.deinterlace,
    )
    if text == "-":
        source.live = options.fresh
    return source


def _camera_size(text: str | None) -> tuple[int, int] | None:
    """(h, w) of `WxH`, as cameras write sizes."""
    if not text:
        return None
    size = parse_size(text)
    if size is None or min(size) < 1:
        raise ConfigError(f'--camera-size must be WIDTHxHEIGHT such as 1280x720, got "{text}"')
    width, height = size
    return height, width


def _raw_format(text: str | None) -> Raw | None:
    """(h, w, pixel format) of `WxH:FORMAT`."""
    match = re.fullmatch(r"(\d+)x(\d+):(\w+)", text or "")
    if text and (match is None or not int(match[1]) or not int(match[2])):
        raise ConfigError(f'--raw must be WIDTHxHEIGHT:FORMAT such as 640x480:rgb24, got "{text}"')
    return (int(match[2]), int(match[1]), match[3]) if match else None


class _ListCameras(argparse.Action):
    """Like --version: prints and exits, ignoring other options."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=help)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        from streams.sources.camera import list_cameras

        cameras = list_cameras()
        for index, name in cameras:
            print(f"{index}  /dev/video{index}  {name}")
        if not cameras:
            print("no cameras found (looked in /sys/class/video4linux; other systems than Linux do not say)")
        parser.exit()
