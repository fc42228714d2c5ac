"""`--skip-bad`: open a set without its broken parts, and list them in a file."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqseg.data.video import VideoSet


def open_set(
    source: str, split: str, *, class_map: str | Mapping[str, Any] | None = None, skip_bad: bool = False
) -> "VideoSet":
    """The set; with `skip_bad` it is read once, and what is left out is counted on stderr and listed in a file."""
    from seqseg.data.selection.opening import SetOpener
    from seqseg.training.run.progress import CountingLine

    with CountingLine("looking for what is broken", stream=sys.stderr) as line:
        opener = SetOpener(skip=skip_bad, progress=line.show)
        data = opener.open(source, split=split, class_map=class_map)
    list_left_out(opener.items, left_out_path(source, split))
    return data


def left_out_path(source: str, split: str) -> Path:
    """`left_out-KIND-SPLIT.txt`."""
    return Path(f"left_out-{source.partition(':')[0]}-{split}.txt")


def list_left_out(items: Sequence[str], path: Path) -> None:
    """Write the list, a line an item, and say where it is; without items, do nothing."""
    from seqseg.data.left_out import write_left_out

    if items:
        write_left_out(path, items)
        print(f"warning: left out {len(items)} broken item{'s' * (len(items) > 1)}, listed in {path}", file=sys.stderr)
