"""The pages of the manual that are made from the code: commands, settings, parts and kinds of data.

mkdocs.yml names this file as a hook, so that the pages are never older than the code.
"""

import os
from collections.abc import Callable
from typing import Any

from seqseg.cli.help.kinds import list_kinds
from seqseg.cli.help.parts import GROUPS, list_parts
from seqseg.cli.main import build_parser
from seqseg.config import SECTIONS
from seqseg.config.reference import list_settings


def commands_page() -> str:
    """Every command with its flags, as `--help` prints it at 100 columns."""
    os.environ["COLUMNS"] = "100"
    parts = ["# Commands", "Exit codes: 0 done, 1 a bug, 2 an error that you can fix, 130 interrupted."]
    for name, parser in build_parser()._commands().items():
        parts.append(f"## seqseg {name}\n\n```text\n{parser.format_help().rstrip()}\n```")
    return "\n\n".join(parts) + "\n"


def settings_page() -> str:
    """A table of every key of a config."""
    parts = [
        "# Settings",
        "Every key of a config file, with the value it has when it is left out. "
        "`seqseg train --set KEY=VALUE` sets one; `seqseg help settings` prints this page.",
    ]
    for section in SECTIONS:
        rows = [setting for setting in list_settings() if setting.key.startswith(f"{section}.")]
        lines = [f"| `{one.key}` | {_cell(one.kind)} | `{one.default}` | {_cell(one.about)} |" for one in rows]
        parts.append(
            f"## [{section}]\n\n| key | a value is | default | meaning |\n|---|---|---|---|\n" + "\n".join(lines)
        )
    return "\n\n".join(parts) + "\n"


def parts_page() -> str:
    """Every model, backbone, memory, decoder, upsampling, loss and method for unlabelled frames."""
    parts = ["# Parts", "What a model and its training are made of; `seqseg help parts NAME` prints one."]
    found = list_parts()
    for group, setting in GROUPS.items():
        lines = [
            f"| `{part.name}` | {_cell(part.about)} | {_cell(part.options_text)} |"
            for part in found
            if part.group == group
        ]
        parts.append(
            f"## {group}\n\nAs {setting}.\n\n| name | what it is | options |\n|---|---|---|\n" + "\n".join(lines)
        )
    return "\n\n".join(parts) + "\n"


def kinds_page() -> str:
    """Every kind of data with its options."""
    parts = ["# Kinds of data", "`seqseg help kinds KIND` prints one; several sets are joined by ` + `."]
    for kind in list_kinds():
        parts.append(
            f"## {kind.name}\n\n{_cell(kind.about)}\n\n```text\n{kind.text}\n```\n\n`seqseg inspect {kind.example}`"
        )
    return "\n\n".join(parts) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "commands": commands_page,
    "settings": settings_page,
    "parts": parts_page,
    "kinds": kinds_page,
}


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def on_files(files: Any, config: Any) -> Any:
    """Called by mkdocs: adds the pages to those of the folder docs."""
    from mkdocs.structure.files import File

    for name, page in PAGES.items():
        files.append(File.generated(config, f"reference/{name}.md", content=page()))
    return files
