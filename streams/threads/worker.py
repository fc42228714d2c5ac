"""Calls in one thread, with a caller that may stop waiting."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from streams.threads.waiting import TURN, joined

Result = TypeVar("Result")


class Worker(Generic[Result]):
    """A thread that makes one call after another, so that the caller can stop waiting for one that hangs."""

    def __init__(self, name: str) -> None:
        self._changed = threading.Condition()
        self._work: Callable[[], Result] | None = None
        self._result: Result | None = None
        self._error: BaseException | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call(self, work: Callable[[], Result], give_up: Callable[[], bool]) -> Result:
        """What `work()` returns or raises; TimeoutError once `give_up()`, asked twice a second, is true."""
        with self._changed:
            self._work = work
            self._changed.notify_all()
            while self._work is not None:
                if not self._changed.wait(TURN) and give_up():
                    self._ended = True
                    raise TimeoutError
            error, result = self._error, self._result
            self._error = self._result = None
        if error is not None:
            raise error
        return cast(Result, result)

    def close(self, patience: float) -> bool:
        """Ends the thread; False if it still runs after `patience` seconds and was abandoned."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        return joined(self._thread, patience)

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._work is None and not self._ended:
                    self._changed.wait()
                if self._work is None:
                    return
                work = self._work
            try:
                self._result = work()
            except BaseException as error:
                self._error = error
            with self._changed:
                self._work = None
                self._changed.notify_all()
