"""What a person sees while training: a moving line on a terminal, one line an epoch everywhere."""

import shutil
import sys
import time


class Screen:
    """Writes lines to the terminal and, with the time of day, to a log file.

    Args:
        log: path of the log file, which is appended to.
        stream: None is standard output. A line that moves is drawn only if it is a terminal.
    """

    def __init__(self, log, *, stream=None):
        self.stream = stream or sys.stdout
        self._terminal = getattr(self.stream, "unfiltered", self.stream)  # lines that move are not filtered
        self.moving = self.stream.isatty()
        self._log = log.open("a", encoding="utf-8")
        self._drawn = -1.0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clear()
        self._log.close()

    def say(self, line):
        """A line that stays."""
        self.clear()
        print(line, file=self.stream, flush=True)
        self.note(line)

    def note(self, line):
        """A line for the log alone."""
        self._log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {line}\n")
        self._log.flush()

    def draw(self, part, before, after):
        """The moving line, at most ten times a second: `before`, a bar that is `part` (0 to 1) full, `after`."""
        if not self.moving or time.monotonic() - self._drawn < 0.1:
            return
        self._drawn = time.monotonic()
        room = shutil.get_terminal_size().columns - len(before) - len(after) - 5
        full = round(part * min(24, room)) if room >= 4 else 0
        bar = f"  {'━' * full}{'─' * (min(24, room) - full)}" if room >= 4 else ""
        self._terminal.write(f"\r\x1b[K{before}{bar}  {after}")
        self._terminal.flush()

    def clear(self):
        """Take the moving line away."""
        if self.moving and self._drawn >= 0:
            self._terminal.write("\r\x1b[K")
            self._terminal.flush()
            self._drawn = -1.0


class CountingLine:
    """`what  120/3000 frames`, a line that moves, on a terminal alone, and goes away.

    Example:
        >>> with CountingLine("reading") as line:
        ...     line.show(120, 3000)
    """

    def __init__(self, what, *, stream=None):
        self.what, self.stream = what, stream or sys.stdout
        self.stream = getattr(self.stream, "unfiltered", self.stream)  # lines that move are not filtered
        self._drawn = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._drawn is not None:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def show(self, done, total):
        """Draw how far it is, at most ten times a second."""
        now = time.monotonic()
        if not self.stream.isatty() or (self._drawn is not None and now - self._drawn < 0.1):
            return
        self._drawn = now
        self.stream.write(f"\r\x1b[K  {self.what}  {done}/{total} frames")
        self.stream.flush()


class Pace:
    """How long the rest takes, from how long it took so far; the first step, which compiles, is not counted.

    Args:
        total: steps in all.
    """

    def __init__(self, total):
        self.total = total
        self._began = None  # (time, step) after the first step

    def left(self, step):
        """Seconds from step `step` to the end; None until there is something to tell it from."""
        now = time.monotonic()
        if self._began is None:
            self._began = now, step
        began, first = self._began
        return (now - began) / (step - first) * (self.total - step) if step > first else None


def duration(seconds):
    """A time span as people say it: `8 s`, `3:05 min`, `2:10 h`.

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
