"""`seqseg stream`: a movie, image sequence or camera through the stateful copy of a trained model."""

import argparse

from seqseg.cli.json_file import write_json
from seqseg.cli.stream_display import Display
from seqseg.cli.stream_figures import OneStream
from seqseg.cli.stream_report import print_summary
from seqseg.cli.stream_sinks import add_sink_options, keeps_nothing, make_sink
from seqseg.cli.stream_sources import add_source_options, check_source_options, make_sources, reading_options
from seqseg.cli.stream_vector import add_vector_option, with_vector
from seqseg.cli.trained import add_run_argument, load_trained
from seqseg.config_types import parse_size
from seqseg.errors import ConfigError

SIZES = ("trained", "native")


def add(commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "stream",
        help="segment a movie, image sequence or camera, frame by frame",
        description="Segment a movie, an image sequence or a camera frame by frame, with the memory carried on.\n"
        "Masks have the source's size and times.",
        epilog="examples:\n"
        "  seqseg stream runs/cells --source movie.mp4 --save overlay.mp4 --masks masks.mkv\n"
        "  seqseg stream runs/cells --source 'frames/*.png' --masks masks/\n"
        "  seqseg stream runs/cells --camera 0 --show\n"
        "  seqseg stream runs/cells --camera 0 --save out.mp4 --areas areas.csv --mjpeg 8090",
    )
    add_run_argument(parser)
    add_source_options(parser)
    parser.add_argument(
        "--size",
        default="trained",
        metavar="HxW",
        help="what the network works at: HxW, native, or trained: frames fitted as they were in training (trained)",
    )
    add_vector_option(parser)
    parser.add_argument("--max-frames", type=int, metavar="N", help="stop after this many")
    add_sink_options(parser)
    parser.add_argument("--report", metavar="FILE.json", help="where the time went, as JSON")
    parser.add_argument(
        "--json", action="store_true", help="events on stdout, a JSON object a line, instead of a summary"
    )
    parser.set_defaults(run=run)


def run(args) -> int:
    """Stream until the source ends, --max-frames, the window closes or Ctrl-C; what was written is whole each time."""
    size = _working_size(args.size)
    if args.max_frames is not None and args.max_frames < 1:
        raise ConfigError(f"--max-frames must be at least 1, got {args.max_frames}")
    check_source_options(args)
    if len(args.camera) + len(args.source) > 1:
        raise ConfigError("one --source or --camera at a time")
    model = load_trained(args)

    from seqseg.inference.predictor import Predictor
    from streams import Meter

    predictor = Predictor(model, size=size if model.card.trained or size != "trained" else None, exclusive=True)
    step = with_vector(predictor.step, args, model)
    (source,), sink = make_sources(args, model), make_sink(args, model)
    meter = Meter()
    stream = OneStream(source, sink, meter)
    display = Display(lambda: [stream], json=args.json)
    args.say = display.say
    try:
        with display:
            warnings = _run(source, reading_options(args), step, sink, stream, display, args.max_frames)
    except KeyboardInterrupt:
        _tell(args, meter.report(), stream.warnings)
        raise KeyboardInterrupt(f"stopped after {meter.frames} frames; what was written is whole") from None
    _tell(args, meter.report(), warnings)
    return 0


def _working_size(text: str):
    if text in SIZES:
        return text if text == "trained" else None
    size = parse_size(text)
    if size is None or min(size) < 1:
        raise ConfigError(f'--size must be HEIGHTxWIDTH such as 360x480, "native" or "trained", got "{text}"')
    return size


def _run(source, reading, step, sink, stream, display, max_frames):
    from streams import Prefetch, run

    def seen(frame, mask):
        stream.seen(frame, mask)
        display.see(stream, frame, mask)

    try:
        result = run(Prefetch(source, **reading), step, sink, max_frames=max_frames, meter=stream.meter, on_frame=seen)
    except Exception as error:
        stream.end(error)
        raise
    finally:
        stream.end()
    return result.warnings


def _tell(args: argparse.Namespace, report: dict, warnings) -> None:
    warnings = list(warnings)
    if not args.json:
        files = {
            "overlay": args.save,
            "masks": args.masks,
            "lines": args.rle,
            "areas": args.areas,
            "report": args.report,
        }
        print_summary(report, warnings, files)
        if keeps_nothing(args):
            print("\n  nothing was kept; add --save overlay.mp4, --masks DIR or --show")
    if args.report:
        write_json(args.report, report | {"warnings": warnings})
