"""What proves that a source is done: a record in its folder, against the source, the model and the options."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqseg.offline.jobs import SUMMARY, Job

VERSION = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """What the results of a source depend on, besides the source.

    Attributes:
        model: the name of the model, for people; its path does not count.
        sha256: of the model's file.
        options: everything else, as plain data for JSON.
    """

    model: str
    sha256: str
    options: Mapping[str, Any]


def stamp_of(job: Job) -> dict[str, Any]:
    """What shows that a source has changed: its bytes and the time of its last change; of pictures, of all of them.

    Raises:
        OSError: it cannot be read.
    """
    if job.kind == "movie":
        facts = os.stat(job.path)
        return {"bytes": facts.st_size, "modified_ns": facts.st_mtime_ns}
    digest, total, newest = hashlib.sha256(), 0, 0
    files = [Path(file) for file in job.pictures] or sorted(path for path in Path(job.path).iterdir() if path.is_file())
    for file in files:
        facts = file.stat()
        total, newest = total + facts.st_size, max(newest, facts.st_mtime_ns)
        digest.update(f"{file.name} {facts.st_size} {facts.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return {"files": len(files), "bytes": total, "modified_ns": newest, "sha256": digest.hexdigest()}


def contents_of(folder: Path) -> dict[str, dict[str, int]]:
    """The outputs in a source's folder: files and bytes of each, without the record."""
    return {path.name: _measure(path) for path in sorted(folder.iterdir()) if path.name != SUMMARY}


def make_record(job: Job, settings: Settings, stamp: Mapping[str, Any], folder: Path, facts: Mapping[str, Any]) -> Any:
    """The record of a source that was segmented into `folder`: plain data for JSON."""
    return {
        "version": VERSION,
        "source": job.path,
        "stamp": dict(stamp),
        "model": settings.model,
        "model_sha256": settings.sha256,
        "options": dict(settings.options) | job.span,
        "outputs": contents_of(folder),
        **facts,
    }


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record in a source's folder; None where there is none that can be read."""
    try:
        record = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and record.get("version") == VERSION else None


def not_done(folder: Path, job: Job, settings: Settings) -> str | None:
    """Why a source is not done in `folder`; None when it is, with the same settings, and whole."""
    if not folder.is_dir():
        return "it has not been segmented"
    record = read_record(folder)
    if record is None:
        return "its folder has no record"
    try:
        if record["stamp"] != stamp_of(job):
            return "the source has changed"
    except OSError:
        return "the source cannot be read"
    if record["model_sha256"] != settings.sha256:
        return "the model is another one"
    if record["options"] != json.loads(json.dumps(dict(settings.options) | job.span)):
        return "the options are others"
    return None if record["outputs"] == contents_of(folder) else "its outputs are not whole"


def _measure(path: Path) -> dict[str, int]:
    if path.is_dir():
        files = [found for found in path.rglob("*") if found.is_file()]
        return {"files": len(files), "bytes": sum(file.stat().st_size for file in files)}
    return {"files": 1, "bytes": path.stat().st_size}
