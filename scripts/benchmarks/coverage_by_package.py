"""Print a coverage report by package: coverage_by_package.py .coverage.json (from `scripts/test --coverage`)."""

import collections
import json
import sys
from pathlib import Path


def by_package(report: dict) -> dict[str, tuple[int, int]]:
    """(lines that ran, lines there are) of each package two levels deep, such as "seqseg.data"."""
    counts: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0])
    for name, file in report["files"].items():
        folders = Path(name).parts[:-1]
        summary = file["summary"]
        package = counts[".".join(folders[:2])]
        package[0] += summary["covered_lines"]
        package[1] += summary["num_statements"]
    return {name: (ran, all_) for name, (ran, all_) in sorted(counts.items())}


if __name__ == "__main__":
    packages = by_package(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    for name, (ran, statements) in packages.items():
        print(f"{name:24} {100 * ran / max(statements, 1):5.1f} % of {statements}")
    ran, statements = (sum(part) for part in zip(*packages.values(), strict=True))
    print(f"{'all':24} {100 * ran / statements:5.1f} % of {statements}")
