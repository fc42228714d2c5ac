"""From the thread that segments to all viewers: the newest picture of every stream, encoded once."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

import numpy as np

from streams.frame import Frame
from streams.steadiness import Steadiness
from streams.threads.chore import Chore
from streams.web.pictures import Picture

IN_FLIGHT = 2  # pictures of a stream on their way to a viewer that has not said it drew them


class Shown(Protocol):
    """A stream, as far as the hub uses it."""

    id: int


class Hub:
    """Takes frames with `show` in any thread and gives pictures to viewers in the server's thread.

    `show` never waits: the hub encodes in its own thread, and frames that come faster than that are skipped in favour
    of newer ones. While there are no viewers nothing is encoded, only kept.

    Args:
        classes: their number. `void`: the label of no class.
        describe: stream -> more entries for a picture's header.
    """

    def __init__(
        self, *, classes: int, void: int = 255, describe: Callable[["Shown"], dict[str, object]] = lambda stream: {}
    ) -> None:
        self._classes, self._describe = classes, describe
        self._steadiness: dict[int, Steadiness] = defaultdict(lambda: Steadiness(void=void))
        self._changed = threading.Condition()
        self._newest: dict[int, tuple[Shown, Frame, np.ndarray]] = {}
        self._latest: dict[int, Picture] = {}
        self._at_work: set[int] = set()
        self._gone: set[int] = set()  # forgotten while the thread still works on one of their pictures
        self._sequence = 0
        self._over = False
        self._viewers: set[Viewer] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._chore: Chore | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called in the server's thread when its loop runs."""
        self._loop = loop
        self._chore = Chore("page", self._work)

    def stop(self, seconds: float) -> None:
        """No more pictures; waits for the thread at most `seconds`. Raises the thread's error."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        if self._chore is not None:
            self._chore.wait(seconds)
            if self._chore.error is not None:
                raise self._chore.error

    def show(self, stream: "Shown", frame: Frame, mask: np.ndarray) -> None:
        """The newest frame of a stream (it has an `id`) and its mask (h, w). Returns at once."""
        with self._changed:
            self._newest[stream.id] = (stream, frame, mask)
            self._changed.notify_all()

    def latest(self, stream: int) -> Picture | None:
        """The newest picture of a stream, by its id."""
        with self._changed:
            return self._latest.get(stream)

    def forget(self, stream: int) -> None:
        """Drops everything of a stream that is over."""
        with self._changed:
            self._drop(stream)
            if stream in self._at_work:
                self._gone.add(stream)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_gone, stream)

    @property
    def viewers(self) -> int:
        """How many viewers there are."""
        return len(self._viewers)

    def enter(self, viewer: "Viewer") -> None:
        """Adds a viewer and sends it the latest pictures. Call it in the server's thread."""
        self._viewers.add(viewer)
        with self._changed:
            pictures = list(self._latest.values())
        for picture in pictures:
            viewer.offer(picture)

    def leave(self, viewer: "Viewer") -> None:
        """Removes a viewer. Call it in the server's thread."""
        self._viewers.discard(viewer)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._newest and not self._over:
                    self._changed.wait()
                if self._over:
                    return
                shown, self._newest = self._newest, {}
                self._at_work = set(shown)
            for stream, frame, mask in shown.values():
                self._keep(stream, frame, mask)
            with self._changed:
                self._at_work, gone, self._gone = set(), self._gone, set()
                for number in gone:
                    self._drop(number)

    def _keep(self, stream: "Shown", frame: Frame, mask: np.ndarray) -> None:
        self._sequence += 1
        facts = self._describe(stream)
        if self._viewers:  # it costs a little, and only viewers see it
            self._steadiness[stream.id].see(frame, mask)
            facts |= {"steadiness": self._steadiness[stream.id].value}
        picture = Picture(stream.id, self._sequence, frame, mask, classes=self._classes, facts=facts)
        with self._changed:
            if stream.id in self._gone:
                return
            self._latest[stream.id] = picture
        if self._viewers:
            _ = picture.message  # encoded here, where nothing waits for it
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._spread, picture)

    def _drop(self, stream: int) -> None:
        for kept in (self._latest, self._newest, self._steadiness):
            kept.pop(stream, None)

    def _tell_gone(self, stream: int) -> None:
        for viewer in self._viewers:
            viewer.forget(stream)

    def _spread(self, picture: Picture) -> None:
        if self.latest(picture.stream) is None:  # forgotten since
            return
        for viewer in self._viewers:
            viewer.offer(picture)


class Viewer:
    """One viewer: gets the newest picture of every stream, as fast as it draws them. Lives in the server's thread."""

    def __init__(self) -> None:
        self._waiting: dict[int, Picture] = {}
        self._credits: dict[int, int] = defaultdict(lambda: IN_FLIGHT)
        self._wake = asyncio.Event()

    def offer(self, picture: Picture) -> None:
        """Replaces the picture that still waits."""
        self._waiting[picture.stream] = picture
        self._wake.set()

    def drawn(self, stream: int) -> None:
        """A picture of this stream has been drawn: there is room for another."""
        if stream in self._credits:  # otherwise it is gone, or never existed
            self._credits[stream] = min(self._credits[stream] + 1, IN_FLIGHT)
            self._wake.set()

    def forget(self, stream: int) -> None:
        """No more pictures of this stream come."""
        self._waiting.pop(stream, None)
        self._credits.pop(stream, None)

    async def next(self) -> Picture:
        """Waits for a picture that may be sent."""
        while True:
            for stream, picture in self._waiting.items():
                if self._credits[stream] > 0:
                    del self._waiting[stream]
                    self._credits[stream] -= 1
                    return picture
            self._wake.clear()
            await self._wake.wait()
