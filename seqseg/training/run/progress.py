"""Progress on the screen: a moving line on a terminal, one line an epoch everywhere."""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TextIO

QUIET_SECONDS = 30
"""The longest time without a line where there is no terminal for a moving one."""


class Screen:
    """Writes lines to the terminal and, with the time of day, to a log file.

    Args:
        log: path of the log file; lines are appended.
        stream: None is standard output. The moving line is drawn on a terminal; elsewhere it is a line of its own
            every `QUIET_SECONDS`.
        clock: () -> seconds.
    """

    def __init__(self, log: Path, *, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream or sys.stdout
        self._clock = clock
        self._said = clock()
        self._terminal = getattr(self.stream, "unfiltered", self.stream)  # lines that move are not filtered
        self.moving = self.stream.isatty()
        self._log = log.open("a", encoding="utf-8", errors="backslashreplace")
        self._drawn = -1.0

    def __enter__(self) -> "Screen":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()
        self._log.close()

    def say(self, line: str) -> None:
        """A line that stays."""
        self.clear()
        print(line, file=self.stream, flush=True)
        self._said = self._clock()
        self.note(line)

    def note(self, line: str) -> None:
        """A line for the log alone."""
        self._log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {line}\n")
        self._log.flush()

    def draw(self, part: float, before: str, after: str) -> None:
        """Draw the moving line, at most ten times a second: `before`, a bar filled to `part` (0 to 1), `after`."""
        if not self.moving:
            if self._clock() - self._said >= QUIET_SECONDS:
                self._said = self._clock()
                print(f"{before}  {after}", file=self.stream, flush=True)
            return
        if self._clock() - self._drawn < 0.1:
            return
        self._drawn = self._clock()
        room = shutil.get_terminal_size().columns - len(before) - len(after) - 5
        full = round(part * min(24, room)) if room >= 4 else 0
        bar = f"  {'━' * full}{'─' * (min(24, room) - full)}" if room >= 4 else ""
        self._terminal.write(f"\r\x1b[K{before}{bar}  {after}")
        self._terminal.flush()

    def clear(self) -> None:
        """Remove the moving line."""
        if self.moving and self._drawn >= 0:
            self._terminal.write("\r\x1b[K")
            self._terminal.flush()
            self._drawn = -1.0


class CountingLine:
    """A moving line, `what  120/3000 frames`, only on a terminal; removed at the end.

    Example:
        >>> with CountingLine("reading") as line:
        ...     line.show(120, 3000)
    """

    def __init__(self, what: str, *, stream: TextIO | None = None) -> None:
        self.what, self.stream = what, stream or sys.stdout
        self.stream = getattr(self.stream, "unfiltered", self.stream)  # lines that move are not filtered
        self._drawn: float | None = None

    def __enter__(self) -> "CountingLine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn is not None:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def show(self, done: int, total: int) -> None:
        """Draw the line, at most ten times a second."""
        now = time.monotonic()
        if not self.stream.isatty() or (self._drawn is not None and now - self._drawn < 0.1):
            return
        self._drawn = now
        self.stream.write(f"\r\x1b[K  {self.what}  {done}/{total} frames")
        self.stream.flush()


class Pace:
    """The time left, estimated from the time so far without the first step, which compiles.

    Args:
        total: steps in all.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self._began: tuple[float, int] | None = None  # (time, step) after the first step

    def left(self, step: int) -> float | None:
        """Seconds from step `step` to the end; None before the second step."""
        now = time.monotonic()
        if self._began is None:
            self._began = now, step
        began, first = self._began
        return (now - began) / (step - first) * (self.total - step) if step > first else None


def duration(seconds: float) -> str:
    """A time span for people: `8 s`, `3:05 min`, `2:10 h`.

    Example:
        >>> duration(185)
        '3:05 min'
    """
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02d} min"
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d} h"
