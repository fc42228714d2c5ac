"""The order of work where long sources are cut: short sources and chunks first, then each source's chunks joined."""

import shutil
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path

from seqseg.cli.segment.options import SegmentOptions
from seqseg.cli.segment.splitting import Splitter
from seqseg.offline.jobs import Job
from seqseg.offline.perform import Outcome, note_failure, perform, skipped
from seqseg.offline.progress import Progress
from seqseg.offline.records import Settings

Work = Callable[[list[Job], SegmentOptions, Settings], Iterator[Outcome]]


def split_work(
    splitter: Splitter, jobs: list[Job], work: Work, progress: Progress, *, again: bool = False
) -> Iterator[Outcome]:
    """The outcomes of the sources as they end.

    Chunks that an earlier run has done are not done again, unless `again`; they are removed when their source is done.
    """
    plans = {job.name: splitter.plan(job) for job in jobs}
    yield from work([job for job in jobs if not plans[job.name]], splitter.options, splitter.plain)
    out, errors = Path(splitter.options.out), dict[str, str]()
    for wave in _waves(list(plans.values()), exact=splitter.exact):
        to_do = [
            chunk
            for chunk in wave
            if _source(chunk) not in errors and (again or not skipped(chunk, out, splitter.chunk_settings))
        ]
        for outcome in work(to_do, splitter.chunk_options, splitter.chunk_settings):
            if outcome.error is not None:
                errors[outcome.name.rpartition("~")[0]] = outcome.error
    for job in jobs:
        chunks = plans[job.name]
        if not chunks:
            continue
        if job.name in errors:
            outcome = Outcome(job.name, job.path, "failed", error=errors[job.name])
            note_failure(out, outcome)
            yield outcome
            continue

        outcome = perform(job, out, splitter.settings, splitter.join(chunks), lambda frames: None)
        progress.leave(chunk.name for chunk in chunks)
        if outcome.status == "done":
            shutil.rmtree(chunks[0].into, ignore_errors=True)
        yield outcome


def _waves(plans: list[list[Job]], *, exact: bool) -> list[list[Job]]:
    """What may be done at once: all chunks; or the first of each source, then the second."""
    if not exact:
        return [[chunk for plan in plans for chunk in plan]]
    return [[chunk for chunk in wave if chunk is not None] for wave in zip_longest(*plans)]


def _source(chunk: Job) -> str:
    return chunk.name.rpartition("~")[0]
