"""`seqseg stream`: segment movies, image sequences and cameras with a trained model, state carried."""

import argparse
from typing import TYPE_CHECKING

from seqseg.cli.console.quiet import import_keras
from seqseg.cli.console.trained import DEFAULT, add_run_argument, is_export, load_classifier
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
    parser.add_argument(
        "--runtime",
        choices=("keras", "onnx", "openvino", "litert"),
        help="what runs the network: Keras, or the runtime of a file that seqseg export wrote (that of RUN)",
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


def run(args: argparse.Namespace) -> int:
    """Stream until the sources end, a limit is reached, the window closes or Ctrl-C; all files are completed."""
    options = StreamOptions.of(args)
    if args.runtime not in (None, "keras") and not is_export(args.trained):
        raise ConfigError(
            f"--runtime {args.runtime} runs files of seqseg export, got {args.trained}; make one: "
            f"seqseg export {args.trained} --format {args.runtime}"
        )
    with options.outputs(args.trained).checked():
        model = _exported(args, options) if is_export(args.trained) else load_classifier(args)

        from seqseg.cli.stream.streaming import StreamRun

        StreamRun(options, model).run()
    return 0


def _exported(args: argparse.Namespace, options: StreamOptions) -> "ExportedPredictor":
    """The file that RUN names, with the options that files take."""
    if options.size != "trained":
        raise ConfigError(f"{args.trained} takes frames of one size alone; export it with --size {options.size_text}")
    if options.steady.along_motion or options.steady.denoise:
        raise ConfigError("--along-motion and --denoise are for models run by Keras; --smooth is for exports, too")
    if options.vector is not None:
        raise ConfigError("--vector is for models run by Keras; exports take no condition")
    if options.keeping.save_state or options.keeping.load_state or options.keeping.journal or options.keeping.replay:
        import_keras()  # states are written and read by the package of the Keras predictor
    from seqseg.export.predictor import ExportedPredictor

    runtime = None if args.runtime in (None, "keras") else args.runtime
    if args.runtime == "keras":
        raise ConfigError(
            f"{args.trained} is an export, which Keras does not run; name the run, or leave --runtime out"
        )
    return ExportedPredictor(args.trained, runtime=runtime, exclusive=True, smooth=options.steady.smooth)
