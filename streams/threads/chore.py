"""One call in a thread."""

import threading
import time
from collections.abc import Callable

from streams.threads.waiting import TURN


class Chore:
    """One call in its own thread, so that no caller waits for a device or a disk. `wake()` is called when it is done.

    >>> chore = Chore("open", lambda: 7)
    >>> chore.wait(10), chore.done, chore.error
    (True, True, None)
    """

    def __init__(self, name: str, work: Callable[[], object], wake: Callable[[], object] | None = None) -> None:
        self.error: BaseException | None = None
        self._work, self._wake = work, wake
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._over = threading.Event()
        self._thread.start()

    @property
    def done(self) -> bool:
        return self._over.is_set()

    def wait(self, seconds: float) -> bool:
        """Waits for the end at most `seconds`; whether it came. A chore whose device hangs is abandoned."""
        deadline = time.monotonic() + seconds
        while not self._over.is_set() and (left := deadline - time.monotonic()) > 0:
            self._over.wait(min(TURN, left))
        if self._over.is_set():
            self._thread.join()
        return self._over.is_set()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error
        self._over.set()
        if self._wake is not None:
            self._wake()
