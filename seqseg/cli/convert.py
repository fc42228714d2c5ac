"""`seqseg convert`: any set into records, which are few, large and fast to read."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from seqseg.cli.console.outputs import Outputs
from seqseg.cli.console.parser import Commands
from seqseg.cli.console.printable import unfiltered
from seqseg.cli.console.sizes import size_option
from seqseg.cli.console.skip_bad import list_left_out
from seqseg.cli.console.terminal import print_facts
from seqseg.errors import ConfigError

if TYPE_CHECKING:
    from seqseg.data.records.convert import Progress
    from seqseg.data.records.index import RecordIndex


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "convert",
        help="pack data into records, which are read fastest",
        description="Pack data into a few large files with an index and checksums, to be read as records:OUT.",
        epilog="examples:\n"
        "  seqseg convert camvid:~/CamVid packed\n"
        "  seqseg train --data records:packed --size 360x480\n"
        "  seqseg convert --verify packed",
    )
    parser.add_argument("source", nargs="?", metavar="KIND:PATH", help="the data; `seqseg data` lists the kinds")
    parser.add_argument("out", nargs="?", metavar="OUT", help="a folder that is new or empty")
    parser.add_argument(
        "--split",
        action="append",
        choices=("train", "val", "test", "all"),
        help="which part; may be repeated; all = those that there are, under their names (all)",
    )
    parser.add_argument(
        "--format",
        default="array_record",
        choices=("array_record", "tfrecord"),
        help="array_record is read fastest; tfrecord (tf.train.SequenceExample, gzip) is for exchange (array_record)",
    )
    parser.add_argument("--shards", type=int, metavar="N", help="files of each split (as many as make 128 MiB each)")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="threads that read and encode (2)")
    parser.add_argument(
        "--image",
        default="jpeg",
        choices=("jpeg", "png", "keep"),
        help="pictures as JPEG, as lossless PNG, or as they are where they are JPEG or PNG already (jpeg)",
    )
    parser.add_argument("--quality", type=int, default=95, metavar="Q", help="of JPEG, 1 to 100 (95)")
    parser.add_argument("--size", metavar="HxW", help="shrink larger frames to fit inside, keeping their shape")
    parser.add_argument("--resume", action="store_true", help="continue a conversion that was stopped")
    parser.add_argument("--skip-bad", action="store_true", help="leave out what cannot be read, and list it")
    parser.add_argument("--verify", metavar="OUT", help="only compare the checksums of records that are there")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Convert, or verify records."""
    if args.verify:
        if args.source:
            raise ConfigError(f"--verify takes the folder alone; leave {args.source} out")
        return _verify(args.verify)
    if not args.source or not args.out:
        raise ConfigError("give what to convert and where to, as in: seqseg convert camvid:~/CamVid packed")
    outputs = Outputs()
    outputs.data(args.source)
    outputs.writes("the folder", args.out, folder=True)
    with outputs.checked():
        return _convert(args)


def _verify(folder: str) -> int:
    from seqseg.data.records.verifying import verify_records

    shards, frames = verify_records(folder)
    print(f"{folder}: {shards} shards with {frames} frames are unchanged")
    return 0


def _convert(args: argparse.Namespace) -> int:
    from seqseg.data.left_out import LeftOut
    from seqseg.data.opening import open_splits
    from seqseg.data.records.convert import convert
    from seqseg.data.records.encoding import Recipe
    from seqseg.data.selection.screening import leave_out_broken

    if args.workers < 1:
        raise ConfigError(f"--workers must be at least 1, got {args.workers}")
    recipe = Recipe(args.format, args.image, args.quality, _size(args.size), args.shards)
    left_out, shown = LeftOut(skip=args.skip_bad), _Screen()
    sets, absent = open_splits(args.source, args.split or ["all"], left_out=left_out)
    if args.skip_bad:  # reads everything a second time, so that no video continues across a broken part
        sets = [leave_out_broken(data, left_out) for data in sets]
    for split, why in absent.items():
        print(f"  no {split} split: {why}", file=sys.stderr)
    try:
        index = convert(
            sets, args.out, source=args.source, recipe=recipe, workers=args.workers, resume=args.resume,
            left_out=left_out, progress=shown.show,
        )  # fmt: skip
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"interrupted; {shown.shards} finished shards are kept in {args.out}; to continue, run the same "
            "command with --resume"
        ) from None
    finally:
        shown.clear()
    _report(index, args.out, left_out.items)
    return 0


def _size(text: str | None) -> tuple[int, int] | None:
    return size_option(text) if text else None


def _report(index: "RecordIndex", out: str, left_out: list[str]) -> None:
    shards = [shard for split in index.splits.values() for shard in split.shards]
    labels = len(index.classes)
    print_facts(
        {name: f"{len(split.videos)} videos, {sum(shard.frames for shard in split.shards)} frames"
         for name, split in index.splits.items()}
        | {"classes": labels, "size": f"{sum(shard.bytes for shard in shards) / 1e6:,.1f} MB in {len(shards)} files"}
    )  # fmt: skip
    for item in left_out:
        print(f"  left out: {item}", file=sys.stderr)
    list_left_out(left_out, Path(out) / "left_out.txt")
    print(f"\n  seqseg train --data records:{Path(out)}\n  seqseg convert --verify {Path(out)}")


class _Screen:
    """A line that moves on a terminal; elsewhere one a finished shard."""

    def __init__(self) -> None:
        self._stream, self.shards = unfiltered(sys.stderr), 0
        self._moving, self._begin, self._drawn = self._stream.isatty(), time.monotonic(), 0.0

    def show(self, now: "Progress") -> None:
        """Draw the line, at most ten times a second."""
        finished, self.shards = now.shards > self.shards, now.shards
        if (self._moving and time.monotonic() - self._drawn < 0.1) or not (self._moving or finished):
            return
        self._drawn = time.monotonic()
        line = (
            f"  {now.split}  {now.frames}/{now.of_frames} frames, {now.shards}/{now.of_shards} shards{self._left(now)}"
        )
        print(
            f"\r\x1b[K{line}" if self._moving else line, end="" if self._moving else "\n", file=self._stream, flush=True
        )

    def clear(self) -> None:
        """Remove the moving line."""
        if self._moving and self._drawn:
            print("\r\x1b[K", end="", file=self._stream, flush=True)

    def _left(self, now: "Progress") -> str:
        from seqseg.training.run.progress import duration

        written = now.frames - now.found
        if not written:
            return ""
        seconds = (time.monotonic() - self._begin) / written * (now.of_frames - now.frames)
        return f", {duration(seconds)} left" if seconds else ""
