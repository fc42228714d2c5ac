"""A call every so many seconds."""

import threading
from collections.abc import Callable


class Ticker:
    """Calls `work()` every `seconds` in its own thread until `close`, which raises what `work` raised."""

    def __init__(self, seconds: float, work: Callable[[], object]) -> None:
        self._seconds, self._work = seconds, work
        self._error: BaseException | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tick", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self._work()
                self._over.wait(self._seconds)
        except BaseException as error:
            self._error = error
