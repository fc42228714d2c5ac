"""Sources one after the other, or one again and again."""

from collections.abc import Callable, Iterator, Sequence

from streams.errors import SourceError
from streams.frame import Frame
from streams.meter import Meter
from streams.sources.reading.continued import Continued
from streams.sources.reading.events import SourceEvent
from streams.sources.source import Source


class Chain(Source):
    """Several sources as one: each begins a new epoch, and times go on where the one before ended.

    Each is opened when it is reached, the first at once. With `loop` they are read again and again.

    >>> import numpy as np
    >>> from streams import ArraySource
    >>> two = [ArraySource(np.zeros((2, 5, 7, 3), np.uint8), fps=10) for _ in range(2)]
    >>> with Chain(two) as source:
    ...     [(str(frame.pts), frame.epoch) for frame in source]
    [('0', 0), ('1/10', 0), ('1/5', 1), ('3/10', 1)]
    """

    def __init__(self, sources: Sequence[Source], *, name: str | None = None, loop: bool = False) -> None:
        if not sources:
            raise SourceError("nothing to stream: give at least one source")
        super().__init__(name or (sources[0].name if len(sources) == 1 else f"{len(sources)} sources"))
        self._sources, self._loop = list(sources), loop
        self._current: Source | None = None
        for source in sources:
            source.warnings, source.counts = self.warnings, self.counts
        self.paths = tuple(path for source in sources for path in source.paths)

    def open(self) -> None:
        first = self._turn_to(self._sources[0])
        self.size, self.rate, self.live = first.size, first.rate, first.live
        self.length = first.length if len(self._sources) == 1 and not self._loop else None
        self.paths = tuple(path for source in self._sources for path in source.paths)

    def frames(self) -> Iterator[Frame]:
        continued = Continued()
        for source in self._turns():
            before = continued.count
            for frame in source:
                yield continued.frame(frame, live=source.live)
            if continued.count == before and self._loop:
                raise SourceError(f"{source.name} has no frames to begin again with")
            continued.reopened()

    def close(self) -> None:
        if self._current is not None:
            self._current.__exit__(None, None, None)
        self._current = None

    def measure(self, meter: Meter) -> None:
        super().measure(meter)
        for source in self._sources:
            source.measure(meter)

    def watch(self, listener: Callable[[SourceEvent], None]) -> None:
        super().watch(listener)
        for source in self._sources:
            source.watch(listener)

    def stop(self) -> None:
        super().stop()
        for source in self._sources:
            source.stop()

    def _turns(self) -> Iterator[Source]:
        """The sources, each of them open."""
        if self._current is not None:
            yield self._current
        rest = self._sources[1:]
        while not self._stopping.is_set():
            for source in rest:
                self.close()
                if self._stopping.is_set():
                    return
                yield self._turn_to(source)
            if not self._loop:
                return
            rest = self._sources

    def _turn_to(self, source: Source) -> Source:
        source.__enter__()
        self._current = source
        return source
