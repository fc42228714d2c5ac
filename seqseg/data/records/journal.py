"""The progress of a conversion, so that it can be resumed."""

import json
import os
from pathlib import Path
from typing import Any

from seqseg.errors import DataError
from seqseg.files import replacing

CONVERSION_FILE = "conversion.jsonl"


class Journal:
    """`conversion.jsonl`: the request, and a line for each finished shard."""

    def __init__(self, out: Path, asked: dict[str, Any]):
        self.path = out / CONVERSION_FILE
        self.done: dict[str, dict[str, Any]] = {}
        lines = [json.dumps(asked)]
        if self.path.is_file():
            self._read(out, json.loads(lines[0]))
            lines += [json.dumps(line) for line in self.done.values()]
        with replacing(self.path) as file:  # without a line that a kill has cut
            file.write(("\n".join(lines) + "\n").encode())

    def add(self, file: str, noted: dict[str, Any]) -> None:
        """Add a finished shard."""
        with self.path.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(noted) + "\n")
            journal.flush()
            os.fsync(journal.fileno())
        self.done[file] = noted

    def remove(self) -> None:
        """The conversion is finished."""
        self.path.unlink()

    def _read(self, out: Path, asked: dict[str, Any]) -> None:
        first, *lines = self.path.read_text(encoding="utf-8", errors="replace").split("\n")
        before = self._parsed(first, out)
        for key, value in asked.items():
            if before.get(key) != value:
                raise DataError(
                    f"{out} was begun with {_difference(key, before.get(key), value)}; use the same as then, or choose "
                    "another folder"
                )
        for line in lines[:-1]:  # after the last line break comes nothing, or a line that was cut
            noted = self._parsed(line, out)
            shard = noted.get("shard")
            if not isinstance(shard, dict) or Path(str(shard.get("file"))).name != shard.get("file"):
                raise self._damaged(out)
            file = out / shard["file"]
            if file.is_file() and file.stat().st_size == shard.get("bytes"):
                self.done[file.name] = noted

    def _parsed(self, line: str, out: Path) -> dict[str, Any]:
        try:
            parsed = json.loads(line)
        except (ValueError, RecursionError):
            raise self._damaged(out) from None
        if not isinstance(parsed, dict):
            raise self._damaged(out)
        return parsed

    def _damaged(self, out: Path) -> DataError:
        return DataError(f"{self.path} is damaged; remove {out} and convert again")


def _difference(key: str, before: Any, now: Any) -> str:
    if isinstance(before, dict) and isinstance(now, dict):
        for name in {**before, **now}:
            if before.get(name) != now.get(name):
                return _difference(name, before.get(name), now.get(name))
    if isinstance(before, list) and isinstance(now, list) and len(str(before)) + len(str(now)) > 100:
        pairs = zip([*before, None], [*now, None], strict=False)
        return _difference(key, *next((was, comes) for was, comes in pairs if was != comes))
    return f"{key} {json.dumps(before)}, and is now {json.dumps(now)}"
