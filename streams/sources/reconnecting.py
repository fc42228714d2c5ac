"""Live sources that are opened again."""

import random
from collections.abc import Callable, Iterator

from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.reading.continued import Continued
from streams.sources.reading.wrapper import Wrapper
from streams.sources.source import Source

FIRST_WAIT, LONGEST_WAIT = 0.25, 5.0  # seconds before the first try and, at most, before any


class Reconnecting(Wrapper):
    """A live source that is opened again whenever it is lost, after 0.25, 0.5, 1, 2, 4, 5, 5 … seconds with jitter.

    Each opening begins a new epoch, and times go on by the time that has really passed: no frame is made up in between.
    `retries` is how often in a row (None: without limit); a good frame resets the count. Opening raises what is wrong,
    except for a `late` source, which is opened while reading. A source that is not live is passed through.
    `wait(seconds)` returns whether to stop; by default it waits until `stop` is called.
    """

    def __init__(
        self,
        source: Source,
        *,
        retries: int | None = None,
        late: bool = False,
        wait: Callable[[float], bool] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(source)
        self._retries, self._late = retries, late
        self._wait, self._jitter = wait or self._stopping.wait, jitter
        self._searching = self._open = False
        self._tries = 0
        self._missed: SourceError | None = None  # why a source that may come late is not there yet

    @property
    def reconnecting(self) -> bool:
        return self._searching

    def open(self) -> None:
        self._tries, self._searching = 0, False
        try:
            super().open()
            self._open = True
        except SourceError as error:
            if not self._late:
                raise
            self._missed = error
            self.live = True

    def frames(self) -> Iterator[Frame]:
        continued = Continued()
        if not self._open:
            self._lose(self._missed or SourceError(f"{self.name} is not open"))
            if not self._search():
                return
        while True:
            try:
                for frame in self.inner:
                    self._tries = 0
                    yield continued.frame(frame, live=True) if self.live else frame
                return
            except SourceError as error:
                if not self.live:
                    raise
                self._lose(error)
            if not self._search():
                return
            continued.reopened()

    def close(self) -> None:
        if self._open:
            super().close()
        self._open = self._searching = False
        if self.live and self.counts and (summary := self._summary()) not in self.warnings:
            self.warnings.append(summary)

    def _summary(self) -> str:
        return f"{self.name}: " + ", ".join(f"{count} {kind}" for kind, count in self.counts.items() if count)

    def _lose(self, error: SourceError) -> None:
        self.counts["lost"] += 1
        self._searching = True
        self.tell("lost", str(error))
        if self._open:
            super().close()
            self._open = False

    def _search(self) -> bool:
        """Opens the source again, as often as needed; False if `stop` was called."""
        reason: SourceError | None = None
        while self._retries is None or self._tries < self._retries:
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(self._tries, 10)) * (0.75 + 0.5 * self._jitter())
            self._tries += 1
            self.tell("retrying", f"{self.name}: trying again in {wait:.1f} s (try {self._tries})", wait=wait)
            if self._wait(wait) or self._stopping.is_set():
                return False
            try:
                super().open()
            except SourceError as error:
                reason = error
                continue
            self._open, self._searching = True, False
            self.counts["reconnected"] += 1
            return True
        message = f"{self.name} was lost and did not come back in {self._tries} tries"
        self.tell("gave up", message)
        raise SourceError(f"{message}: {reason}" if reason else message)
