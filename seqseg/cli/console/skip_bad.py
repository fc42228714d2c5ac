"""`--skip-bad`: open a set without what is broken in it, and list that in a file."""

import sys
from pathlib import Path


def open_set(source: str, split: str, *, class_map=None, skip_bad: bool = False):
    """The set, read once with `skip_bad`; what is left out is counted on standard error and listed in a file."""
    from seqseg.data.selection.opening import Screening
    from seqseg.training.run.progress import CountingLine

    with CountingLine("looking for what is broken", stream=sys.stderr) as line:
        screening = Screening(skip=skip_bad, progress=line.show)
        data = screening.open(source, split=split, class_map=class_map)
    list_left_out(screening.items, left_out_path(source, split))
    return data


def left_out_path(source: str, split: str) -> Path:
    """`left_out-KIND-SPLIT.txt`."""
    return Path(f"left_out-{source.partition(':')[0]}-{split}.txt")


def list_left_out(items: list[str], path: Path) -> None:
    """Write the list, a line an item, and say where it is; nothing when nothing was left out."""
    from seqseg.data.left_out import write_left_out

    if items:
        write_left_out(path, items)
        print(f"warning: left out {len(items)} broken item{'s' * (len(items) > 1)}, listed in {path}", file=sys.stderr)
