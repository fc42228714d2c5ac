"""`seqseg segment`: many movies and picture sequences, each into a folder of its own."""

import argparse

from seqseg.cli.console.outputs import Outputs
from seqseg.cli.console.parser import Commands
from seqseg.cli.console.trained import DEFAULT, split_run
from seqseg.cli.segment.options import SegmentOptions
from seqseg.cli.stream.sinks import add_look_options
from seqseg.cli.stream.steady import add_steady_options
from seqseg.cli.stream.vector import add_vector_option
from seqseg.errors import ConfigError


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "segment",
        help="segment many movies and picture sequences, each into a folder of its own",
        description="Segment movies, folders of pictures, and folders of either, in any mixture.\n"
        "Each source gets a folder DIR/NAME that appears whole; what is done already is skipped; a source that\n"
        "cannot be read is listed, and the others go on. The masks are those of seqseg stream.",
        epilog="examples:\n"
        "  seqseg segment movies/ --out masks                               the ready model voc, 21 classes\n"
        "  seqseg segment runs/cells movies/*.mp4 frames/ --out masks --areas\n"
        "  seqseg segment runs/cells movies/ --out masks --shard 3/16       the third of sixteen machines\n"
        "  seqseg segment runs/cells movies/ --out masks --workers 2        two processes on this machine\n\n"
        "see docs/scaling.md",
    )
    parser.add_argument(
        "words",
        nargs="+",
        metavar="[RUN] PATH",
        help=f"a run folder, a .keras file, an export or the name of a model ({DEFAULT}); "
        "then movies, pictures, and folders of them",
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder of all outputs")
    parser.add_argument(
        "--checkpoint", choices=("best", "last"), default="best", help="which model of the run folder (best)"
    )
    _add_outputs(parser)
    _add_who(parser)
    parser.add_argument("--again", action="store_true", help="also what is done already")
    parser.add_argument("--json", action="store_true", help="events on stdout, a JSON object a line")
    parser.add_argument("--size", default="trained", metavar="HxW", help="what the network works at (trained)")
    parser.add_argument(
        "--runtime", choices=("keras", "onnx", "openvino", "litert"), help="what runs the network, as in seqseg stream"
    )
    add_vector_option(parser)
    add_steady_options(parser)
    parser.add_argument("--fps", type=float, metavar="N", help="rate of picture sequences (25)")
    parser.add_argument("--deinterlace", action="store_true", help="interlaced movies: one moment a frame")
    parser.add_argument(
        "--on-cut", choices=("reset", "log", "off"), default="off", help="scene cuts: fresh memory, nothing (off)"
    )
    add_look_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Segment all sources that are not done; 2 if one of them could not be."""
    args.trained, paths = split_run(args.words)
    if not paths:
        raise ConfigError(f"{args.trained} is a model; give the movies, pictures or folders to segment, too")
    options = SegmentOptions.of(args)
    outputs = Outputs()
    outputs.run(args.trained, f"part of {args.trained}")
    for path in paths:
        outputs.reads(path, f"what {path} names", media=True)
    outputs.writes("--out", args.out, folder=True)
    outputs.check()

    from seqseg.cli.segment.running import SegmentRun

    return SegmentRun(options, args, paths).run()


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    out = parser.add_argument_group("what each source gets", "any number of these in DIR/NAME; masks alone by default")
    out.add_argument("--masks", action="store_true", help="the masks: a lossless movie, or PNG files of pictures")
    out.add_argument(
        "--masks-as", choices=("source", "movie", "pictures"), default="source", help="one of these for all (source)"
    )
    out.add_argument("--save", action="store_true", help="overlay.mp4, with the classes drawn over the frames")
    out.add_argument("--rle", action="store_true", help="masks.jsonl, COCO run lengths")
    out.add_argument("--areas", action="store_true", help="areas.csv, how much of each frame each class covers")
    out.add_argument("--areas-as", choices=("pixels", "share"), default="pixels", help="the table's unit (pixels)")


def _add_who(parser: argparse.ArgumentParser) -> None:
    long = parser.add_argument_group("long sources")
    long.add_argument(
        "--split-long",
        type=float,
        metavar="MINUTES",
        help="cut longer ones into chunks of about so long, which workers share; each begins with as many frames more "
        "as the model's memory needs, which is measured",
    )
    long.add_argument(
        "--split-exact",
        action="store_true",
        help="hand the states from chunk to chunk: nothing differs, but the chunks of a source follow each other",
    )
    group = parser.add_argument_group("who does the work", "by default this process, with all processors")
    who = group.add_mutually_exclusive_group()
    who.add_argument("--shard", metavar="I/N", help="only part I of N of the sources, for job arrays")
    who.add_argument("--workers", type=int, metavar="N", help="N processes on this machine, the processors shared out")
    who.add_argument("--cluster", metavar="HOST:PORT|auto", help="tasks of a Ray cluster that is there already")
    group.add_argument("--task-cpus", type=float, default=1, metavar="N", help="processors of a task of --cluster (1)")
    group.add_argument("--task-gpus", type=float, default=0, metavar="N", help="GPUs of a task of --cluster (0)")
