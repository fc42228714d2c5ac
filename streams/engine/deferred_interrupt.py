"""Finish files even when Ctrl-C comes meanwhile."""

from collections.abc import Callable


class DeferredInterrupt:
    """Calls that one Ctrl-C does not interrupt: it is noted, and the call is repeated. A second one is raised.

    >>> deferred, calls = DeferredInterrupt(), []
    >>> def interrupted():
    ...     calls.append(1)
    ...     if len(calls) == 1:
    ...         raise KeyboardInterrupt
    >>> deferred.call(interrupted)
    >>> len(calls)
    2
    """

    def __init__(self) -> None:
        self._interrupt: KeyboardInterrupt | None = None

    def call(self, work: Callable[[], object]) -> None:
        """Makes the call, which must be repeatable."""
        try:
            work()
        except KeyboardInterrupt as interrupt:
            if self._interrupt is not None:
                raise
            self._interrupt = interrupt
            work()

    def raise_interrupt(self) -> None:
        """Raises the Ctrl-C that was noted, if one was."""
        if self._interrupt is not None:
            raise self._interrupt
