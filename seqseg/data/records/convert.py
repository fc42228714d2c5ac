"""Pack a set into records, shard after shard, so that a conversion can be resumed.

While it runs, OUT holds the finished shards, the one being written as `.*.part*`, and `conversion.jsonl`: the request,
then a line for every finished shard. A shard is written under a temporary name, flushed to the disk, renamed and only
then noted; after a kill the unfinished one is written again, to the same bytes. At the end `index.json` replaces
`conversion.jsonl`. Several threads read and encode frames (OpenCV releases the GIL), one writes them in order.
"""

import errno
import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.records import array_records, tfrecord
from seqseg.data.records.compact import VideoEntry, video_entry
from seqseg.data.records.encoding import Encoded, Recipe, encode
from seqseg.data.records.frame import EncodedFrame
from seqseg.data.records.index import INDEX_FILE, RecordIndex, Shard, SplitIndex, read_index
from seqseg.data.records.journal import CONVERSION_FILE, Journal
from seqseg.data.records.plan import Clip, ShardPlan, Unit, Written, plan_shards
from seqseg.data.spec import source_folders
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError
from seqseg.files import replacing, replacing_path, sha256_of

WRITERS: dict[str, tuple[str, Callable[[Path, Iterable[Clip]], Written]]] = {
    "array_record": (array_records.SUFFIX, array_records.write_array_records),
    "tfrecord": (tfrecord.SUFFIX, tfrecord.write_tfrecords),
}
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Progress(NamedTuple):
    """The progress of a conversion; `found` counts frames of shards that were finished before it was resumed."""

    split: str
    shards: int
    of_shards: int
    frames: int
    of_frames: int
    found: int


def convert(
    sets: Sequence[VideoSet], out: str | Path, *, source: str, recipe: Recipe | None = None, workers: int = 2,
    resume: bool = False, left_out: LeftOut = STRICT, progress: Callable[[Progress], None] = lambda _: None,
) -> RecordIndex:  # fmt: skip
    """Pack `sets`, one a split, into the folder `out` and return the index that `records:` reads.

    With `resume` an unfinished conversion is continued and a finished one is left as it is. With `LeftOut(skip=True)`
    frames that cannot be read are left out, and frames whose label cannot be read are unlabelled.

    Raises:
        DataError: `out` cannot be used, the conversion to resume is a different one, a frame cannot be read, or the
            disk is full.

    Example:
        >>> sets = [open_data("shapes:videos=4", split=split) for split in ("train", "val")]
        >>> convert(sets, "packed", source="shapes:videos=4")
        >>> open_data("records:packed", split="val")
    """
    recipe, out = recipe or Recipe(), Path(out).expanduser()
    _require_alike(sets)
    _require_usable(out, source, resume)
    if (out / INDEX_FILE).is_file():
        return read_index(out)
    out.mkdir(parents=True, exist_ok=True)
    plans = {data.split: plan_shards(data, recipe, WRITERS[recipe.storage][0]) for data in sets}
    asked = {"source": source, "recipe": asdict(recipe), "skip": left_out.skip} | {
        "splits": {data.split: _outline(data, plans[data.split]) for data in sets}
    }
    journal = Journal(out, asked)
    state = _State(plans, journal, progress)
    try:
        with ThreadPoolExecutor(max_workers=workers) as threads:
            for data in sets:
                for plan in plans[data.split]:
                    if plan.file not in journal.done:
                        noted = _write_shard(out, data, plan, recipe, threads, workers, left_out, state)
                        journal.add(plan.file, noted)
                    state.shard_done(data.split)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DataError(
            f"no space left for {out} after {len(journal.done)} of {state.shards} shards, which are kept: free some, "
            "then run the same command with --resume"
        ) from error
    index = _index(sets, plans, journal, source, recipe)
    with replacing(out / INDEX_FILE) as file:
        file.write((json.dumps(index.to_json(), separators=(",", ":")) + "\n").encode())
    journal.remove()
    return index


def _require_alike(sets: Sequence[VideoSet]) -> None:
    first = sets[0]
    for other in sets[1:]:
        if (other.classes, other.multi_label, other.vector_names) != (
            first.classes, first.multi_label, first.vector_names,
        ):  # fmt: skip
            raise DataError(
                f"the {first.split} split of {first.name} has classes {', '.join(first.classes)}, its {other.split} "
                f"split {', '.join(other.classes)} (or they differ in vectors); convert each into a folder of its own"
            )


def _require_usable(out: Path, source: str, resume: bool) -> None:
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is a file; name a folder for the records")
    for place in source_folders(source):
        if out.resolve().is_relative_to(place):
            raise DataError(f"{out} is inside its source, {place}; choose a folder outside")
    there = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    if resume or not there:
        if resume and there and not {INDEX_FILE, CONVERSION_FILE} & set(there):
            raise DataError(f"{out} holds no conversion to resume but {there[0]}; choose another folder")
        return
    if CONVERSION_FILE in there:
        raise DataError(f"{out} holds a conversion that was not finished; continue with --resume, or remove the folder")
    raise DataError(f"{out} is not empty (it holds {there[0]}); name a folder that is new or empty")


def _outline(data: VideoSet, shards: Sequence[ShardPlan]) -> dict[str, Any]:
    """What must be the same when a conversion is resumed."""
    return {
        "classes": list(data.classes),
        "videos": [[video.name, len(video)] for video in data.videos],
        "shards": [plan.file for plan in shards],
    }


