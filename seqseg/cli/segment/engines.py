"""Who segments the sources: this process, several, or a cluster."""

import base64
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from seqseg.cli.segment.options import SegmentOptions
from seqseg.offline.cluster import Cluster
from seqseg.offline.jobs import Job
from seqseg.offline.perform import Outcome, note_failure, perform
from seqseg.offline.records import Settings
from seqseg.offline.workers import Workers

See = Callable[[str, int], None]
"""Called with a source's name and the number of its frames that are done."""


def in_this_process(jobs: Sequence[Job], options: SegmentOptions, settings: Settings, see: See) -> Iterator[Outcome]:
    """One source after the other, each with all processors: on one machine nothing is faster."""
    from seqseg.cli.segment.segmenting import Segmenter

    segmenter, out = Segmenter(options), Path(options.out)
    for job in jobs:
        yield perform(job, out, settings, segmenter, partial(see, job.name))


def in_processes(
    jobs: Sequence[Job],
    options: SegmentOptions,
    settings: Settings,
    see: See,
    count: int,
    say: Callable[[str], None],
) -> Iterator[Outcome]:
    """`count` processes of this machine, each with its share of the processors."""

    def lost(name: str, status: int) -> None:
        say(f"  a worker died with {name} in hand ({f'signal {-status}' if status < 0 else f'exit {status}'})")

    given = base64.b64encode(pickle.dumps((options, settings))).decode()
    command = [sys.executable, "-m", "seqseg.cli.segment.worker"]
    with Workers(command, count, given=given, see=see, lost=lost) as workers:
        for outcome in workers.run(jobs):
            if outcome.status == "failed":
                note_failure(Path(options.out), outcome)
            yield outcome


def in_cluster(
    jobs: Sequence[Job], options: SegmentOptions, settings: Settings, see: See, cluster: Cluster, *, again: bool
) -> Iterator[Outcome]:
    """Tasks of a Ray cluster, whose machines see the sources, the model and the outputs under the same paths."""
    from seqseg.cli.segment.on_cluster import segment_on_worker

    absolute = [
        replace(
            job, path=os.path.abspath(job.path), pictures=tuple(os.path.abspath(picture) for picture in job.pictures)
        )
        for job in jobs
    ]
    given = pickle.dumps((options, settings, os.environ["KERAS_BACKEND"], again))
    with cluster:
        for outcome in cluster.run(segment_on_worker, given, absolute, see=see):
            if outcome.status == "failed":
                note_failure(Path(options.out), outcome)
            yield outcome
