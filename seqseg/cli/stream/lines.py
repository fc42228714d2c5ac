"""The lines of a run on a terminal: one a stream, redrawn in place."""

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import IO, Any

GAP = "  "
NAME = 24  # columns that a name may take
COLOURS = {"failed": "31", "reconnecting": "33", "frozen": "33", "paused": "36"}  # red, yellow, cyan
UNIMPORTANT_FIRST = (
    "steadiness",
    "state",
    "dropped",
    "latency",
    "frames",
    "status",
)  # left out first


class Lines:
    """Draws rows of figures over those drawn before, a line each, never wider or higher than the terminal."""

    def __init__(self, output: IO[str], *, colour: bool | None = None) -> None:
        self._output, self._height = output, 0
        self._colour = wants_colour(output) if colour is None else colour

    def draw(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Shows the rows (as `Figures.now` gives them) in place of those shown last."""
        columns, lines = self._room()
        shown = rows if len(rows) < lines else rows[: max(1, lines - 2)]
        texts = lines_of(shown, columns - 1, colour=self._colour)
        if len(shown) < len(rows):
            texts.append(f"{GAP}… and {len(rows) - len(shown)} more"[: columns - 1])
        self._output.write(self._up() + "\n".join(f"\x1b[2K{text}" for text in texts) + "\x1b[J")
        self._output.flush()
        self._height = len(texts)

    def clear(self) -> None:
        """Removes the lines."""
        if self._height:
            self._output.write(f"{self._up()}\x1b[J")
            self._output.flush()
            self._height = 0

    def _up(self) -> str:
        return "\r" + (f"\x1b[{self._height - 1}A" if self._height > 1 else "")

    def _room(self) -> tuple[int, int]:
        try:
            return os.get_terminal_size(self._output.fileno())
        except (OSError, ValueError, AttributeError):  # something that only behaves like a terminal
            return shutil.get_terminal_size()


def lines_of(rows: Sequence[Mapping[str, Any]], width: int, *, colour: bool = False) -> list[str]:
    """A line for each row, at most `width` columns; columns that do not fit are left out in all of them."""
    cells = [_cells(row) for row in rows]
    kept = list(cells[0]) if cells else []
    widths: dict[str, int] = {}
    for least in (None, *UNIMPORTANT_FIRST):
        kept = [name for name in kept if name != least]
        widths = {name: max(len(row[name]) for row in cells) for name in kept}
        if sum(widths.values()) + len(GAP) * len(kept) <= width:
            break
    return [
        _line(row, status, widths, width, colour)
        for row, status in zip(cells, (r["status"] for r in rows), strict=True)
    ]


def wants_colour(output: IO[str]) -> bool:
    """Whether the output is a terminal that shows colours, and NO_COLOR is not set (no-color.org)."""
    return output.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    name, age = _plain(row["stream"]), row["state_age"]
    dropped = sum(row["dropped"].values())
    return {
        "name": name if len(name) <= NAME else f"…{name[1 - NAME :]}",
        "status": row["status"],
        "frames": f"{row['frames']:,} frames",
        "fps": "   -   fps" if row["fps"] is None else f"{row['fps']:5.1f} fps",
        "latency": "late    - ms" if row["latency_p95_ms"] is None else f"late {row['latency_p95_ms']:4.0f} ms",
        "dropped": f"{dropped:,} dropped",
        "state": f"state {_seconds(age['seconds'])}",
        "steadiness": "steady    -" if row["steadiness"] is None else f"steady {100 * row['steadiness']:5.1f} %",
    }


def _line(cells: Mapping[str, str], status: str, widths: Mapping[str, int], width: int, colour: bool) -> str:
    left = ("name", "status")
    texts = {
        name: cells[name].ljust(size) if name in left else cells[name].rjust(size) for name, size in widths.items()
    }
    text = GAP + GAP.join(texts.values())
    if colour and status in COLOURS and len(text) <= width:
        before, _, after = text.partition(texts["status"]) if "status" in texts else (text, "", "")
        return f"{before}\x1b[{COLOURS[status]}m{texts.get('status', '')}\x1b[0m{after}"
    return text[:width]


def _seconds(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:4.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _plain(text: str) -> str:
    """Without control characters, which a terminal would obey: a stream's name may come from anywhere."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
