"""Ctrl-C that lets a step end, so that everything can be saved."""

import signal
import threading


class Interrupt:
    """While open, the first Ctrl-C only sets `asked`; the second one interrupts at once.

    Outside the main thread, where Python delivers no signals, it does nothing.

    Example:
        >>> with Interrupt() as interrupt:
        ...     while not interrupt.asked:
        ...         step()
    """

    def __init__(self):
        self.asked = False

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_):
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, *_):
        if self.asked:
            raise KeyboardInterrupt("interrupted twice: what was done since the last save is lost")
        self.asked = True
