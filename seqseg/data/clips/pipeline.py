"""Clips for training: grain datasets in which batch i is a pure function of i, for any number of threads.

`feed` turns one into an iterator with a few threads. Do not pass the dataset itself to `fit`: grain would start 16
threads and keep 500 batches.
"""

import sys
from collections.abc import Sequence

import grain
import numpy as np

from seqseg.data.augment.augmentation import Augmentation
from seqseg.data.clips.pieces import Inputs, Piece, draw_piece, pieces, stack_clips
from seqseg.data.clips.reading import Clip, Reading
from seqseg.data.clips.stills import StillWalk, labelled_stills
from seqseg.data.clips.windows import Window, stream_windows, windows
from seqseg.data.video import Video, VideoSet
from seqseg.errors import ConfigError
from seqseg.geometry import Resizing, make_resizing


def clip_batches(
    data: VideoSet, *, timesteps: int, batch: int, size: Sequence[int] | None = None, resizing: Resizing | None = None,
    seed: int = 0, stride: int | None = None, augment: Augmentation | None = None, vectors: bool = False,
    shuffle: bool = True, repeat: bool = True, drop_remainder: bool = True, once: bool = False, clips: str = "all",
    stills: StillWalk | None = None,
) -> grain.MapDataset:  # fmt: skip
    """Element i is batch i: (clips uint8 (n, t, h, w, 3), labels uint8 (n, t, h, w)), always the same for the same i.

    With `repeat` it is endless, and every pass has its own order and augmentations; without, its length is one pass. In
    a set with several labels a pixel, labels are planes (n, t, h, w, classes) of 0, 1 and 255 for void.

    Args:
        size: (height, width) of a letterbox for the clips, or None for the size of the first frame.
        resizing: how frames are placed. At native size the clips of a batch are padded to the largest, rounded up:
            frames by reflection, labels void.
        vectors: the first part of a batch becomes {"clip": clips, "condition": vectors float32 (n, t, k)}.
        once: for scoring: every pixel is labelled in one clip only, also in overlapping windows and tiles.
        clips: "all", "labelled" for those with a label, or "labelled_last" for those that end at one (see `windows`).

        stills: every labelled frame is a clip of its own, over which a crop moves; `clips` and `stride` have no effect.

    Raises:
        ConfigError: batch, timesteps or stride below 1, or a crop larger than the frames.
        DataError: later, on reading: a damaged file, a mask of another size, a label outside the classes.
    """
    resizing = _checked(data.videos, batch, size, resizing, augment)
    if stills is not None:
        data, clips, stride = labelled_stills(data), "all", None
    reading = Reading(data, timesteps, resizing, vectors, once, stills)
    cut: Sequence[Window | Piece]
    if once:
        cut = pieces(data.videos, timesteps, resizing, clips=clips)
    else:
        cut = windows(data.videos, timesteps, stride, clips=clips)
    dataset = grain.MapDataset.source(cut).seed(seed)
    if shuffle:
        dataset = dataset.shuffle()
    if repeat:
        dataset = dataset.repeat()

    def load(piece: Window | Piece, rng: np.random.Generator) -> Clip:
        return draw_piece(reading, piece, augment, rng)

    return dataset.random_map(load).batch(
        batch, drop_remainder=drop_remainder, batch_fn=lambda clips: stack_clips(reading, clips)
    )


