"""Several sinks as one."""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import numpy as np

from streams.frame import Frame
from streams.meter import Meter
from streams.sinks.sink import Sink


class Sinks(Sink):
    """Writes every frame to each of the sinks, in order. All are closed, also when one fails.

    With sinks that write in their own threads (`Background`), a frame counts as shown when the last has written it.
    """

    name = "the sinks"

    def __init__(self, sinks: Sequence[Sink]) -> None:
        super().__init__()
        self.sinks = tuple(sinks)
        self.paths = tuple(path for sink in self.sinks for path in sink.paths)
        self._open = ExitStack()
        self._owed: dict[Frame, int] = {}
        self._owed_lock = threading.Lock()
        for sink in self.sinks:
            if sink.deferred:
                sink.done = self._one_less

    @property
    def deferred(self) -> bool:
        return any(sink.deferred for sink in self.sinks)

    @property
    def main_thread(self) -> bool:
        return any(sink.main_thread for sink in self.sinks)

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

    def expect(self, *, live: bool) -> None:
        super().expect(live=live)
        for sink in self.sinks:
            sink.expect(live=live)

    def open(self) -> None:
        with ExitStack() as opening:
            for sink in self.sinks:
                opening.enter_context(sink)
            self._open = opening.pop_all()

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        deferred = sum(sink.deferred for sink in self.sinks)
        if deferred:
            with self._owed_lock:
                self._owed[frame] = deferred
        for sink in self.sinks:
            sink.write(frame, mask)

    def close(self, error: BaseException | None = None) -> None:
        self._open.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)

    def _one_less(self, frame: Frame) -> None:
        with self._owed_lock:
            self._owed[frame] -= 1
            last = not self._owed[frame]
            if last:
                del self._owed[frame]
        if last:
            self.done(frame)
