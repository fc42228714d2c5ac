"""A polite request to stop (`kill`, `docker stop`, a service manager) is the same as Ctrl-C."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """While open, SIGTERM goes to whoever handles SIGINT at that time, so that it, too, saves before leaving."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python lets only the main thread handle signals
        return
    before = signal.signal(signal.SIGTERM, _pass_on)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _pass_on(_, frame) -> None:
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        # A shell's job in the background starts with Ctrl-C ignored; a request to stop is meant all the same.
        handler = signal.default_int_handler
    handler(signal.SIGINT, frame)
