"""What a worker of a Ray cluster does with a source: the model is loaded once a process."""

import os
import pickle
import platform
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from seqseg.cli.segment.options import SegmentOptions
from seqseg.cli.segment.segmenting import Segmenter
from seqseg.errors import ModelError
from seqseg.offline.jobs import Job
from seqseg.offline.perform import Outcome, perform, skipped
from seqseg.offline.records import Settings, read_record


def segment_on_worker(given: bytes, job: Job, watch: Callable[[int], None]) -> Outcome:
    """The source of `job` with pickled (options, settings, backend, again).

    A task that is done again although it had ended, since its machine died after it, is not segmented twice.

    Raises:
        ModelError: this machine does not see the model's file, or sees another one.
    """
    segmenter, options, settings, again = _prepared(given)
    out = Path(options.out)
    if not again and skipped(job, out, settings):
        record = read_record(Path(job.into or out) / job.name) or {}
        return Outcome(job.name, job.path, "done", record.get("frames", 0), record.get("seconds", 0.0))
    return perform(job, out, settings, segmenter, watch)


@lru_cache(maxsize=1)
def _prepared(given: bytes) -> tuple[Segmenter, SegmentOptions, Settings, bool]:
    from seqseg.cli.console.quiet import quiet_start
    from seqseg.files import sha256_of

    options, settings, backend, again = pickle.loads(given)  # from the process that started the run
    quiet_start(backend)
    file = Path(options.file)
    if not file.is_file() or sha256_of(file) != settings.sha256.partition("+")[0]:
        what = "is another file" if file.exists() else "is not there"
        raise ModelError(f"{file} {what} on worker {platform.node()}; give a model on a path that all machines share")
    os.chdir("/")  # paths are absolute; a worker begins in a folder of Ray's
    return Segmenter(options), options, settings, again
