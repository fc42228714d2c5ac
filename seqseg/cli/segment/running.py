"""One run of `seqseg segment`: what is to do, who does it, and what is shown of it."""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seqseg.cli.console.printable import unfiltered
from seqseg.cli.console.terminal import print_table
from seqseg.cli.segment.engines import in_cluster, in_processes, in_this_process
from seqseg.cli.segment.finding import count_frames, find_jobs
from seqseg.cli.segment.options import SegmentOptions
from seqseg.cli.segment.split_work import split_work
from seqseg.cli.segment.splitting import Splitter
from seqseg.errors import ConfigError, DataError
from seqseg.offline.cluster import Cluster
from seqseg.offline.jobs import SUMMARY, Job, Shard
from seqseg.offline.perform import Outcome, skipped
from seqseg.offline.progress import Progress
from seqseg.offline.records import Settings
from seqseg.offline.summary import write_summary

MOST_ROWS = 40


class SegmentRun:
    """The sources of the command line through the model of `options`."""

    def __init__(self, options: SegmentOptions, args: argparse.Namespace, paths: Sequence[str]) -> None:
        self.options, self.out = options, Path(options.out)
        self._again, self._json, self._workers = args.again, args.json, args.workers
        if self._workers is not None and self._workers < 1:
            raise ConfigError(f"--workers must be at least 1, got {self._workers}")
        self._cluster = None
        if args.cluster is not None:
            self._cluster = Cluster(args.cluster, cpus=args.task_cpus, gpus=args.task_gpus)
        shard = Shard.parse(args.shard) if args.shard else Shard()
        self.jobs = shard.of(find_jobs(paths, out=options.out))
        self.settings = settings_of(options)
        if args.split_exact and args.split_long is None:
            raise ConfigError("--split-exact says how long sources are split; give --split-long MINUTES, too")
        self.splitter = None
        if args.split_long is not None:
            self.splitter = Splitter(options, self.settings, minutes=args.split_long, exact=args.split_exact)
        self._terminal = sys.stderr.isatty()
        self.outcomes: list[Outcome] = []

    def run(self) -> int:
        """Segments what is not done. 0; DataError if a source could not be segmented."""
        began = time.monotonic()
        pending = [job for job in self.jobs if self._is_to_do(job)]
        self._emit("start", sources=len(self.jobs), to_do=len(pending))
        self.progress = Progress(self._expected(pending), show=self._draw)
        try:
            for outcome in self._work(pending):
                self._clear()
                self.progress.end(outcome)
                self._take(outcome)
        except KeyboardInterrupt:
            self._clear()
            self._finish(began)
            done = sum(outcome.status != "failed" for outcome in self.outcomes)
            raise KeyboardInterrupt(
                f"stopped with {done} of {len(self.jobs)} sources done; run the same command to continue"
            ) from None
        self._clear()
        self._finish(began)
        failed = [outcome for outcome in self.outcomes if outcome.status == "failed"]
        if failed:
            reasons = "; ".join(f"{outcome.name}: {outcome.error}" for outcome in failed[:3])
            more = f"; and {len(failed) - 3} more" if len(failed) > 3 else ""
            raise DataError(
                f"{len(failed)} of {len(self.jobs)} sources failed: {reasons}{more}; see {self.out / SUMMARY}"
            )
        return 0

    def _work(self, pending: list[Job]) -> Iterator[Outcome]:
        if self.splitter is None:
            return self._segment(pending, self.options, self.settings)
        return split_work(self.splitter, pending, self._segment, self.progress, again=self._again)

    def _segment(self, jobs: list[Job], options: SegmentOptions, settings: Settings) -> Iterator[Outcome]:
        """The outcomes from this process, several or a cluster, as the options say."""
        if not jobs:
            return iter(())
        if self._cluster is not None:
            return in_cluster(jobs, options, settings, self.progress.see, self._cluster, again=self._again)
        if self._workers is None:
            return in_this_process(jobs, options, settings, self.progress.see)
        return in_processes(jobs, options, settings, self.progress.see, self._workers, self._say)

    def _is_to_do(self, job: Job) -> bool:
        done = skipped(job, self.out, self.settings) or (
            self.splitter is not None and skipped(job, self.out, self.splitter.settings)
        )
        if self._again or not done:
            return True
        self._take(Outcome(job.name, job.path, "skipped"))
        return False

    def _take(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._emit(**outcome.to_dict() | {"event": outcome.status})
        if outcome.status == "failed" and not self._json:
            self._say(f"  failed: {outcome.name}: {outcome.error}")

    def _expected(self, jobs: list[Job]) -> dict[str, int | None]:
        """The frames of each source where progress is shown, else None; opening a source takes a few milliseconds."""
        shown = self._terminal or self._json
        return {job.name: count_frames(job) if shown else None for job in jobs}

    def _finish(self, began: float) -> None:
        summary = write_summary(self.out) if self.out.is_dir() else None
        seconds = time.monotonic() - began
        counts = Counter(outcome.status for outcome in self.outcomes)
        frames = sum(outcome.frames for outcome in self.outcomes)
        if self._json:
            self._emit("end", **counts, frames=frames, seconds=round(seconds, 3))
            return
        rate = f", {frames / seconds:.1f} frames a second" if frames else ""
        parts = ", ".join(f"{counts[status]} {status}" for status in ("done", "skipped", "failed"))
        print(f"{parts}; {frames} frames in {seconds:.1f} s{rate}\n")
        by_status = {"failed": 0, "done": 1}
        shown = sorted((one for one in self.outcomes if one.status in by_status), key=lambda one: by_status[one.status])
        rows = [(one.name, one.status, one.frames, f"{one.seconds:.1f}", _remark(one)) for one in shown]
        if rows:
            print_table(("source", "", "frames", "s", ""), rows[:MOST_ROWS])
        if len(rows) > MOST_ROWS:
            print(f"  … and {len(rows) - MOST_ROWS} more")
        if summary is not None:
            print(f"\n  everything is listed in {self.out / SUMMARY}")

    def _say(self, text: str) -> None:
        self._clear()
        print(text, file=sys.stderr, flush=True)

    def _draw(self, line: str) -> None:
        if self._json:
            self._emit("progress", **self.progress.to_dict())
        elif self._terminal:
            unfiltered(sys.stderr).write(f"\r\x1b[K  {line}")
            sys.stderr.flush()

    def _clear(self) -> None:
        if self._terminal and not self._json:
            unfiltered(sys.stderr).write("\r\x1b[K")

    def _emit(self, event: str, **content: Any) -> None:
        if self._json:
            print(json.dumps({"event": event, "time": round(time.time(), 3)} | content), flush=True)


def settings_of(options: SegmentOptions) -> Settings:
    """The model and options as the records of the sources keep them."""
    import os

    from seqseg.files import sha256_of

    file = Path(options.file)
    digest = sha256_of(file)
    weights = file.with_suffix(".bin")  # an OpenVINO export's
    if options.export and weights.is_file():
        digest = f"{digest}+{sha256_of(weights)}"
    engine = (options.runtime or file.suffix.removeprefix(".")) if options.export else os.environ["KERAS_BACKEND"]
    return Settings(options.trained, digest, options.to_dict(engine))


def _remark(outcome: Outcome) -> str:
    remarks = [outcome.error] if outcome.error else list(outcome.warnings)
    return f"{remarks[0]}{f' (and {len(remarks) - 1} more)' if len(remarks) > 1 else ''}" if remarks else ""
