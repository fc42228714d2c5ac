"""`seqseg forecast`: what comes next, beside what came, and how surprising it was."""

import math
from contextlib import ExitStack

from seqseg.cli.console.terminal import print_facts, print_table
from seqseg.cli.console.trained import add_run_argument, load_trained
from seqseg.cli.forecast.output import GaugeFile, Side, make_forecast_sink, plot_forecast
from seqseg.cli.stream.sources import SourceOptions, add_source_options, make_source
from seqseg.config.types import parse_size
from seqseg.errors import ConfigError, DataError
from seqseg.files import write_json


def add(commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "forecast",
        help="predict the next frames of a movie or camera",
        description="Predict the next frames of a movie or camera, beside what came: each forecast is scored when its\n"
        "frame comes, and compared with repeating the last frame (SSIM of cameras at one horizon a frame, in turn).\n"
        "The surprise of a frame is the error of its prediction by what that error usually is, in the block of\n"
        "16 x 16 pixels where that is most: about 1, and more when something new happens.",
        epilog="examples:\n"
        "  seqseg forecast runs/next --source movie.mp4 --frames 10 --save forecast.mp4 --plot forecast.png\n"
        "  seqseg forecast runs/next --camera 0 --show --gauge surprise.jsonl",
    )
    add_run_argument(parser)
    parser.add_argument("--frames", type=int, default=10, metavar="N", help="how far to look ahead (10)")
    parser.add_argument("--max-frames", type=int, metavar="N", help="end after so many frames")
    parser.add_argument("--size", default="trained", metavar="HxW", help="what the network works at: trained, native")
    parser.add_argument(
        "--adapt", action="store_true", help="correct the next frame by what came of the forecasts before it"
    )
    out = parser.add_argument_group("what comes out", "pictures show what came, what was predicted for it one frame\n"
                                    "ago, and N frames ago; a bar tells the surprise")  # fmt: skip
    out.add_argument("--save", metavar="FILE", help="a movie; of a file also the N frames after its end")
    out.add_argument("--show", action="store_true", help="a window; q, Esc or closing it ends")
    out.add_argument("--report", metavar="FILE.json", help="the scores of every horizon as JSON")
    out.add_argument("--plot", metavar="FILE.png", help="the same as curves, and the surprise over time")
    out.add_argument("--gauge", metavar="FILE", help="error and surprise of every frame: .csv or .jsonl, - prints")
    add_source_options(parser)
    parser.set_defaults(run=run)


def run(args) -> int:
    """Forecast until the source ends; prints one line a horizon."""
    _check(args)
    model = load_trained(args)

    from seqseg.inference.forecasting.adaptation import Adaptation
    from seqseg.inference.forecasting.forecaster import Forecaster

    size = args.size if args.size != "native" else None
    if size not in (None, "trained"):
        size = parse_size(size)
    if size == "trained" and not model.card.trained:
        size = None
    adaptation = Adaptation() if args.adapt else None
    forecaster = Forecaster(model, frames=args.frames, size=size, adaptation=adaptation)
    options = SourceOptions.of(args)
    source = make_source(options, 0, model)
    seen = _Seen(args.frames, live=source.live)
    try:
        _go(args, forecaster, source, seen)
    except KeyboardInterrupt:
        _tell(args, source, seen)
        raise KeyboardInterrupt(f"stopped after {seen.frames} frames; what was written is whole") from None
    _require_enough(args, source, seen)
    _tell(args, source, seen)
    return 0


class _Seen:
    """What is known so far."""

    def __init__(self, frames: int, *, live: bool) -> None:
        from seqseg.evaluation.horizons import Horizons
        from seqseg.inference.forecasting.surprise import Surprise

        self.horizons, self.gauge = Horizons(frames, thrifty=live), Surprise()
        self.frames, self.lines = 0, []

    def came(self, frame, image) -> dict:
        """The gauge's line of a frame, whose forecasts are scored with it."""
        from seqseg.inference.forecasting.surprise import block_errors

        expected = self.horizons.waiting(1)
        error = self.horizons.came(image)
        known = not math.isnan(error)
        surprise = self.gauge.rate(block_errors(image, expected)) if known else error
        line = {"frame": frame.index, "time": round(float(frame.pts), 6)}
        line |= {"error": round(error, 6) if known else None, "surprise": round(surprise, 3) if known else None}
        self.frames += 1
        self.lines.append(line)
        return line


