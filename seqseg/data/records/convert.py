"""Pack a set into records, in shards that are finished one after the other, so that a conversion can be gone on with.

While it runs, OUT holds the finished shards, the one being written as `*.part`, and `conversion.jsonl`: what was asked
for, then a line for every finished shard. A shard is written under its other name, flushed to the disk, renamed and
only then noted; what a kill leaves half done is written again, to the same bytes. At the end `index.json` takes the
place of `conversion.jsonl`. Frames are read and encoded by several threads (OpenCV lets the others run meanwhile) and
written in order.
"""

import errno
import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.opening import open_data
from seqseg.data.records import array_records, tfrecord
from seqseg.data.records.encoding import Encoded, Recipe, encode
from seqseg.data.records.frame import EncodedFrame
from seqseg.data.records.index import INDEX_FILE, RecordIndex, Shard, SplitIndex, read_index, video_entry
from seqseg.data.records.journal import CONVERSION_FILE, Journal, flush_to_disk, write_whole
from seqseg.data.records.plan import Clip, ShardPlan, Unit, plan_shards
from seqseg.data.records.verifying import file_sha256
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError

WRITERS = {
    "array_record": (array_records.SUFFIX, array_records.write_array_records),
    "tfrecord": (tfrecord.SUFFIX, tfrecord.write_tfrecords),
}
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Progress(NamedTuple):
    """How far a conversion is; frames of shards that a resumed one found finished are in `found`."""

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
    """Pack `sets`, one a split, into the folder `out`; gives the index that `records:` reads.

    With `resume` an unfinished conversion is gone on with, and a finished one is left as it is. With
    `LeftOut(skip=True)` frames that cannot be read are left out, and labels that cannot be read are no labels.

    Raises:
        DataError: `out` cannot be used, the conversion to go on with was another one, a frame that cannot be read, or
            a full disk.

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
                    state.shard_done(data.split, plan)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DataError(
            f"no space left for {out} after {len(journal.done)} of {state.shards} shards, which are kept: free some, "
            "then run the same command with --resume"
        ) from error
    index = _index(sets, plans, journal, source, recipe)
    write_whole(out / INDEX_FILE, json.dumps(index.to_json(), separators=(",", ":")) + "\n")
    journal.remove()
    return index


def open_splits(
    source: str, splits: Sequence[str], *, left_out: LeftOut = STRICT
) -> tuple[list[VideoSet], dict[str, DataError]]:
    """The sets of these splits, where "all" is those of train, val and test that can be opened, and why others cannot.

    Raises:
        DataError: a split that was named cannot be opened, or of "all" none.
    """
    if "all" not in splits:
        return [open_data(source, split=split, left_out=left_out) for split in dict.fromkeys(splits)], {}
    sets, absent = [], {}
    for split in ("train", "val", "test"):
        try:
            sets.append(open_data(source, split=split, left_out=left_out))
        except DataError as error:
            absent[split] = error
    if not sets:
        raise absent["train"]
    return sets, absent


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
            raise DataError(f"{out} lies inside the data it is made of, {place}; choose a folder outside")
    there = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    if resume or not there:
        if resume and there and not {INDEX_FILE, CONVERSION_FILE} & set(there):
            raise DataError(f"{out} holds no conversion to go on with but {there[0]}; choose another folder")
        return
    if CONVERSION_FILE in there:
        raise DataError(f"{out} holds a conversion that was not finished; go on with --resume, or remove the folder")
    raise DataError(f"{out} is not empty (it holds {there[0]}); name a folder that is new or empty")


def source_folders(source: str) -> list[Path]:
    """The folders on disk that "kind:PATH,option=1 + kind:PATH" names."""
    found = []
    for one in source.split(" + "):
        where = Path(one.strip().partition(":")[2])
        while not where.expanduser().exists() and "," in str(where):
            where = Path(str(where).rpartition(",")[0])
        if str(where) != "." and where.expanduser().is_dir():
            found.append(where.expanduser().resolve())
    return found


def _outline(data: VideoSet, shards: Sequence[ShardPlan]) -> dict[str, Any]:
    """What must be the same for a conversion to be gone on with."""
    return {
        "classes": list(data.classes),
        "videos": [[video.name, len(video)] for video in data.videos],
        "shards": [plan.file for plan in shards],
    }


class _State:
    """What is told to whoever watches."""

    def __init__(self, plans: dict[str, list[ShardPlan]], journal: Journal, tell: Callable[[Progress], None]):
        self.shards = sum(map(len, plans.values()))
        self._of_frames = sum(plan.frames for shards in plans.values() for plan in shards)
        self._found = sum(plan.frames for shards in plans.values() for plan in shards if plan.file in journal.done)
        self._files, self._done, self._frames, self._tell = set(journal.done), 0, self._found, tell

    def frame_done(self, split: str) -> None:
        self._frames += 1
        self._told(split)

    def shard_done(self, split: str, plan: ShardPlan) -> None:
        self._done += 1
        self._told(split)

    def _told(self, split: str) -> None:
        self._tell(Progress(split, self._done, self.shards, self._frames, self._of_frames, self._found))


def _write_shard(
    out: Path, data: VideoSet, plan: ShardPlan, recipe: Recipe, threads, workers: int, left_out: LeftOut, state: _State
) -> dict[str, Any]:
    """Write one shard and give its line of the journal."""
    sizes, labelled, missing, faults = [], [], [], []

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

    path, part = out / plan.file, out / f"{plan.file}.part"
    jobs = (
        (data.videos[unit.video], index, recipe, left_out.skip)
        for unit in plan.units
        for index in range(unit.start, unit.stop)
    )
    try:
        counts = WRITERS[recipe.storage][1](part, clips(_in_order(threads, encode, jobs, ahead=4 * workers)))
        with part.open("rb+") as file:
            flush_to_disk(file)
        facts = Shard(plan.file, **counts, bytes=part.stat().st_size, sha256=file_sha256(part))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    for fault in faults:
        left_out.add(fault)
    return {
        "shard": asdict(facts), "sizes": [list(size) for size in sizes], "labelled": labelled, "missing": missing,
        "faults": list(map(str, faults)),
    }  # fmt: skip


def _in_order(threads: ThreadPoolExecutor, function, jobs: Iterable[tuple], *, ahead: int) -> Iterator:
    """The results in the order of the jobs, of which at most `ahead` are begun and not yet taken."""
    pending = deque()
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


def _index(sets, plans, journal: Journal, source: str, recipe: Recipe) -> RecordIndex:
    first = sets[0]
    return RecordIndex(
        storage=recipe.storage, source=source, image=recipe.image, quality=recipe.quality, size=recipe.size,
        classes=first.classes, palette=tuple(map(tuple, first.palette.tolist())), void=first.void,
        multi_label=first.multi_label, vector_names=first.vector_names,
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
        raise DataError(f"no frame of {data.name}'s {data.split} split can be read; without --skip-bad it says why")
    faults = [fault for line in noted for fault in line["faults"]]
    notes = data.notes + ((f"left out while converting: {'; '.join(faults)}",) if faults else ())
    if recipe.storage == "tfrecord":
        notes += _cut_videos(data, plans)
    return SplitIndex(notes, tuple(Shard(**line["shard"]) for line in noted), tuple(entries))


def _cut_videos(data: VideoSet, plans: Sequence[ShardPlan]) -> tuple[str, ...]:
    """A sentence about the videos that are too long for one record."""
    records = Counter(unit.video for plan in plans for unit in plan.units)
    cut = [f"{data.videos[video].name} ({count})" for video, count in records.items() if count > 1]
    shown = ", ".join(cut[:4]) + (", …" if len(cut) > 4 else "")
    return (f"too long for one TFRecord, so in several: {shown}",) if cut else ()


def _entry(video: Video, kept: list[int], sizes, labelled) -> dict[str, Any]:
    times = None if video.times is None else [video.times[index] for index in kept]
    vectors = None if video.vectors is None else [video.vectors[index] for index in kept]
    return video_entry(video.name, sizes=sizes, labelled=labelled, times=times, vectors=vectors)
