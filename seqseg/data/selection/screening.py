"""Read everything in a set once and leave out broken items before training.

A frame that cannot be read cuts its video in two, so that no clip crosses the hole; a change of the frames' size cuts
it too. A label that is damaged, has values outside the classes or another size than its frame is left out, and the
frame stays without a label; a video that loses its only labels is left out. Findings can be kept and are looked up by
the names, sizes and modification times of the files.
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
from seqseg.data.sequences import LazySequence, MaskSequence
from seqseg.data.video import Video, VideoSet, size_of, size_text
from seqseg.errors import DataError
from seqseg.files import replacing
from streams.errors import SourceError

FRAME, LABEL, SIZE = "frame", "label", "size"
Findings = list[tuple[int, int, str, str]]
"""(video, index, FRAME, LABEL or SIZE, message) of all faults, in order."""

Looked = tuple[tuple[int, int] | None, list[tuple[str, Exception]]]
"""The size of a frame, if it can be read, and (FRAME or LABEL, error) for each fault."""


def leave_out_broken(
    data: VideoSet, left_out: LeftOut, *, kept: MutableMapping[str, Findings] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> VideoSet:  # fmt: skip
    """The set without what cannot be read; each item left out is added to `left_out`.

    Args:
        left_out: collects the faults, or raises them if they may not be skipped.
        kept: findings of earlier calls by fingerprint, used and added to.
        progress: gets the number of frames read and of all.

    Raises:
        DataError: a fault that may not be skipped, or nothing is left.

    Example:
        >>> left_out = LeftOut(skip=True)
        >>> leave_out_broken(open_data("shapes:videos=2", split="val"), left_out).frames, left_out.items
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

    def look(video: Video, index: int) -> Looked:
        return look_at(data, video, index)

    for place, (size, faults) in every_frame(data.videos, look, progress=progress):
        if size and before and before[0] == place.video and before[1] != size:
            message = (
                f"video {data.videos[place.video].name} is cut at {data.videos[place.video].describe(place.index)}: it "
                f"is {size_text(size)} (height x width), frames before it are {size_text(before[1])}"
            )
            findings.append((place.video, place.index, SIZE, message))
        before = (place.video, size) if size else before
        findings += [(place.video, place.index, kind, str(fault)) for kind, fault in faults]
    return findings


def look_at(data: VideoSet, video: Video, index: int) -> Looked:
    """(height, width) of a frame, None if it cannot be read, and the faults of the frame and its label."""
    size: tuple[int, int] | None = None
    faults: list[tuple[str, Exception]] = []
    try:
        frame = video.frame(index)
        if frame.size:
            size = size_of(frame)
        else:
            faults.append((FRAME, DataError(f"{video.describe(index)} has no pixels; remove it or write it again")))
    except (DataError, SourceError) as error:
        faults.append((FRAME, error))
    try:
        mask = None if video.masks is None else video.masks[index]
        if mask is not None and size:
            require_valid_mask(data, video, index, mask, size)
    except (DataError, SourceError) as error:
        faults.append((LABEL, error))
    return size, faults


def require_valid_mask(data: VideoSet, video: Video, index: int, mask: np.ndarray, size: tuple[int, int]) -> None:
    """DataError when the mask has another size than the frame, is not of the set's kind, or has values outside."""
    where = f"the mask {video.describe_mask(index)}"
    if mask.shape[:2] != size:
        raise DataError(
            f"{where} is {size_text(mask.shape)} (height x width) but its frame is {size_text(size)}; make it the "
            "size of the frame"
        )
    if mask.shape[2:] != ((data.planes,) if data.planes else ()):
        kind = f"bit planes (h, w, {data.planes})" if data.planes else "class indices (h, w)"
        raise DataError(f"{where} is of shape {mask.shape}, but masks of this set are {kind}; write it so")
    if not data.multi_label:
        highest = max(len(data.classes), 2) - 1
        unknown = np.unique(mask[(mask > highest) & (mask != data.void)])
        if unknown.size:
            shown = ", ".join(map(str, unknown[:5])) + (", …" if len(unknown) > 5 else "")
            raise DataError(
                f"{where} has label {shown} outside the {len(data.classes)} classes 0–{highest} (void: {data.void}); "
                "correct it or name more classes"
            )


def fingerprint(data: VideoSet) -> str | None:
    """A digest of the files' names, sizes and modification times; None if the files are unknown."""
    digest = hashlib.sha256(json.dumps([data.name, data.split, data.classes, data.multi_label]).encode())
    for video in data.videos:
        digest.update(f"{video.name}\0{len(video)}\0".encode(errors="surrogateescape"))
        sides: tuple[LazySequence[object] | None, ...] = (video.frames, video.masks)
        for items in sides:
            if items is None:
                continue
            files = _files_of(items)
            if files is None:
                return None
            for file in files:
                digest.update(_stamp(file))
    return digest.hexdigest()


def read_findings(path: str | Path) -> dict[str, Findings]:
    """The findings that `write_findings` wrote; none if the file is missing or invalid."""
    try:
        found: Any = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or not all(map(_is_findings, found.values())):
        return {}
    return {key: [(video, index, kind, text) for video, index, kind, text in held] for key, held in found.items()}


def write_findings(path: str | Path, kept: MutableMapping[str, Findings]) -> None:
    """Keep the findings, so that a resumed run need not read everything again."""
    with replacing(path) as file:
        file.write(json.dumps(dict(kept)).encode())


def _is_findings(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, list) and [type(part) for part in one] == [int, int, str, str] for one in value
    )


def _files_of(items: LazySequence[object]) -> list[Path | None] | None:
    """The files that a lazy sequence reads; None if they are unknown."""
    if items.path is not None:
        return [items.path]
    places = [items.describe(index) for index in range(len(items))]
    files = [place for place in places if place is None or isinstance(place, Path)]
    return files if len(files) == len(places) and any(files) else None


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
    """The stretches of a video between holes and changes of size, without labels that cannot be used."""
    holes = {index for _, index, kind, _ in findings if kind == FRAME}
    changes = {index for _, index, kind, _ in findings if kind == SIZE}
    lost = frozenset(index for _, index, kind, _ in findings if kind == LABEL)
    if lost and video.masks is not None:
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


class _Fewer(MaskSequence):
    """Masks of which some are left out."""

    def __init__(self, masks: MaskSequence, lost: frozenset[int]):
        self._masks, self._lost = masks, lost
        self._present = tuple(there and index not in lost for index, there in enumerate(masks.present))

    def __len__(self) -> int:
        return len(self._masks)

    def __getitem__(self, index: int) -> np.ndarray | None:
        number = range(len(self))[index]
        return None if number in self._lost else self._masks[number]

    @property
    def present(self) -> Sequence[bool]:
        return self._present

    def describe(self, index: int) -> Path | str | None:
        return self._masks.describe(index)
