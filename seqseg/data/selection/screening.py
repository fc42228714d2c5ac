"""Read everything in a set once and leave out what is broken, so that training never meets it.

A frame that cannot be read cuts its video in two, so that no clip crosses the hole; where the size of the frames
changes a video is cut, too. A label that cannot be used, as it is damaged, holds values that are no classes or is of
another size than its frame, is left out and the frame stays, without a label; a video that loses its only labels goes.
What was found can be kept and is looked up by the names, sizes and times of change of the files.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.data.every_frame import every_frame
from seqseg.data.left_out import LeftOut
from seqseg.data.video import Video, VideoSet, size_text
from seqseg.errors import DataError
from streams.errors import SourceError

FRAME, LABEL, SIZE = "frame", "label", "size"
Findings = list[list]
"""[video, index, FRAME, LABEL or SIZE, what is wrong] of everything that is, in order; plain, to be kept as JSON."""


def screen(
    data: VideoSet, left_out: LeftOut, *, kept: MutableMapping[str, Findings] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> VideoSet:  # fmt: skip
    """The set without what cannot be read; each item left out is added to `left_out`.

    Args:
        left_out: as everywhere, an error unless it may skip.
        kept: what earlier screenings found, by what the files were; looked into first, and added to.
        progress: told how many frames are read, of how many.

    Raises:
        DataError: something is broken and may not be skipped, or nothing is left.

    Example:
        >>> left_out = LeftOut(skip=True)
        >>> screen(open_data("shapes:videos=2", split="val"), left_out).frames, left_out.items
        (32, [])
    """
    kept = {} if kept is None else kept
    key = fingerprint(data)
    findings = kept.get(key) if key else None
    if findings is None:
        findings = find_broken(data, progress)
        if key:
            kept[key] = findings
    for _, _, _, message in findings:
        left_out.add(DataError(message))
    return _without(data, findings) if findings else data


def find_broken(data: VideoSet, progress: Callable[[int, int], None] = lambda done, total: None) -> Findings:
    """Everything in the set that cannot be used, from reading each frame and mask once."""
    findings: Findings = []
    before: tuple[int, tuple[int, int]] | None = None  # the video and the size of the last frame that could be read

    def look(video: Video, index: int):
        return look_at(data, video, index)

    for place, (size, faults) in every_frame(data.videos, look, progress=progress):
        if size and before and before[0] == place.video and before[1] != size:
            message = (
                f"video {data.videos[place.video].name} is cut at {data.videos[place.video].describe(place.index)}: it "
                f"is {size_text(size)} (height x width), frames before it are {size_text(before[1])}"
            )
            findings.append([*place, SIZE, message])
        before = (place.video, size) if size else before
        findings += [[*place, kind, str(fault)] for kind, fault in faults]
    return findings


def look_at(data: VideoSet, video: Video, index: int) -> tuple[tuple[int, int] | None, list[tuple[str, Exception]]]:
    """(height, width) of a frame, None where it cannot be read, and what is wrong with it or its label."""
    size, faults = None, []
    try:
        frame = video.frame(index)
        if frame.size:
            size = frame.shape[:2]
        else:
            faults.append((FRAME, DataError(f"{video.describe(index)} has no pixels; remove it or write it again")))
    except (DataError, SourceError) as error:
        faults.append((FRAME, error))
    try:
        mask = None if video.masks is None else video.masks[index]
        if mask is not None and size:
            require_fitting(data, video, index, mask, size)
    except (DataError, SourceError) as error:
        faults.append((LABEL, error))
    return size, faults


def require_fitting(data: VideoSet, video: Video, index: int, mask: np.ndarray, size: tuple[int, int]) -> None:
    """DataError when the mask is not of the frame's size, not of the set's kind, or holds what is no class."""
    where = f"the mask {video.describe_mask(index)}"
    if mask.shape[:2] != size:
        raise DataError(
            f"{where} is {size_text(mask.shape)} (height x width) but its frame is {size_text(size)}; make it of one "
            "size with the frame"
        )
    if mask.shape[2:] != ((data.planes,) if data.planes else ()):
        kind = f"bit planes (h, w, {data.planes})" if data.planes else "class indices (h, w)"
        raise DataError(f"{where} is of shape {mask.shape}, but masks of this set are {kind}; make it so")
    if not data.multi_label:
        highest = max(len(data.classes), 2) - 1
        strangers = np.unique(mask[(mask > highest) & (mask != data.void)])
        if strangers.size:
            shown = ", ".join(map(str, strangers[:5])) + (", …" if len(strangers) > 5 else "")
            raise DataError(
                f"{where} has label {shown} outside the {len(data.classes)} classes 0–{highest} (void: {data.void}); "
                "mend it or name more classes"
            )


def fingerprint(data: VideoSet) -> str | None:
    """What changes when a file of the set does: names, sizes and times of change; None where files are not known."""
    digest = hashlib.sha256(json.dumps([data.name, data.split, data.classes, data.multi_label]).encode())
    for video in data.videos:
        digest.update(f"{video.name}\0{len(video)}\0".encode(errors="surrogateescape"))
        for items in (video.frames, video.masks):
            if items is None:
                continue
            files = _files_of(items)
            if files is None:
                return None
            for file in files:
                digest.update(_stamp(file))
    return digest.hexdigest()


def read_screenings(path: str | Path) -> dict[str, Findings]:
    """What `write_screenings` wrote; nothing where there is no such file, or one that makes no sense."""
    try:
        found: Any = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and all(map(_is_findings, found.values())) else {}


def write_screenings(path: str | Path, kept: MutableMapping[str, Findings]) -> None:
    """Keep what screenings found, so that a run which goes on need not read everything again."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(json.dumps(dict(kept)), encoding="utf-8")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _is_findings(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, list) and [type(part) for part in one] == [int, int, str, str] for one in value
    )


