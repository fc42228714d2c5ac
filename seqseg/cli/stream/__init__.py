"""`seqseg stream`: movies, image sequences and cameras through the stateful copy of a trained model."""

import argparse
from functools import partial

from seqseg.cli.console.json_file import write_json
from seqseg.cli.console.trained import DEFAULT, add_run_argument, load_classifier
from seqseg.cli.stream.display import Display
from seqseg.cli.stream.figures import MaskFigures
from seqseg.cli.stream.keeping import (
    Keeper,
    add_keeping_options,
    check_keeping_options,
    facts_of,
    free_names,
    make_journal,
    read_replay,
    with_recording,
)
from seqseg.cli.stream.page import add_page_options, check_page_options, live_page
from seqseg.cli.stream.report import print_summary
from seqseg.cli.stream.sinks import add_sink_options, keeps_nothing, make_sink
from seqseg.cli.stream.sources import add_source_options, check_source_options, make_sources, reading_options
from seqseg.cli.stream.steady import add_steady_options, check_steady_options, steadied, steadiness_of
from seqseg.cli.stream.vector import add_vector_option, with_vector
from seqseg.config.types import parse_size
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
        "  seqseg stream --camera 0 --show                                      the ready model voc, 21 classes\n"
        "  seqseg stream moving --source street.mp4 --save moving.mp4           whatever moves before a fixed camera\n"
        "  seqseg stream runs/cells --source movie.mp4 --save overlay.mp4 --masks masks.mkv\n"
        "  seqseg stream runs/cells --source 'frames/*.png' --masks masks/\n"
        "  seqseg stream runs/cells --camera 0 --show\n"
        "  seqseg stream runs/cells --camera 0 --save out.mp4 --areas areas.csv --mjpeg 8090\n"
        "  seqseg stream runs/cells --camera 0 --camera 1 --save out.mp4        one model, out-camera-0.mp4 ...\n"
        "  seqseg stream runs/cells --camera 0 --serve                          a live page in the browser\n"
        "  seqseg stream runs/cells --camera 0 --record frames.mkv --journal run.jsonl\n"
        "  seqseg stream runs/cells --replay run.jsonl --source frames.mkv --masks again.mkv",
    )
    add_run_argument(parser, default=DEFAULT)
    add_source_options(parser)
    parser.add_argument(
        "--size",
        default="trained",
        metavar="HxW",
        help="what the network works at: HxW, native, or trained: frames fitted as they were in training (trained)",
    )
    add_vector_option(parser)
    parser.add_argument("--max-frames", type=int, metavar="N", help="each stream stops after this many")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="stop after so long")
    parser.add_argument(
        "--slots", type=int, metavar="N", help="always a batch of N, nothing is compiled when streams come and go"
    )
    parser.add_argument(
        "--on-gap",
        metavar="POLICY",
        help="missing frames: keep the memory, decay it (for each, see --decay), or reset:N from N on (keep)",
    )
    parser.add_argument(
        "--decay", type=float, metavar="F", help="what the memory is multiplied by for a missing frame (0.9)"
    )
    add_steady_options(parser)
    add_page_options(parser)
    add_sink_options(parser)
    add_keeping_options(parser)
    parser.add_argument("--report", metavar="FILE.json", help="where the time went, as JSON")
    parser.add_argument(
        "--json", action="store_true", help="events on stdout, a JSON object a line, instead of a summary"
    )
    parser.set_defaults(run=run)


def run(args) -> int:
    """Stream until the sources end, a limit is reached, the window closes or Ctrl-C; what was written is whole."""
    check_source_options(args)
    check_keeping_options(args)
    check_page_options(args)
    check_steady_options(args)
    size, on_gap = _working_size(args.size), _on_gap(args)
    if args.max_frames is not None and args.max_frames < 1:
        raise ConfigError(f"--max-frames must be at least 1, got {args.max_frames}")
    if args.duration is not None and not 0 < args.duration < float("inf"):
        raise ConfigError(f"--duration must be greater than 0 seconds, got {args.duration:g}")
    model = load_classifier(args)

    from seqseg.inference import BatchStepper, Predictor
    from streams import Engine

    size = size if model.card.trained or size != "trained" else None
    predictor = Predictor(model, size=size, exclusive=True, **steadiness_of(args))
    stepper = BatchStepper(predictor, slots=args.slots)
    step = with_vector(stepper, args, model)
    keeper = Keeper(args, model)
    facts = facts_of(args, keeper)
    replay = read_replay(args, facts)
    with make_journal(args, facts) as journal:
        engine = Engine(step, journal=journal, check_state=partial(keeper.check, predictor))
        display = Display(
            lambda: engine.streams,
            json=args.json,
            masks=partial(MaskFigures, model.card.classes, void=model.card.void) if args.report else None,
            measure=bool(args.report and (args.serve or args.areas)),
        )
        args.say = display.say
        sources = _sources(args, model, display, replay)

        def sink_of(name: str, *, several: bool = True):
            return with_recording(make_sink(args, model, name=name, several=several), args, name, several)

        again = {name: partial(_again, args, model, display, number) for number, name in enumerate(sources)}
        with live_page(args, engine, model, make_sink=sink_of, sources=again, attaching={"on_gap": on_gap}) as page:
            engine.on_frame = display.see if page is None else _both(display.see, page.show)
            _attach_all(engine, args, sources, sink_of, keeper, replay, on_gap)
            _run(engine, args, display, keeper, replay, stay=page is not None)
    return 0


