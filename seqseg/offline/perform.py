"""One source: segmented into a folder of its own that appears whole, or a reason why not."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqseg.errors import DataError
from seqseg.files import replacing_folder, write_json
from seqseg.offline.jobs import SUMMARY, Job
from seqseg.offline.records import Settings, contents_of, make_record, not_done, stamp_of

Watch = Callable[[int], None]
"""Called with the number of frames of the source that are done."""


class SourceFailed(Exception):
    """A source that cannot be segmented; the message says why in one line. The others go on."""


@dataclass(frozen=True, slots=True)
class Segmented:
    """What came of a source: its frames, and warnings about it."""

    frames: int
    warnings: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


Segment = Callable[[Job, Path, Watch], Segmented]
"""`segment(job, folder, watch)` writes the outputs of a source into an empty folder, or raises SourceFailed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a source ended: "done", "skipped" (it was done already) or "failed" (see `error`)."""

    name: str
    source: str
    status: str
    frames: int = 0
    seconds: float = 0.0
    error: str | None = None
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "source": self.source,
            "status": self.status,
            "frames": self.frames,
            "seconds": round(self.seconds, 3),
            "error": self.error,
            "warnings": list(self.warnings),
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Outcome":
        """What `to_dict` gave."""
        return cls(**{**data, "warnings": tuple(data["warnings"])})


def perform(job: Job, out: Path, settings: Settings, segment: Segment, watch: Watch) -> Outcome:
    """Segments a source into `out / job.name`, which appears with its record, or not at all.

    What was there before under that name is replaced, if this package wrote it.
    """
    out = Path(job.into or out)
    folder, began = out / job.name, time.monotonic()
    try:
        _require_ours(folder)
        stamp = stamp_of(job)
        with replacing_folder(folder) as part:
            done = segment(job, part, watch)
            facts: dict[str, Any] = {"frames": done.frames, "seconds": round(time.monotonic() - began, 3)}
            facts |= {"warnings": list(done.warnings), **done.facts}
            if not contents_of(part):
                raise SourceFailed(f"{job.path} gave no frames")
            if stamp_of(job) != stamp:
                raise SourceFailed(f"{job.path} changed while it was being segmented; run the command again")
            write_json(part / SUMMARY, make_record(job, settings, stamp, part, facts))
    except (SourceFailed, DataError) as error:
        return _failed(job, out, str(error), began)
    except OSError as error:
        return _failed(job, out, f"{error.strerror or error}: {error.filename or job.path}", began)
    _failure_file(out, job.name).unlink(missing_ok=True)
    return Outcome(job.name, job.path, "done", done.frames, time.monotonic() - began, None, done.warnings)


def skipped(job: Job, out: Path, settings: Settings) -> bool:
    """Whether the source is done already, with these settings, and whole."""
    return not_done(Path(job.into or out) / job.name, job, settings) is None


def note_failure(out: Path, outcome: Outcome) -> None:
    """Keeps a failure beside the folders, for the summary, until the source is done."""
    write_json(_failure_file(out, outcome.name), outcome.to_dict())


def _failed(job: Job, out: Path, error: str, began: float) -> Outcome:
    outcome = Outcome(job.name, job.path, "failed", 0, time.monotonic() - began, " ".join(error.split()))
    note_failure(out, outcome)
    return outcome


def _failure_file(out: Path, name: str) -> Path:
    return out / f".{name}.failed.json"


def _require_ours(folder: Path) -> None:
    if folder.exists() and not (folder / SUMMARY).is_file():
        raise SourceFailed(f"{folder} is there, and not from seqseg segment; move it away, or give another --out")
