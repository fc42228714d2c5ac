"""A source around another one."""

from collections.abc import Callable

from streams.meter import Meter
from streams.sources.reading.events import SourceEvent
from streams.sources.source import Source


class Wrapper(Source):
    """Opens and closes the inner source with itself and passes calls on; a subclass changes its `frames`."""

    def __init__(self, source: Source) -> None:
        super().__init__(source.name)
        self.inner = source
        self.warnings, self.counts = source.warnings, source.counts
        self._take_over()

    def open(self) -> None:
        self.inner.__enter__()
        self._take_over()

    def close(self) -> None:
        self.inner.__exit__(None, None, None)

    @property
    def reconnecting(self) -> bool:
        return self.inner.reconnecting

    def measure(self, meter: Meter) -> None:
        super().measure(meter)
        self.inner.measure(meter)

    def watch(self, listener: Callable[[SourceEvent], None]) -> None:
        super().watch(listener)
        self.inner.watch(listener)

    def stop(self) -> None:
        super().stop()
        self.inner.stop()

    def _take_over(self) -> None:
        source = self.inner
        self.name, self.paths, self.live = source.name, source.paths, source.live
        self.size, self.rate, self.length = source.size, source.rate, source.length
