"""The interface of all sources."""

import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Self

from streams.engine.known import Known
from streams.errors import SourceError
from streams.frame import Frame
from streams.meter import Meter
from streams.sources.reading.events import SourceEvent, log


class Source(ABC):
    """Opened with `with`, read with `for`: gives Frames in order.

    After opening: `size` (h, w) of the first frame or None, `rate` frames a second or None, `length` a guess at the
    number of frames or None (for progress bars only), `live` whether frames that are not fetched in time are lost.
    `warnings` fills while reading; `counts` holds what was repaired, flawed or passed over, by name; `paths` are the
    files read; `reconnecting` is true while a lost source is being connected again.
    """

    name: str = ""
    size: tuple[int, int] | None = None
    rate: Fraction | None = None
    length: int | None = None
    live: bool = False
    paths: tuple[Path, ...] = ()

    def __init__(self, name: str) -> None:
        self.name = name
        self.warnings: list[str] = []
        self.counts: Counter[str] = Counter()
        self.meter = Meter()
        self._listener: Callable[[SourceEvent], None] = log
        self._stopping = threading.Event()
        self._opened = False

    @property
    def reconnecting(self) -> bool:
        return False

    @abstractmethod
    def open(self) -> None:
        """Gets the source ready or raises SourceError."""

    @abstractmethod
    def frames(self) -> Iterator[Frame]:
        """The frames from the beginning."""

    @abstractmethod
    def close(self) -> None:
        """Closes everything. Legal in every state."""

    def measure(self, meter: Meter) -> None:
        """Times go to this meter from now on."""
        self.meter = meter

    def watch(self, listener: Callable[[SourceEvent], None]) -> None:
        """Events go to this function from now on, in the thread that reads. By default they are logged."""
        self._listener = listener

    def stop(self) -> None:
        """Asks the thread that opens or reads the source to end soon; lasts until it is closed. For any thread."""
        self._stopping.set()

    def go_on_from(self, known: Known) -> None:  # noqa: B027 (most sources cannot)
        """Only this frame and what follows are wanted. Called before opening.

        A source that finds the frame without reading all before it begins with it, under its number; any other source
        begins at its beginning.
        """

    def tell(self, kind: str, message: str, *, wait: float | None = None, pts: float | None = None) -> None:
        """Sends the listener an event."""
        self._listener(SourceEvent(kind, self.name, message, wait=wait, pts=pts))

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.__exit__()
            raise
        self._opened = True
        return self

    def __iter__(self) -> Iterator[Frame]:
        if not self._opened:
            raise SourceError(f"{self.name} is not open; read it inside `with source:`")
        return self.frames()

    def __exit__(self, *error: object) -> None:
        self._opened = False
        try:
            self.close()
        finally:
            self._stopping.clear()  # only now: `stop` may have been called before it was open
