"""Ctrl-C between calls of C libraries, not within them."""

import signal
import threading
from types import FrameType, TracebackType


class WholeCalls:
    """Holds back a KeyboardInterrupt of Ctrl-C while its `with` block runs, and raises it at the end of the block.

    OpenCV ends the process with a segmentation fault when the exception is raised within one of its functions. Only
    Python's own handler is replaced, and only in the main thread; `close` puts it back. A second Ctrl-C is not held.

    Example:
        >>> calls = WholeCalls()
        >>> with calls:
        ...     picture = bytes(3)
        >>> calls.close()
    """

    def __init__(self) -> None:
        in_main_thread = threading.current_thread() is threading.main_thread()
        self._inside = self._asked = False
        self._installed = in_main_thread and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._installed:
            signal.signal(signal.SIGINT, self._handle)

    def __enter__(self) -> None:
        self._inside = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inside = False
        if self._asked and kind is None:
            raise KeyboardInterrupt

    def close(self) -> None:
        """Put Python's own handler back."""
        if self._installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._installed = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._inside and not self._asked:
            self._asked = True
            return
        raise KeyboardInterrupt
