"""Several sinks as one."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack

import numpy as np

from streams.frame import Frame
from streams.meter import Meter
from streams.sinks.sink import Sink


class Sinks(Sink):
    """Hands every frame to each of the sinks, in order. All are closed, whichever fails."""

    def __init__(self, sinks: Sequence[Sink]):
        super().__init__()
        self.sinks = tuple(sinks)
        self.paths = tuple(path for sink in self.sinks for path in sink.paths)
        self._open = ExitStack()

    @property
    def deferred(self) -> bool:
        return any(sink.deferred for sink in self.sinks)

    @property
    def finished(self) -> bool:
        return any(sink.finished for sink in self.sinks)

    @property
    def warnings(self) -> list[str]:
        return [warning for sink in self.sinks for warning in sink.warnings]

    @property
    def ready(self) -> bool:
        return all(sink.ready for sink in self.sinks)

    def notify(self, wake: Callable[[], object]) -> None:
        for sink in self.sinks:
            sink.notify(wake)

    def measure(self, meter: Meter) -> None:
        super().measure(meter)
        for sink in self.sinks:
            sink.measure(meter)

    def open(self) -> None:
        with ExitStack() as opening:
            for sink in self.sinks:
                opening.enter_context(sink)
            self._open = opening.pop_all()

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        for sink in self.sinks:
            sink.write(frame, mask)

    def close(self, error: BaseException | None = None) -> None:
        self._open.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
