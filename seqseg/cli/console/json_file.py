"""JSON that appears whole or not at all."""

import json
import os
from pathlib import Path


def write_json(path: str | Path, content: object) -> None:
    """Write `content` where people can read it; the folder is made."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