def _sources(args, model, display, replay) -> dict:
    """The sources by the names of their streams; what befalls them is told."""
    if args.serve and not (args.camera or args.source):
        return {}
    sources = make_sources(args, model)
    for source in sources:
        source.watch(display.hear)
    names = list(replay.streams) if replay else free_names([source.name for source in sources])
    return dict(zip(names, sources, strict=True))


def _again(args, model, display, number: int):
    """A source of the command line once more, for the page."""
    source = make_sources(args, model)[number]
    source.watch(display.hear)
    return source


def _both(first, second):
    def tell(*seen) -> None:
        first(*seen)
        second(*seen)

    return tell


def _attach_all(engine, args, sources: dict, sink_of, keeper, replay, on_gap: str) -> None:
    """A stream for each source, with its own sinks and files."""
    from streams import Prefetch

    names = list(sources)
    for name, source in sources.items():
        sink = sink_of(name, several=len(names) > 1)
        if replay:
            judge = {"continuity": replay.continuity(name)}
            source = replay.source(name, source)
        else:
            judge = {"on_gap": on_gap}
        engine.attach(
            Prefetch(source, **reading_options(args)),
            sink,
            name=name,
            max_frames=args.max_frames,
            **judge,
            **keeper.start_of(name, source, names),
        )


def _run(engine, args, display, keeper, replay, *, stay: bool) -> None:
    plan = replay.plan if replay else None
    try:
        with display:
            engine.run(seconds=args.duration, between=lambda: keeper.now_and_then(engine), plan=plan, stay=stay)
    except KeyboardInterrupt:
        keeper.save(engine)
        report = _tell(args, engine, display)
        frames = report["frames"] + report["forgotten"]["frames"]
        failures = _failures(engine)
        failed = f"; {failures}" if failures else ""
        raise KeyboardInterrupt(f"stopped after {frames} frames; what was written is whole{failed}") from None
    keeper.save(engine)
    failed = [stream for stream in engine.streams if stream.error is not None]
    if any(stream.frames for stream in engine.streams) or not failed:
        _tell(args, engine, display)
    if len(engine.streams) == 1 and failed:
        raise failed[0].error
    if failed:
        from streams import StreamError

        raise StreamError(_failures(engine))


def _failures(engine) -> str:
    """Which streams ended by an error of their own, and why; empty when none did."""
    failed = [stream for stream in engine.streams if stream.error is not None]
    reasons = "; ".join(f"{stream.name}: {stream.error}" for stream in failed)
    return f"{len(failed)} of {len(engine.streams)} streams failed: {reasons}" if failed else ""


def _on_gap(args) -> str:
    """What happens on a gap, as `streams.Engine` takes it."""
    text = args.on_gap or "keep"
    if args.decay is not None:
        if text not in ("keep", "decay"):
            raise ConfigError(f"--decay says how fast the memory fades on a gap, which --on-gap {text} does not want")
        text = f"decay:{args.decay:g}"
    from streams.errors import StreamError
    from streams.gaps import OnGap

    try:
        OnGap.parse(text)
    except StreamError as error:
        raise ConfigError(f"--on-gap: {error}") from None
    return text


def _working_size(text: str):
    if text in SIZES:
        return text if text == "trained" else None
    size = parse_size(text)
    if size is None or min(size) < 1:
        raise ConfigError(f'--size must be HEIGHTxWIDTH such as 360x480, "native" or "trained", got "{text}"')
    return size


def _tell(args: argparse.Namespace, engine, display) -> dict:
    report = engine.report()
    masks = {stream.id: display.masks_of(stream) for stream in engine.streams}
    for told in report["streams"]:
        told["masks"] = masks.get(told["id"])
    several = len(engine.streams) > 1
    warnings = [
        f"{stream.name}: {text}" if several and stream.name not in text else text
        for stream in engine.streams
        for text in stream.warnings
    ]
    if not args.json:
        files = {
            "steadied": steadied(args),
            "overlay": args.save,
            "masks": args.masks,
            "lines": args.rle,
            "areas": args.areas,
            "recording": args.record,
            "journal": args.journal,
            "state": args.save_state,
            "report": args.report,
        }
        print_summary(report, warnings, files)
        if keeps_nothing(args) and not args.record:
            print("\n  nothing was kept; add --save overlay.mp4, --masks DIR or --show")
    if args.report:
        write_json(args.report, report | {"warnings": warnings})
    return report
