"""`seqseg forecast`: forecasts beside the true frames, and the surprise of each frame."""

import argparse
import importlib.util
import math
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from seqseg.cli.console.outputs import Outputs
from seqseg.cli.console.parser import Commands
from seqseg.cli.console.sizes import working_size
from seqseg.cli.console.terminal import print_facts
from seqseg.cli.console.trained import (
    add_run_argument,
    add_runtime_option,
    check_runtime,
    is_export,
    load_trained,
    runs_elsewhere,
    runtime_of,
)
from seqseg.cli.forecast.horizons import print_horizons
from seqseg.cli.forecast.output import GaugeFile, Side, make_forecast_sink, plot_forecast
from seqseg.cli.stream.sinks import MOVIES
from seqseg.cli.stream.sources import SourceOptions, add_source_options, make_source
from seqseg.errors import ConfigError, DataError
from seqseg.files import write_json

if TYPE_CHECKING:
    import numpy as np

    from seqseg.inference.forecasting.adaptation import Adaptation
    from seqseg.inference.forecasting.forecaster import Forecaster
    from seqseg.models.clip_model import ClipModel
    from streams import Frame, Source


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "forecast",
        help="predict the next frames of a movie or camera",
        description="Predict the next frames of a movie or camera. Each forecast is scored when its frame comes, and\n"
        "compared with repeating the last frame (SSIM of cameras at one horizon a frame, in turn). The surprise of a\n"
        "frame is the error of its prediction divided by the usual error, in the block of 16 x 16 pixels where that\n"
        "is largest: about 1, and more when something new happens.",
        epilog="examples:\n"
        "  seqseg forecast runs/next --source movie.mp4 --frames 10 --save forecast.mp4 --plot forecast.png\n"
        "  seqseg forecast runs/next --source a.mp4 --source b.mp4 --report scores.json\n"
        "  seqseg forecast runs/next --camera 0 --show --gauge surprise.jsonl",
    )
    add_run_argument(parser)
    parser.add_argument("--frames", type=int, default=10, metavar="N", help="how far to look ahead (10)")
    parser.add_argument("--max-frames", type=int, metavar="N", help="end after so many frames")
    parser.add_argument("--size", default="trained", metavar="HxW", help="size of the network's input: trained, native")
    add_runtime_option(parser)
    parser.add_argument(
        "--adapt", action="store_true", help="correct the next frame by the errors of the forecasts before it"
    )
    out = parser.add_argument_group("output", "pictures show the frame, its forecast of one frame ago and of N frames\n"
                                    "ago; a bar shows the surprise")  # fmt: skip
    out.add_argument("--save", metavar="FILE", help="a movie; of a file also the N frames after its end")
    out.add_argument("--show", action="store_true", help="a window; q, Esc or closing it ends")
    out.add_argument("--report", metavar="FILE.json", help="the scores of every horizon as JSON")
    out.add_argument("--plot", metavar="FILE.png", help="the same as curves, and the surprise; needs matplotlib")
    out.add_argument("--gauge", metavar="FILE", help="error and surprise of every frame: .csv or .jsonl, - prints")
    add_source_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Forecast until the source ends; prints one line a horizon."""
    _check(args)
    check_runtime(args)
    outputs = Outputs()
    outputs.run(args.trained, f"part of {args.trained}")
    for text in args.source:
        outputs.reads(text, f"what --source {text} reads", media=True)
    runs = _one_each(args)
    for one in runs:
        outputs.writes("--save", one.save, suffixes=MOVIES)
        outputs.writes("--report", one.report, suffixes=(".json", ".txt", ""))
        outputs.writes("--plot", one.plot)
        outputs.writes("--gauge", None if one.gauge == "-" else one.gauge)
    with outputs.checked():
        model = None if is_export(args.trained) else load_trained(args)
        for one in runs:
            if len(runs) > 1:
                print(f"{one.source[0]}:")
            _forecast(one, model)
    return 0


def _one_each(args: argparse.Namespace) -> list[argparse.Namespace]:
    """The options of each source; of several, its name is in the names of its files: out-NAME.mp4."""
    if len(args.source) < 2:
        return [args]
    from streams.sinks.writing.naming import name_for_files, name_in_short, with_name

    taken: set[str] = set()
    runs = []
    for source in args.source:
        label = name_for_files(name_in_short(source), taken)
        taken.add(label.lower())
        named = {
            option: str(with_name(text, label)) if text and text != "-" else text
            for option, text in ((name, getattr(args, name)) for name in ("save", "report", "plot", "gauge"))
        }
        runs.append(argparse.Namespace(**vars(args) | named | {"source": [source]}))
    return runs


def _forecast(args: argparse.Namespace, model: "ClipModel | None") -> None:
    from seqseg.inference.forecasting.adaptation import Adaptation

    adaptation = Adaptation() if args.adapt else None
    forecaster = _forecaster(args, model, adaptation)
    options = SourceOptions.of(args)
    source = make_source(options, 0, forecaster)
    seen = _Seen(args.frames, live=source.live)
    try:
        _go(args, forecaster, source, seen)
    except KeyboardInterrupt:
        _report(args, source, seen)
        raise KeyboardInterrupt(f"stopped after {seen.frames} frames; all files are complete") from None
    _require_enough(args, source, seen)
    _report(args, source, seen)


def _forecaster(args: argparse.Namespace, model: "ClipModel | None", adaptation: "Adaptation | None") -> "Forecaster":
    from seqseg.inference.forecasting.forecaster import Forecaster

    size = working_size(args.size)
    if size == "trained" and model is not None and not model.card.trained:
        size = None
    if model is None and size != "trained":
        raise ConfigError(f"{args.trained} takes frames of one size alone; export it with --size {args.size}")
    runtime = "keras" if not runs_elsewhere(args) else args.runtime or runtime_of(args.trained)
    return Forecaster(
        args.trained if model is None else model, frames=args.frames, size=size, adaptation=adaptation, runtime=runtime
    )


class _Seen:
    """The scores so far."""

    def __init__(self, frames: int, *, live: bool) -> None:
        from seqseg.evaluation.horizons import Horizons
        from seqseg.inference.forecasting.surprise import Surprise

        self.horizons, self.gauge = Horizons(frames, thrifty=live), Surprise()
        self.frames = 0
        self.lines: list[dict[str, Any]] = []

    def came(self, frame: "Frame", image: "np.ndarray") -> dict[str, Any]:
        """Score the forecasts of a frame; gives its line of the gauge."""
        from seqseg.inference.forecasting.surprise import block_errors

        expected = self.horizons.waiting(1)
        error = self.horizons.came(image)
        known = expected is not None and not math.isnan(error)
        surprise = error if expected is None else self.gauge.rate(block_errors(image, expected))
        line: dict[str, Any] = {"frame": frame.index, "time": round(float(frame.pts), 6)}
        line |= {"error": round(error, 6) if known else None, "surprise": round(surprise, 3) if known else None}
        self.frames += 1
        self.lines.append(line)
        return line


def _go(args: argparse.Namespace, forecaster: "Forecaster", source: "Source", seen: _Seen) -> None:
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


def _check(args: argparse.Namespace) -> None:
    if args.frames < 1:
        raise ConfigError(f"--frames must be at least 1, got {args.frames}")
    if args.max_frames is not None and args.max_frames < 1:
        raise ConfigError(f"--max-frames must be at least 1, got {args.max_frames}")
    if len(args.camera) + bool(args.source) != 1:
        raise ConfigError("forecast takes files, or one camera: give --source FILE, as often as needed, or --camera 0")
    working_size(args.size)
    for flag, value, endings in (
        ("--plot", args.plot, (".png", ".pdf", ".svg")),
        ("--gauge", args.gauge, (".csv", ".jsonl", "-")),
    ):
        if value and not value.endswith(endings):
            raise ConfigError(f"{flag} writes {' or '.join(endings)}, got {value}")
    if args.plot and importlib.util.find_spec("matplotlib") is None:
        raise ConfigError("--plot draws with matplotlib, which is not installed; run: pip install 'seqseg[plot]'")


def _require_enough(args: argparse.Namespace, source: "Source", seen: _Seen) -> None:
    if seen.frames <= args.frames and not source.live and seen.frames != args.max_frames:
        raise DataError(
            f"{source.name} has {seen.frames} frames, but a forecast of {args.frames} frames can be scored only after "
            f"{args.frames + 1}; take a longer one, or --frames {max(1, seen.frames - 1)}"
        )


def _report(args: argparse.Namespace, source: "Source", seen: _Seen) -> None:
    table = seen.horizons.table()
    print_horizons(table)
    surprises = [line for line in seen.lines if line["surprise"] is not None]
    most = max(surprises, key=lambda line: line["surprise"], default=None)
    report: dict[str, Any] = {"model": args.trained, "source": source.name, "frames": seen.frames, "horizons": table}
    report["most_surprising"] = most
    if args.report:
        write_json(args.report, report)
    if args.plot:
        plot_forecast(args.plot, table, seen.lines)
    surprise = most and f"{most['surprise']:.1f} at {most['time']:.2f} s, frame {most['frame']}"
    gauge = args.gauge if args.gauge != "-" else None
    print_facts(
        {"most surprising": surprise, "movie": args.save, "gauge": gauge, "report": args.report, "plot": args.plot}
    )
