"""Records of `seqseg convert`: any set packed into few large files, read frame by frame in any order.

    OUT/index.json                          see seqseg/data/records/index.py
    OUT/train-00000-of-00004.array_record   a frame a record, or
    OUT/train-00000-of-00004.tfrecord.gz    a clip a record, see seqseg/data/records/tfrecord.py

A record of ArrayRecord is, with integers little-endian,

    bytes 0…3     "SSF1"
    byte  4       what the label is: 0 there is none, 1 class indices, 2 bit planes; bytes 5…7 are zero
    bytes 8…11    i, the bytes of the image      bytes 12…15   l, the bytes of the label
    i bytes       the image, JPEG or PNG         l bytes       the label

and a label of class indices a gray PNG of 8 bits, 255 for void. One of bit planes (`labels/planes.py`), for sets whose
pixels show several classes, is

    bytes 0…3     height        bytes 4…7    width
    bytes 8…9     d, the bytes of a pixel    bytes 10…11   u, how many of these are stored, the others being zero
    2 u bytes     their numbers              the rest      their planes (u, height, width), through zlib

Everything else (names, sizes, times, vectors, which frames are labelled) is in the index, so that a set opens without
reading a record. `records:PATH,verify=1` first compares the checksum of every shard.
"""

from pathlib import Path

import numpy as np

from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.records.index import read_index
from seqseg.data.records.reading import packed_videos
from seqseg.data.records.verifying import damaged_shards
from seqseg.data.spec import split_options, whole_number
from seqseg.data.video import Video, VideoSet, require_videos
from seqseg.errors import DataError


def open_records(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`records:PATH` or `records:PATH,verify=1` -> the videos that were converted, in their order.

    Raises:
        DataError: no records, a split that was not converted, an index that contradicts itself or is of a newer
            version, a shard that is missing, cut short, or (with verify) changed.
    """
    path, options = split_options(where, "records", {"verify": whole_number(0, 1)})
    root = Path(path).expanduser()
    index = read_index(root)
    if split != "all" and split not in index.splits:
        raise DataError(f"records:{root} has no {split} split; it has: {', '.join(index.splits)}")
    chosen = index.splits if split == "all" else {split: index.splits[split]}
    videos: list[Video] = []
    for name, part in chosen.items():
        damaged = damaged_shards(root, part.shards, checksums=bool(options.get("verify")))
        prefix = f"{name}/" if len(chosen) > 1 else ""
        videos += packed_videos(root, index, part, damaged, prefix, left_out)
    notes = tuple(dict.fromkeys(note for part in chosen.values() for note in part.notes))
    name = f"records:{root}"
    return VideoSet(
        name, split, require_videos(name, split, videos, "convert again"), index.classes,
        np.array(index.palette, np.uint8), index.void, notes, index.multi_label, index.vector_names,
    )  # fmt: skip
