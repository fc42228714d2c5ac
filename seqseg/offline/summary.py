"""`segment.json` of a whole output folder, made of the records in it: any number of runs may write it at once."""

import contextlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from seqseg.files import write_json
from seqseg.offline.jobs import SUMMARY
from seqseg.offline.records import VERSION, read_record


def write_summary(out: Path) -> dict[str, Any]:
    """Writes `out/segment.json` and gives its content.

    It is a function of the records and failures on the disk, and is written again when others came meanwhile: whichever
    of several runs ends last writes the whole of it, without any agreement between them.
    """
    while True:
        seen = _files(out)
        content = _content(out)
        write_json(out / SUMMARY, content)
        if _files(out) == seen:
            return content


def _files(out: Path) -> list[tuple[str, int]]:
    """What the summary is made of, and when each was written."""
    found: list[tuple[str, int]] = []
    for path in (*out.glob(".*.failed.json"), *(folder / SUMMARY for folder in _folders(out))):
        with contextlib.suppress(FileNotFoundError):  # another run is replacing it
            found.append((path.name if path.parent == out else path.parent.name, path.stat().st_mtime_ns))
    return sorted(found)


def _folders(out: Path) -> list[Path]:
    return sorted(path.parent for path in out.glob(f"*/{SUMMARY}") if not path.parent.name.startswith("."))


def _content(out: Path) -> dict[str, Any]:
    sources: dict[str, dict[str, Any]] = {}
    for folder in _folders(out):
        record = read_record(folder)
        if record is not None:
            del record["version"]
            sources[folder.name] = {"name": folder.name, "status": "done"} | record
    for file in sorted(out.glob(".*.failed.json")):
        with contextlib.suppress(FileNotFoundError):  # it has just succeeded in another run
            failure = json.loads(file.read_text(encoding="utf-8"))
            sources[failure["name"]] = failure
    listed = [sources[name] for name in sorted(sources)]
    return {
        "version": VERSION,
        "counts": dict(Counter(source["status"] for source in listed)),
        "frames": sum(source.get("frames", 0) for source in listed),
        "sources": listed,
    }
