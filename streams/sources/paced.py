"""Files at their own speed."""

import dataclasses
import time
from collections.abc import Callable, Iterator

from streams.engine.known import Known
from streams.frame import Frame
from streams.sources.reading.wrapper import Wrapper
from streams.sources.source import Source

BEHIND = 0.5  # seconds that are caught up by going faster; after a longer delay the clock is reset


class Paced(Wrapper):
    """A source whose frames come when they are due by their own times; live sources are passed through.

    Nothing is dropped: a reader that is slower than the source gets every frame at once. With `live` the source counts
    as one that does not wait, so that Prefetch drops late frames, as from a camera. `wait(seconds)` returns whether to
    stop; by default it waits until `stop` is called.
    """

    def __init__(
        self,
        source: Source,
        *,
        live: bool = False,
        wait: Callable[[float], bool] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._as_live = live
        super().__init__(source)
        self._wait, self._clock = wait or self._stopping.wait, clock

    def go_on_from(self, known: Known) -> None:
        self.inner.go_on_from(known)

    def frames(self) -> Iterator[Frame]:
        if self.inner.live:
            yield from self.inner
            return
        begin: float | None = None
        epoch: int | None = None
        for frame in self.inner:
            now, pts = self._clock(), float(frame.pts)
            if begin is None or now - (begin + pts) > BEHIND or frame.epoch != epoch:
                # A new epoch may have its own times; it is due now, or where its times go on if they do.
                due = begin + pts if begin is not None and 0 <= begin + pts - now < BEHIND else now
                begin, epoch = due - pts, frame.epoch
            if (ahead := begin + pts - now) > 0 and self._wait(ahead):
                return
            yield dataclasses.replace(frame, captured=time.perf_counter())

    def _take_over(self) -> None:
        super()._take_over()
        self.live = self.live or self._as_live
