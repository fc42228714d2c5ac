"""Batches by a fixed plan of streams, instead of by which are ready."""

from collections.abc import Callable, Iterable

from streams.engine.stream import Stream
from streams.errors import StreamError


class Plan:
    """Planned batches, each the names of its streams."""

    def __init__(self, batches: Iterable[Iterable[str]], stop: Callable[[], None]) -> None:
        self._batches, self._stop = iter(batches), stop
        self._next: list[str] | None = None

    def choose(self, streams: tuple[Stream, ...]) -> tuple[list[Stream], float]:
        if self._next is None:
            self._next = list(next(self._batches, []))
        if not self._next:
            self._stop()
            return [], 0.0
        by_name = {stream.name: stream for stream in streams}
        chosen = [by_name[name] for name in self._next]
        over = [stream for stream in chosen if not stream.open]
        if over:
            raise over[0].error or StreamError(f"{over[0].name} ended before the plan did")
        if not all(stream.ready for stream in chosen):
            return [], 0.0
        self._next = None
        return chosen, 0.0
