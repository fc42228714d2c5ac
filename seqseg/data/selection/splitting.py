"""Make train, val and test of the videos found; without a val split a part is held back."""

from collections.abc import Sequence

from seqseg.data.labels.class_list import ClassList
from seqseg.data.video import Video, VideoSet, require_videos
from seqseg.errors import DataError

VALIDATION_SHARE = 0.2


def assemble(name: str, split: str, by_split: dict[str, list[Video]], classes: ClassList) -> VideoSet:
    """The set of one split, from videos by the split they were found in ("" without split folders)."""
    notes = [classes.note]
    if split == "all":
        videos = [video for part in by_split.values() for video in part]
    elif split in by_split:
        videos = by_split[split]
    elif split == "test":
        raise DataError(f"{name} has no test split; put a test/ folder beside train/ and val/, or evaluate on val")
    else:
        videos, note = split_videos(by_split.get("", by_split.get("train", [])), split, name)
        notes.append(note)
    chosen = require_videos(name, split, videos, "add images and masks to it")
    if split in ("val", "test") and not any(video.labelled for video in chosen):
        raise DataError(f"{name} has no mask in its {split} split; label some of its frames")
    return VideoSet(name, split, chosen, classes.names, classes.palette, notes=tuple(notes))


def split_videos(videos: Sequence[Video], split: str, where: str) -> tuple[list[Video], str]:
    """The videos of `split`, train or val, and a sentence on how they were split.

    The last fifth of the videos with labels is val; of a single such video, the last fifth of its labelled frames.

    Raises:
        DataError: too little to split.
    """
    labelled = [number for number, video in enumerate(videos) if video.labelled]
    if len(labelled) > 1:
        held_back = labelled[-_share(len(labelled)) :]
        chosen = [video for number, video in enumerate(videos) if (number in held_back) == (split == "val")]
        names = ", ".join(videos[number].name for number in held_back[:4]) + (", …" if len(held_back) > 4 else "")
        return chosen, f"no val/ folder: the last {len(held_back)} of {len(labelled)} labelled videos are val ({names})"
    video = videos[labelled[0]]
    if len(video.labelled) < 2:
        raise DataError(f"{where} has one labelled frame only, which cannot be split into train and val; label more")
    cut = video.labelled[-_share(len(video.labelled))]
    note = f"no val/ folder and one labelled video: frames {cut}–{len(video) - 1} of {video.name} are val"
    if split == "val":
        return [video.part(cut, len(video), video.name)], note
    others = [other for other in videos if other is not video]
    return [video.part(0, cut, video.name), *others], note


def _share(count: int) -> int:
    return max(1, round(VALIDATION_SHARE * count))
