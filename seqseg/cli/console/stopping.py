"""Treat requests to stop (`kill`, `docker stop`, a service manager, a closing terminal) like Ctrl-C."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from seqseg.cli.console.printable import unfiltered


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """While open, SIGTERM and SIGHUP call the current handler of SIGINT, so that they, too, save before leaving.

    A SIGHUP that is ignored, as under `nohup`, stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers signals to the main thread only
        return
    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, _pass_on)}
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, _hang_up)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pass_on(_: int, frame: FrameType | None) -> None:
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        # A shell's background job starts with Ctrl-C ignored; a request to stop counts nevertheless.
        handler = signal.default_int_handler
    handler(signal.SIGINT, frame)


def _hang_up(number: int, frame: FrameType | None) -> None:
    """The terminal has closed: discard further output, so that printing does not fail."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.__stdout__, sys.__stderr__, unfiltered(sys.stderr)):
        if stream is not None and stream.isatty():
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    _pass_on(number, frame)