class _State:
    """Reports progress."""

    def __init__(self, plans: dict[str, list[ShardPlan]], journal: Journal, report: Callable[[Progress], None]):
        self.shards = sum(map(len, plans.values()))
        self._of_frames = sum(plan.frames for shards in plans.values() for plan in shards)
        self._found = sum(plan.frames for shards in plans.values() for plan in shards if plan.file in journal.done)
        self._done, self._frames, self._report_to = 0, self._found, report

    def frame_done(self, split: str) -> None:
        self._frames += 1
        self._report(split)

    def shard_done(self, split: str) -> None:
        self._done += 1
        self._report(split)

    def _report(self, split: str) -> None:
        self._report_to(Progress(split, self._done, self.shards, self._frames, self._of_frames, self._found))


def _write_shard(
    out: Path, data: VideoSet, plan: ShardPlan, recipe: Recipe, threads: ThreadPoolExecutor, workers: int,
    left_out: LeftOut, state: _State,
) -> dict[str, Any]:  # fmt: skip
    """Write one shard and return its line of the journal."""
    sizes: list[tuple[int, int]] = []
    labelled: list[bool] = []
    missing: list[list[int]] = []
    faults: list[DataError] = []

    def clips(results: Iterator[Encoded]) -> Iterator[Clip]:
        for unit in plan.units:
            yield Clip(data, data.videos[unit.video], unit, frames(unit, results))

    def frames(unit: Unit, results: Iterator[Encoded]) -> Iterator[tuple[int, EncodedFrame]]:
        for index in range(unit.start, unit.stop):
            result = next(results)
            faults.extend(result.faults)
            if result.frame is None:
                missing.append([unit.video, index])
            else:
                sizes.append(result.frame.size)
                labelled.append(result.frame.kind != 0)
                yield index, result.frame
            state.frame_done(data.split)

    jobs = (
        (data.videos[unit.video], index, recipe, left_out.skip)
        for unit in plan.units
        for index in range(unit.start, unit.stop)
    )
    with replacing_path(out / plan.file) as part:
        written = WRITERS[recipe.storage][1](part, clips(_in_order(threads, encode, jobs, ahead=4 * workers)))
        size, digest = part.stat().st_size, sha256_of(part)
    facts = Shard(plan.file, written.frames, written.records, size, digest, written.offsets)
    for fault in faults:
        left_out.add(fault)
    return {
        "shard": asdict(facts), "sizes": [list(size) for size in sizes], "labelled": labelled, "missing": missing,
        "faults": list(map(str, faults)),
    }  # fmt: skip


def _in_order(
    threads: ThreadPoolExecutor, function: Callable[..., Encoded], jobs: Iterable[tuple[Video, int, Recipe, bool]], *,
    ahead: int,
) -> Iterator[Encoded]:  # fmt: skip
    """The results in the order of the jobs, at most `ahead` of them in progress."""
    pending: deque[Future[Encoded]] = deque()
    try:
        for job in jobs:
            pending.append(threads.submit(function, *job))
            if len(pending) >= ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()


def _index(
    sets: Sequence[VideoSet], plans: dict[str, list[ShardPlan]], journal: Journal, source: str, recipe: Recipe
) -> RecordIndex:
    first = sets[0]
    return RecordIndex(
        storage=recipe.storage, source=source, image=recipe.image, quality=recipe.quality, size=recipe.size,
        classes=first.classes, palette=tuple((red, green, blue) for red, green, blue in first.palette.tolist()),
        void=first.void, multi_label=first.multi_label, vector_names=first.vector_names,
        splits={data.split: _split_index(data, plans[data.split], journal, recipe) for data in sets},
    )  # fmt: skip


def _split_index(data: VideoSet, plans: Sequence[ShardPlan], journal: Journal, recipe: Recipe) -> SplitIndex:
    noted = [journal.done[plan.file] for plan in plans]
    sizes = iter([tuple(size) for line in noted for size in line["sizes"]])
    labelled = iter([flag for line in noted for flag in line["labelled"]])
    missing = {tuple(place) for line in noted for place in line["missing"]}
    entries = []
    for number, video in enumerate(data.videos):
        kept = [index for index in range(len(video)) if (number, index) not in missing]
        if kept:
            entries.append(_entry(video, kept, [next(sizes) for _ in kept], [next(labelled) for _ in kept]))
    if not entries:
        raise DataError(
            f"no frame of {data.name}'s {data.split} split can be read; run without --skip-bad to see the errors"
        )
    faults = [fault for line in noted for fault in line["faults"]]
    notes = data.notes + ((f"left out while converting: {'; '.join(faults)}",) if faults else ())
    if recipe.storage == "tfrecord":
        notes += _cut_videos(data, plans)
    return SplitIndex(notes, tuple(Shard(**line["shard"]) for line in noted), tuple(entries))


def _cut_videos(data: VideoSet, plans: Sequence[ShardPlan]) -> tuple[str, ...]:
    """A sentence on the videos that are too long for one record."""
    records = Counter(unit.video for plan in plans for unit in plan.units)
    cut = [f"{data.videos[video].name} ({count})" for video, count in records.items() if count > 1]
    shown = ", ".join(cut[:4]) + (", …" if len(cut) > 4 else "")
    return (f"too long for one TFRecord, so in several: {shown}",) if cut else ()


def _entry(video: Video, kept: list[int], sizes: list[tuple[int, int]], labelled: list[bool]) -> VideoEntry:
    times = None if video.times is None else [video.times[index] for index in kept]
    vectors = None if video.vectors is None else [video.vectors[index] for index in kept]
    return video_entry(video.name, sizes=sizes, labelled=labelled, times=times, vectors=vectors)