def _go(args, forecaster, source, seen) -> None:
    from streams import Prefetch
    from streams.runner import prepared_for

    side = Side(args.frames)
    with ExitStack() as stack:
        reader = stack.enter_context(Prefetch(source, **SourceOptions.of(args).reading))
        sink = make_forecast_sink(args, side)
        gauge = stack.enter_context(GaugeFile(args.gauge))
        stack.enter_context(prepared_for(sink, reader))
        state = epoch = last = None
        for frame in reader:
            if frame.gap or frame.epoch != epoch:
                seen.horizons.forget()
                state, epoch = (forecaster.missed(state) if frame.epoch == epoch else None), frame.epoch
            image = forecaster.seen(frame.image)
            expected = [seen.horizons.waiting(ahead) for ahead in side.horizons]
            line = seen.came(frame, image)
            gauge.write(line)
            sink.write(frame, side.picture(image, expected, line["surprise"]))
            future, state = forecaster.step(frame.image, state)
            seen.horizons.predicted(image, future)
            last = frame, future
            if sink.finished or seen.frames == args.max_frames:
                break
        if last and not source.live and seen.frames > args.frames:
            side.write_future(sink, *last)


def _check(args) -> None:
    if args.frames < 1:
        raise ConfigError(f"--frames must be at least 1, got {args.frames}")
    if args.max_frames is not None and args.max_frames < 1:
        raise ConfigError(f"--max-frames must be at least 1, got {args.max_frames}")
    if len(args.camera) + len(args.source) != 1:
        raise ConfigError("forecast looks at one stream: give one --source FILE or one --camera 0")
    size = parse_size(args.size)
    if args.size not in ("trained", "native") and (size is None or min(size) < 1):
        raise ConfigError(f'--size must be HEIGHTxWIDTH such as 64x64, "native" or "trained", got "{args.size}"')
    for flag, value, endings in (
        ("--plot", args.plot, (".png", ".pdf", ".svg")),
        ("--gauge", args.gauge, (".csv", ".jsonl", "-")),
    ):
        if value and not value.endswith(endings):
            raise ConfigError(f"{flag} writes {' or '.join(endings)}, got {value}")


def _require_enough(args, source, seen) -> None:
    if seen.frames <= args.frames and not source.live and seen.frames != args.max_frames:
        raise DataError(
            f"{source.name} has {seen.frames} frames, but a forecast of {args.frames} is seen to be right or wrong "
            f"after {args.frames + 1}; take a longer one, or --frames {max(1, seen.frames - 1)}"
        )


def _tell(args, source, seen) -> None:
    table = seen.horizons.table()
    print_table(
        ("ahead", "PSNR", "last frame's", "gain", "SSIM", "last frame's"),
        [_row(row) for row in table],
    )
    surprises = [line for line in seen.lines if line["surprise"] is not None]
    most = max(surprises, key=lambda line: line["surprise"], default=None)
    report = {"model": args.trained, "source": source.name, "frames": seen.frames, "horizons": table}
    report["most_surprising"] = most
    if args.report:
        write_json(args.report, report)
    if args.plot:
        plot_forecast(args.plot, table, seen.lines)
    said = most and f"{most['surprise']:.1f} at {most['time']:.2f} s, frame {most['frame']}"
    gauge = args.gauge if args.gauge != "-" else None
    print_facts({"most surprising": said, "movie": args.save, "gauge": gauge, "report": args.report, "plot": args.plot})


def _row(row) -> list[str]:
    decibels = [f"{value:.2f}" for value in (row["psnr"], row["copy_psnr"], row["psnr"] - row["copy_psnr"])]
    return [str(row["horizon"]), *decibels, *(f"{value:.4f}" for value in (row["ssim"], row["copy_ssim"]))]
