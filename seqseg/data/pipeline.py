"""Clips into training: grain datasets whose element i is batch i, a pure function of i, whatever the threads do.

`feed` turns one into an iterator with its own few threads. Never hand the dataset itself to `fit`: grain would then
start 16 threads and keep 500 batches.
"""

import sys
from collections.abc import Sequence

import grain
import numpy as np

from seqseg.data.augment import Augmentation, apply
from seqseg.data.fitting import fit_clip, fit_frames
from seqseg.data.varied import varied_clip
from seqseg.data.video import VOID, Video, VideoSet
from seqseg.data.windows import Window, read_window, stream_windows, windows
from seqseg.errors import ConfigError


def clip_batches(
    data: VideoSet, *, timesteps: int, batch: int, size=None, seed: int = 0, stride: int | None = None,
    augment: Augmentation | None = None, shuffle: bool = True, repeat: bool = True, drop_remainder: bool = True,
    once: bool = False,
) -> grain.MapDataset:  # fmt: skip
    """Element i is batch i: (clips uint8 (n, t, h, w, 3), labels uint8 (n, t, h, w)), always the same for the same i.

    With `repeat` it never ends, and every pass has another order and other augmentations. Without, its length is the
    number of batches in one pass.

    Args:
        size: (height, width) of the clips, or None for that of the first frame. Larger frames are shrunk to fit inside,
            keeping their shape; what is left over continues by reflection and is void.
        once: labels of frames that the window before already holds are void, so that each frame counts once.

    Raises:
        ConfigError: batch, timesteps or stride below 1, or a crop larger than the frames.
        DataError: later, from reading: a file that is damaged, a mask of another size, a label outside the classes.
    """
    size = _checked_size(data.videos, batch, size, augment)
    cut = windows(data.videos, timesteps, stride)
    dataset = grain.MapDataset.source(cut).seed(seed)
    if shuffle:
        dataset = dataset.shuffle()
    if repeat:
        dataset = dataset.repeat()

    def load(window: Window, rng: np.random.Generator):
        if augment is not None and not once:
            return varied_clip(data.videos, window, timesteps, size=size, augment=augment, rng=rng)
        frames, labels = read_window(data.videos[window.video], window.start, timesteps)
        if once:
            labels[: window.seen] = [np.full_like(mask, VOID) for mask in labels[: window.seen]]
        return _clip(frames, labels, size, augment, rng)

    return dataset.random_map(load).batch(batch, drop_remainder=drop_remainder, batch_fn=_stack)


def clip_steps(data: VideoSet, *, timesteps: int, batch: int, stride: int | None = None) -> int:
    """Batches in one pass over the windows, the last one whole because it goes on into the next pass."""
    return -(-len(windows(data.videos, timesteps, stride)) // batch)


def stream_batches(
    data: VideoSet, *, timesteps: int, batch: int, size=None, seed: int = 0, augment: Augmentation | None = None,
    shuffle: bool = True,
) -> grain.MapDataset:  # fmt: skip
    """For carried memory, element i is ((clips (n, t, h, w, 3), fresh bool (n,)), labels (n, t, h, w)).

    Row r of element i + 1 goes on where row r of element i stopped. All rows walk the same endless line of videos, one
    pass after the other in an order of its own, each starting a batch-th of a pass further on. `fresh` marks rows whose
    window is the first of its video (and all rows of element 0): there the memory starts anew. The augmentation is
    drawn once for a row's whole walk through a video. Windows that run over a video's end repeat its last frame, void.

    Raises:
        ConfigError: as `clip_batches`; or the augmentation varies from clip to clip, where a memory would see a break.
    """
    if augment is not None and augment.needs_whole_clips:
        raise ConfigError(
            f"augment.{augment.needs_whole_clips[0]} is drawn anew for every clip, but training.carry_state goes "
            "through whole videos as they are; turn one of them off"
        )
    size = _checked_size(data.videos, batch, size, augment)
    walk = _Walk(data.videos, timesteps, seed, shuffle)
    starts = [row * walk.length // batch for row in range(batch)]

    def load(step: int):
        rows = [_stream_row(data.videos, walk, step, start, row, timesteps, size, augment, seed)
                for row, start in enumerate(starts)]  # fmt: skip
        clips, labels, fresh = zip(*rows, strict=True)
        return (np.stack(clips), np.array(fresh)), np.stack(labels)

    return grain.MapDataset.range(sys.maxsize // 2).map(load)


def stream_steps(data: VideoSet, *, timesteps: int, batch: int) -> int:
    """Elements of `stream_batches` in which the rows together see every window about once."""
    return -(-len(stream_windows(data.videos, timesteps)) // batch)


def feed(dataset: grain.MapDataset, *, start: int = 0, threads: int = 2, prefetch: int = 3) -> grain.IterDataset:
    """The batches from number `start` on, made by `threads` threads that keep `prefetch` batches ready.

    Example:
        >>> batches = feed(clip_batches(data, timesteps=8, batch=4), start=120)
        >>> clips, labels = next(iter(batches))
    """
    options = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=prefetch)
    return dataset[start:].to_iter_dataset(options)


class _Walk:
    """An endless line of windows through all videos, pass after pass; position -> window, pure."""

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


def _stream_row(videos, walk: _Walk, step: int, start: int, row: int, timesteps: int, size, augment, seed: int):
    passed, window = walk.at(start + step)
    frames, labels = read_window(videos[window.video], window.start, timesteps)
    rng = np.random.default_rng([seed, 1, passed, row, window.video])  # the same all the way through the video
    clip, labels = _clip(frames, labels, size, augment, rng)
    return clip, labels, window.start == 0 or step == 0


def _clip(frames, labels, size, augment: Augmentation | None, rng) -> tuple[np.ndarray, np.ndarray]:
    frames, labels = fit_frames(frames, labels, size)
    if augment is None:
        return fit_clip(frames, labels, size)
    return apply(augment.draw(rng, frames[0].shape[:2], size, labels=labels), frames, labels)


def _checked_size(videos: Sequence[Video], batch: int, size, augment: Augmentation | None) -> tuple[int, int]:
    if batch < 1:
        raise ConfigError(f"training.batch must be at least 1, got {batch}")
    size = tuple(size) if size is not None else videos[0].size
    crop = augment.crop if augment else None
    if crop and (crop[0] > size[0] or crop[1] > size[1]):
        raise ConfigError(
            f"augment.crop {crop[0]}x{crop[1]} exceeds the frames, {size[0]}x{size[1]}; take a smaller one or none"
        )
    return size


def _stack(elements) -> tuple[np.ndarray, np.ndarray]:
    clips, labels = zip(*elements, strict=True)
    return np.stack(clips), np.stack(labels)