def _files_of(items: Sequence) -> list[Path | None] | None:
    """The files that a lazy sequence reads; None when it does not tell."""
    path = getattr(items, "path", None)
    if isinstance(path, Path):
        return [path]
    describe = getattr(items, "describe", None)
    files = [describe(index) for index in range(len(items))] if describe else []
    if not files or not all(file is None or isinstance(file, Path) for file in files):
        return None
    return files


def _stamp(file: Path | None) -> bytes:
    if file is None:
        return b"-"
    try:
        facts = file.stat()
    except OSError:
        return os.fsencode(file) + b" is not there"
    return os.fsencode(file) + f" {facts.st_size} {facts.st_mtime_ns}\0".encode()


def _without(data: VideoSet, findings: Findings) -> VideoSet:
    by_video: dict[int, Findings] = {}
    for one in findings:
        by_video.setdefault(one[0], []).append(one)
    videos: list[Video] = []
    for number, video in enumerate(data.videos):
        videos += _sound_parts(video, by_video[number]) if number in by_video else [video]
    if not videos:
        raise DataError(f"nothing is left of {data.name}'s {data.split} split: {findings[0][3]}")
    holes, labels = (sum(1 for one in findings if one[2] == kind) for kind in (FRAME, LABEL))
    note = (
        f"{holes} frames and {labels} labels cannot be used and are left out; videos are cut where frames are missing"
    )
    return dataclasses.replace(data, videos=tuple(videos), notes=(*data.notes, note))


def _sound_parts(video: Video, findings: Findings) -> list[Video]:
    """The stretches of a video between its holes and changes of size, without the labels that cannot be used."""
    holes = {index for _, index, kind, _ in findings if kind == FRAME}
    changes = {index for _, index, kind, _ in findings if kind == SIZE}
    lost = frozenset(index for _, index, kind, _ in findings if kind == LABEL)
    if lost:
        video = dataclasses.replace(video, masks=_Fewer(video.masks, lost))
    had_labels = bool(lost or video.labelled)
    parts, start = [], 0
    for index in range(len(video) + 1):
        if index == len(video) or index in holes or index in changes:
            if start < index:
                parts.append((start, index))
            start = index + 1 if index in holes else index
    whole = parts == [(0, len(video))]
    cut = [video] if whole else [video.part(*part, f"{video.name} {part[0]}-{part[1] - 1}") for part in parts]
    return [part for part in cut if part.labelled or not had_labels]


class _Fewer(Sequence):
    """Masks of which some are left out."""

    def __init__(self, masks: Sequence, lost: frozenset[int]):
        self._masks, self._lost = masks, lost
        present = getattr(masks, "present", None)
        self.present = tuple(
            index not in lost and (present[index] if present is not None else masks[index] is not None)
            for index in range(len(masks))
        )

    def __len__(self):
        return len(self._masks)

    def __getitem__(self, index):
        number = range(len(self))[index]
        return None if number in self._lost else self._masks[number]

    def describe(self, index: int):
        describe = getattr(self._masks, "describe", None)
        return describe(index) if describe else None
