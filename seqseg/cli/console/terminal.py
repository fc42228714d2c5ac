"""Aligned text for the terminal."""

from collections.abc import Iterable, Mapping, Sequence


def print_facts(facts: Mapping[str, object]) -> None:
    """One `name  value` a line, the values in one column; entries that are None are left out."""
    shown = {name: value for name, value in facts.items() if value is not None}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        print(f"  {name:<{width}}  {value}")


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A header and rows in columns; numbers to the right, words to the left."""
    table = [list(row) for row in rows]
    widths = [max(len(str(row[column])) for row in [header, *table]) for column in range(len(header))]
    to_the_right = [bool(table) and all(_is_number(row[column]) for row in table) for column in range(len(header))]
    for row in [header, *table]:
        cells = [
            str(cell).rjust(width) if right else str(cell).ljust(width)
            for cell, width, right in zip(row, widths, to_the_right, strict=True)
        ]
        print(("  " + "  ".join(cells)).rstrip())


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float) or str(cell).replace(",", "").replace(".", "", 1).rstrip(" %").isdigit()
