"""Ctrl-C that lets the current step end, so that everything can be saved."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType


class Interrupt:
    """While open, the first Ctrl-C only sets `asked`; the second one interrupts at once.

    Outside the main thread it does nothing, since Python delivers no signals there.

    Args:
        agree: what several processes make of their answers, asked at the same moments by all of them.

    Example:
        >>> with Interrupt() as interrupt:
        ...     while not interrupt.asked:
        ...         step()
    """

    def __init__(self, agree: Callable[[bool], bool] = bool) -> None:
        self._asked, self._agree = False, agree

    @property
    def asked(self) -> bool:
        """Whether it was asked for, in any of the processes."""
        return self._agree(self._asked)

    @asked.setter
    def asked(self, asked: bool) -> None:
        self._asked = asked

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
        if self._asked:
            raise KeyboardInterrupt("interrupted twice: what was done since the last save is lost")
        self._asked = True
