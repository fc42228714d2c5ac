"""Go through every frame of a set once, on all cores, in order and in constant memory."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np

from seqseg.data.video import Video

Result = TypeVar("Result")
RUN = 16  # frames that a thread reads in a row, which is fast in movies


class Place(NamedTuple):
    """Frame `index` of video number `video`."""

    video: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which no place needs


def every_frame(
    videos: Sequence[Video], look: Callable[[Video, int], Result], *, places: Sequence[Place] | None = None,
    workers: int = 2, progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[tuple[Place, Result]]:  # fmt: skip
    """(place, look(video, index)) of every frame, or of `places`, in order.

    `look` runs in threads, a few frames ahead; its exceptions are raised here. `progress` gets the number of frames
    done and of all.

    Example:
        >>> videos = open_data("shapes:videos=1,frames=3").videos
        >>> [shape for _, shape in every_frame(videos, lambda video, index: video.frame(index).shape)]
        [(96, 128, 3), (96, 128, 3), (96, 128, 3)]
    """
    total, done = sum(map(len, videos)) if places is None else len(places), 0
    pending: deque[Future[list[tuple[Place, Result]]]] = deque()

    def run(places: list[Place]) -> list[tuple[Place, Result]]:
        return [(place, look(videos[place.video], place.index)) for place in places]

    with ThreadPoolExecutor(max_workers=workers) as threads:
        try:
            runs = _runs(videos) if places is None else _runs_of(places)
            for one in runs:
                pending.append(threads.submit(run, one))
                if len(pending) > 2 * workers:
                    for item in pending.popleft().result():
                        done += 1
                        yield item
                    progress(done, total)
            while pending:
                for item in pending.popleft().result():
                    done += 1
                    yield item
                progress(done, total)
        finally:
            for future in pending:
                future.cancel()


def sample_places(videos: Sequence[Video], count: int) -> list[Place]:
    """Places of `count` frames, spread evenly over the set, in order; all if there are fewer.

    >>> sample_places([Video("one", np.zeros((5, 2, 2, 3), np.uint8))], 2)
    [Place(video=0, index=0), Place(video=0, index=4)]
    """
    ends = np.cumsum([len(video) for video in videos])
    numbers = np.linspace(0, ends[-1] - 1, min(count, ends[-1])).round().astype(int)
    owners = np.searchsorted(ends, numbers, side="right")
    starts = np.concatenate([[0], ends])
    return [Place(int(owner), int(number - starts[owner])) for owner, number in zip(owners, numbers, strict=True)]


def _runs(videos: Sequence[Video]) -> Iterator[list[Place]]:
    waiting: list[Place] = []
    for number, video in enumerate(videos):
        for index in range(len(video)):
            waiting.append(Place(number, index))
            if len(waiting) == RUN:
                yield waiting
                waiting = []
    if waiting:
        yield waiting


def _runs_of(places: Sequence[Place]) -> Iterator[list[Place]]:
    for start in range(0, len(places), RUN):
        yield list(places[start : start + RUN])
