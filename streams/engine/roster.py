"""The streams of an engine, by name, and those that were forgotten."""

import threading
from collections import Counter
from collections.abc import Callable

from streams.engine.stream import Stream
from streams.errors import SinkError, StreamError
from streams.paths import identity


class Roster:
    """All streams that were attached and not forgotten, in that order. For any thread."""

    def __init__(self) -> None:
        self._streams: list[Stream] = []
        self._lock = threading.Lock()
        self._attached = 0
        self._closed = False
        self._forgotten = Counter(streams=0, frames=0)

    @property
    def streams(self) -> tuple[Stream, ...]:
        with self._lock:
            return tuple(self._streams)

    @property
    def forgotten(self) -> dict[str, int]:
        """How many streams were forgotten, and their frames."""
        with self._lock:
            return dict(self._forgotten)

    @property
    def frames(self) -> int:
        """Frames of all streams, forgotten ones too."""
        with self._lock:
            return self._forgotten["frames"] + sum(stream.frames for stream in self._streams)

    def add(self, make: Callable[[int, str], Stream], name: str, *, given: bool) -> Stream:
        """The stream that `make(number, name)` gives. A name that was not `given` gets a number if it is taken.

        Raises:
            StreamError: the engine has run, or the name is taken.
            SinkError: another stream writes one of its files.
        """
        with self._lock:
            if self._closed:
                raise StreamError("this engine has run; make another one for more streams")
            self._attached += 1
            stream = make(self._attached, self._free_name(name, given=given))
            self._refuse_shared_outputs(stream)
            self._streams.append(stream)
        return stream

    def forget(self, stream: Stream) -> None:
        """Removes a stream whose source and sink are closed; any other stays. Its frames still count."""
        with self._lock:
            if stream.closed and stream in self._streams:
                self._streams.remove(stream)
                self._forgotten.update(streams=1, frames=stream.frames)

    def close(self) -> None:
        """No more streams are added."""
        with self._lock:
            self._closed = True

    def _free_name(self, name: str, *, given: bool) -> str:
        taken = {stream.name for stream in self._streams}
        if name not in taken:
            return name
        if given:
            raise StreamError(f'there is a stream called "{name}" already; give this one another name')
        return next(free for number in range(2, len(taken) + 3) if (free := f"{name} {number}") not in taken)

    def _refuse_shared_outputs(self, newcomer: Stream) -> None:
        taken = {identity(path) for stream in self._streams for path in stream.sink.paths}
        for path in newcomer.sink.paths:
            if identity(path) in taken:
                raise SinkError(f"{path} is written by another stream; give each stream an output of its own")