def clip_steps(data: VideoSet, *, timesteps: int, batch: int, stride: int | None = None, clips: str = "all") -> int:
    """Batches in one pass over the windows, rounded up: the last one continues into the next pass."""
    return -(-len(windows(data.videos, timesteps, stride, clips=clips)) // batch)


def stream_batches(
    data: VideoSet, *, timesteps: int, batch: int, size: Sequence[int] | None = None, resizing: Resizing | None = None,
    seed: int = 0, augment: Augmentation | None = None, vectors: bool = False, shuffle: bool = True,
) -> grain.MapDataset:  # fmt: skip
    """For carried memory, element i is ((clips (n, t, h, w, 3), fresh bool (n,)), labels (n, t, h, w)).

    Row r of element i + 1 continues row r of element i. All rows follow the same endless sequence of videos, each pass
    in its own order, and start evenly spaced over a pass. `fresh` marks rows whose window is the first of its video
    (and all rows of element 0): there the memory is reset. The augmentation is drawn once for a row's way through a
    video. Windows that run over a video's end repeat its last frame, void. With `vectors` the first part is
    {"clip": clips, "condition": vectors (n, t, k), "fresh": fresh}.

    Raises:
        ConfigError: as `clip_batches`; or native size, as a memory has one size; or an augmentation that differs from
            clip to clip, which would break the sequence.
    """
    if augment is not None and augment.needs_whole_clips:
        raise ConfigError(
            f"augment.{augment.needs_whole_clips[0]} is drawn for every clip, but training.carry_state follows "
            "whole videos; turn one of them off"
        )
    resizing = _checked(data.videos, batch, size, resizing, augment)
    if resizing.name == "native":
        raise ConfigError(
            "training.carry_state carries a memory of one size, but data.size is native; give data.size a HEIGHTxWIDTH"
        )
    reading = Reading(data, timesteps, resizing, vectors, once=False)
    walk = _Walk(data.videos, timesteps, seed, shuffle)
    starts = [row * walk.length // batch for row in range(batch)]

    def load(step: int) -> tuple[Inputs | tuple[np.ndarray, np.ndarray], np.ndarray]:
        rows = []
        fresh = []
        for row, start in enumerate(starts):
            passed, window = walk.at(start + step)
            rng = np.random.default_rng([seed, 1, passed, row, window.video])  # the same for the whole video
            rows.append(draw_piece(reading, window, augment, rng))
            fresh.append(window.start == 0 or step == 0)
        inputs, labels = stack_clips(reading, rows)
        if isinstance(inputs, dict):
            return inputs | {"fresh": np.array(fresh)}, labels
        return (inputs, np.array(fresh)), labels

    return grain.MapDataset.range(sys.maxsize // 2).map(load)


def stream_steps(data: VideoSet, *, timesteps: int, batch: int) -> int:
    """Elements of `stream_batches` in one pass over the windows, rounded up."""
    return -(-len(stream_windows(data.videos, timesteps)) // batch)


def feed(dataset: grain.MapDataset, *, start: int = 0, threads: int = 2, prefetch: int = 3) -> grain.IterDataset:
    """The batches from number `start` on, made by `threads` threads, with `prefetch` batches ready.

    Example:
        >>> batches = feed(clip_batches(data, timesteps=8, batch=4), start=120)
        >>> clips, labels = next(iter(batches))
    """
    options = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=prefetch)
    return dataset[start:].to_iter_dataset(options)


class _Walk:
    """An endless sequence of windows through all videos, pass after pass: a pure function of the position."""

    def __init__(self, videos: Sequence[Video], timesteps: int, seed: int, shuffle: bool):
        self._by_video = [stream_windows([video], timesteps) for video in videos]
        self.length = sum(map(len, self._by_video))
        self._seed, self._shuffle = seed, shuffle

    def at(self, position: int) -> tuple[int, Window]:
        """The pass and the window at `position`."""
        number, left = divmod(position, self.length)
        order = np.arange(len(self._by_video))
        if self._shuffle:
            np.random.default_rng([self._seed, 0, number]).shuffle(order)
        for video in map(int, order):
            if left < len(self._by_video[video]):
                return number, self._by_video[video][left]._replace(video=video)
            left -= len(self._by_video[video])
        raise IndexError(position)


def _checked(
    videos: Sequence[Video], batch: int, size: Sequence[int] | None, resizing: Resizing | None,
    augment: Augmentation | None,
) -> Resizing:  # fmt: skip
    if batch < 1:
        raise ConfigError(f"training.batch must be at least 1, got {batch}")
    if resizing is None:
        resizing = make_resizing("letterbox", videos[0].size if size is None else (size[0], size[1]))
    crop, canvas = augment.crop if augment else None, resizing.size
    if crop and canvas and (crop[0] > canvas[0] or crop[1] > canvas[1]):
        raise ConfigError(
            f"augment.crop {crop[0]}x{crop[1]} exceeds the frames, {canvas[0]}x{canvas[1]}; take a smaller one or none"
        )
    return resizing
