"""`seqseg verify`: compare exported files with their model over a sequence, with the state carried."""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from seqseg.cli.console.outputs import Outputs
from seqseg.cli.console.terminal import print_table
from seqseg.cli.console.trained import load_trained
from seqseg.cli.export import checked_size
from seqseg.errors import ConfigError, ExportError, SeqsegError
from seqseg.files import write_json
from seqseg.registry import suggestion

DIFFERENT = 1
FORMATS = ("onnx", "openvino", "litert")
"""Those that a runtime here reads."""


def add(commands: Any) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "verify",
        help="compare exported files with the model they were made from",
        description="Run the model and each exported file over the same frames, with the state carried, a reset, a "
        "second stream and\nother orders of the inputs, and compare everything. Exit code 1 when a file differs.",
        epilog="examples:\n  seqseg verify cells.onnx --against runs/cells\n"
        "  seqseg verify cells.onnx cells.xml --against runs/cells --json report.json\n"
        "  seqseg verify --formats all --against runs/cells       export it in each format, verify, keep nothing",
    )
    parser.add_argument("exports", nargs="*", metavar="EXPORT", help="what seqseg export wrote")
    parser.add_argument(
        "--against", required=True, metavar="RUN", dest="trained", help="the model: a run or a .keras file"
    )
    parser.add_argument(
        "--checkpoint",
        metavar="WHICH",
        default="best",
        help="best, last, or the number of an epoch that was kept (best)",
    )
    parser.add_argument("--runtime", choices=("onnx", "openvino", "litert"), help="what runs it (that of its format)")
    parser.add_argument("--source", metavar="FILE", help="a movie whose first 64 frames are run as well")
    parser.add_argument(
        "--formats",
        metavar="all|NAME,…",
        help="also export RUN in these formats into a temporary folder; says which are not installed",
    )
    parser.add_argument("--size", metavar="HxW", help="of those exports (the size RUN was trained at)")
    parser.add_argument("--json", metavar="FILE", help="write the figures")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Verify each file; goes on past what cannot be opened or made, and says so."""
    formats, size = _formats(args), checked_size(args.size)
    outputs = Outputs()
    for path in (args.trained, *args.exports):
        outputs.run(path, f"part of {path}")
    outputs.reads(args.source or "", "what --source reads")
    outputs.writes("--json", args.json, suffixes=(".json", ".txt", ""))
    with outputs.checked():
        return _verify(args, formats, size)


def _verify(args: argparse.Namespace, formats: Sequence[str], size: tuple[int, int] | None) -> int:
    model = load_trained(args)
    with tempfile.TemporaryDirectory() as folder:
        jobs: list[Callable[[], Path]] = [partial(Path, path) for path in args.exports]
        jobs += [partial(_export, model, Path(folder), format, size) for format in formats]
        found, failures = _verified(args, model, jobs)
    if not found:
        raise failures[0]
    for failure in failures:
        print(f"  not verified: {failure}")
    if args.json:
        told = {"verified": [one.to_dict() for one in found], "not_verified": [str(failure) for failure in failures]}
        write_json(args.json, told)
    return report(found)


def _formats(args: argparse.Namespace) -> Sequence[str]:
    if not args.formats:
        if not args.exports:
            raise ConfigError("nothing to verify: give files that seqseg export wrote, or --formats all")
        if args.size:
            raise ConfigError("--size is for --formats; a file has its own")
        return ()
    if args.formats == "all":
        return FORMATS
    names = str(args.formats).split(",")
    for name in names:
        if name not in FORMATS:
            raise ConfigError(f"--formats knows {', '.join(FORMATS)} and all, got {name!r}{suggestion(name, FORMATS)}")
    return names


def _export(model: Any, folder: Path, format: str, size: tuple[int, int] | None) -> Path:
    from seqseg.export.write import export_model

    try:
        return export_model(model, folder / "model", format=format, size=size)
    except ExportError as error:
        raise ExportError(f"{format}: {error}") from error


def _verified(
    args: argparse.Namespace, model: Any, jobs: Sequence[Callable[[], Path]]
) -> tuple[list[Any], list[SeqsegError]]:
    from seqseg.export.verify import verify

    found, failures = [], []
    for job in jobs:
        try:
            path = job()
            found.append(verify(path, model, clip=_clip(args.source, str(path)), runtime=args.runtime))
        except SeqsegError as error:
            failures.append(error)
    return found, failures


def report(found: Sequence[Any]) -> int:
    """Print a line for each `Verification` and what is wrong with it; the exit code."""
    rows = [
        (
            one.path,
            f"{one.format} {one.precision}",
            f"{one.difference:.1e}",
            f"{one.equal_percent:.2f}",
            f"{one.equal_first:.2f} / {one.equal_last:.2f}",
            f"{one.ms_p50:.1f} / {one.ms_p95:.1f}",
            f"{one.megabytes:.1f}",
            f"{one.start_seconds:.1f}",
        )
        for one in found
    ]
    print_table(
        ("file", "format", "logits differ", "equal %", "first / last 16", "ms p50 / p95", "MB", "start s"), rows
    )
    for one in found:
        for problem in one.problems:
            print(f"  {one.path}: {problem}")
    return DIFFERENT if any(one.problems for one in found) else 0


def _clip(source: str | None, export: str) -> Any:
    if source is None:
        return None
    import itertools

    from seqseg.data.clips.placing import place_clip
    from seqseg.export.predictor import resizing_of
    from seqseg.export.sidecar import read_sidecar
    from seqseg.export.verify import MOVIE_FRAMES
    from streams import open_source

    resizing = resizing_of(read_sidecar(export))
    with open_source(source) as movie:
        frames = [frame.image for frame in itertools.islice(movie, MOVIE_FRAMES)]
    return place_clip(frames, [], resizing.place(*frames[0].shape[:2]))[0]
