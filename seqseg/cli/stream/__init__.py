"""`seqseg stream`: segment movies, image sequences and cameras with a trained model, state carried."""

import argparse
import dataclasses
from typing import TYPE_CHECKING

from seqseg.cli.console.device import add_device_option, choose_device
from seqseg.cli.console.trained import (
    DEFAULT,
    add_run_argument,
    add_runtime_option,
    check_runtime,
    experiment_of,
    is_export,
    load_classifier,
    open_elsewhere,
    runs_elsewhere,
)
from seqseg.cli.stream.keeping import add_keeping_options
from seqseg.cli.stream.options import StreamOptions
from seqseg.cli.stream.page import add_page_options
from seqseg.cli.stream.sinks import add_sink_options
from seqseg.cli.stream.sources import add_source_options
from seqseg.cli.stream.steady import add_steady_options
from seqseg.cli.stream.vector import add_vector_option
from seqseg.errors import ConfigError

if TYPE_CHECKING:
    from seqseg.export.predictor import ExportedPredictor
    from seqseg.models.clip_model import ClipModel


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "stream",
        help="segment a movie, image sequence or camera, frame by frame",
        description="Segment a movie, an image sequence or a camera frame by frame, with the memory carried.\n"
        "Masks have the source's size and times.",
        epilog="examples:\n"
        "  seqseg stream --camera 0 --show                                      the ready model voc, 21 classes\n"
        "  seqseg stream moving --source street.mp4 --save moving.mp4           moving objects of a fixed camera\n"
        "  seqseg stream runs/cells --source movie.mp4 --save overlay.mp4 --masks masks.mkv\n"
        "  seqseg stream runs/cells --source 'frames/*.png' --masks masks/\n"
        "  seqseg stream runs/cells --camera 0 --show\n"
        "  seqseg stream runs/cells --camera 0 --save out.mp4 --areas areas.csv --mjpeg 8090\n"
        "  seqseg stream runs/cells --camera 0 --camera 1 --save out.mp4        one model, out-camera-0.mp4 ...\n"
        "  seqseg stream runs/cells --camera 0 --serve                          a live page in the browser\n"
        "  seqseg stream cells.onnx --camera 0 --show                           an export, without TensorFlow\n"
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
    add_runtime_option(parser)
    add_device_option(parser)
    parser.add_argument(
        "--precision",
        choices=("float32", "mixed_float16", "mixed_bfloat16"),
        help="of the network's arithmetic; the mixed ones are for GPUs (as it was trained)",
    )
    parser.add_argument("--xla", action="store_true", help="compile the step by XLA on TensorFlow, as JAX does anyway")
    add_vector_option(parser)
    parser.add_argument("--max-frames", type=int, metavar="N", help="each stream stops after this many")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="stop after so long")
    parser.add_argument(
        "--slots", type=int, metavar="N", help="always a batch of N, nothing is compiled when streams come and go"
    )
    parser.add_argument(
        "--on-gap",
        metavar="POLICY",
        help="missing frames: keep the memory, decay it (for each, see --decay), or reset:N from N on (keep); always: "
        "a fresh memory for every frame, for pictures that do not belong together",
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


def run(args: argparse.Namespace) -> int:
    """Stream until the sources end, a limit is reached, the window closes or Ctrl-C; all files are completed."""
    options = StreamOptions.of(args)
    check_runtime(args)
    if runs_elsewhere(args):
        _check_for_keras(args)
    with options.outputs(args.trained).checked():
        model = None if is_export(args.trained) else _model(args)
        streamed = _elsewhere(args, options, model) if model is None or runs_elsewhere(args) else model
        if model is not None:
            options = _with_independent_frames(args, options)

        from seqseg.cli.stream.streaming import StreamRun

        StreamRun(options, streamed).run()
    return 0


def _with_independent_frames(args: argparse.Namespace, options: StreamOptions) -> StreamOptions:
    """A run that was trained on frames that do not belong together is streamed so, unless --on-gap says otherwise."""
    experiment = experiment_of(args)
    if experiment is None or not experiment.data.independent or args.on_gap is not None:
        return options
    return dataclasses.replace(options, on_gap="always")


def _check_for_keras(args: argparse.Namespace) -> None:
    for option in ("device", "precision", "xla"):
        if getattr(args, option):
            raise ConfigError(
                f"--{option} is for models run by Keras; an export runs where its runtime does, in the precision it "
                "was written with"
            )


def _model(args: argparse.Namespace) -> "ClipModel":
    """On the device and in the precision asked for."""
    if args.device is not None:
        choose_device(args.device)
    model = load_classifier(args)
    if args.precision is None:
        return model
    from seqseg.inference.in_precision import in_precision

    return in_precision(model, args.precision)


def _elsewhere(args: argparse.Namespace, options: StreamOptions, model: "ClipModel | None") -> "ExportedPredictor":
    """The export that RUN names or that is made of it, with the options that it takes."""
    if model is None and options.size != "trained":
        raise ConfigError(f"{args.trained} takes frames of one size alone; export it with --size {options.size_text}")
    if options.vector is not None:
        raise ConfigError("--vector is for models run by Keras; exports take no condition")
    return open_elsewhere(
        args, model, size=options.size, exclusive=True, slots=options.slots, **options.steady.to_dict()
    )
