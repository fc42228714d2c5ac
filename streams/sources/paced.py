"""Files at their own speed."""

import dataclasses
import time
from collections.abc import Callable, Iterator

from streams.engine.known import Known
from streams.frame import Frame
from streams.sources.reading.wrapper import Wrapper
from streams.sources.source import Source

BEHIND = 0.5  # seconds that may be caught up by going faster; after a longer stay the clock is set anew


class Paced(Wrapper):
    """A source whose frames come when they are due by their own times; live sources are passed through.

    Nothing is dropped: whoever is slower than the source gets every frame as soon as it is wanted. With `live` the
    paced source counts as one that does not wait, so that Prefetch drops what is too late, as from a camera.
    `wait(seconds)` gives whether to stop; the default waits until `stop` is called.
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
        begin, epoch = None, None
        for frame in self.inner:
            now, pts = self._clock(), float(frame.pts)
            if begin is None or now - (begin + pts) > BEHIND or frame.epoch != epoch:
                # A new epoch may have times of its own; it is due now, or where its times go on, when they do.
                due = begin + pts if begin is not None and 0 <= begin + pts - now < BEHIND else now
                begin, epoch = due - pts, frame.epoch
            if (ahead := begin + pts - now) > 0 and self._wait(ahead):
                return
            yield dataclasses.replace(frame, captured=time.perf_counter())

    def _take_over(self) -> None:
        super()._take_over()
        self.live = self.live or self._as_live
