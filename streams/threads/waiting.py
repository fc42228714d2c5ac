"""Waits that Ctrl-C can interrupt."""

import threading
import time
from collections.abc import Callable

TURN = 0.5  # seconds between two looks: Ctrl-C gets through even where a wait cannot be interrupted


def joined(thread: threading.Thread, patience: float) -> bool:
    """Waits at most `patience` seconds for the thread's end, in short turns; whether it ended."""
    end = time.monotonic() + patience
    while thread.is_alive() and (left := end - time.monotonic()) > 0:
        thread.join(min(TURN, left))
    return not thread.is_alive()


def failure_of(work: Callable[[], object]) -> BaseException | None:
    """What `work()` raises; None if it succeeds."""
    try:
        work()
    except BaseException as error:
        return error
    return None
