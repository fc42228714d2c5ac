"""Ctrl-C that lets the current step end, so that everything can be saved."""

import signal
import threading
from types import FrameType, TracebackType


class Interrupt:
    """While open, the first Ctrl-C only sets `asked`; the second one interrupts at once.

    Outside the main thread it does nothing, since Python delivers no signals there.

    Example:
        >>> with Interrupt() as interrupt:
        ...     while not interrupt.asked:
        ...         step()
    """

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> "Interrupt":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt("interrupted twice: what was done since the last save is lost")
        self.asked = True
