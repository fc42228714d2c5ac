"""TOML values as text: reading one given on the command line, writing a table (the standard library only reads)."""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from seqseg.errors import ConfigError


def parse_assignment(text: str) -> tuple[str, str]:
    """`training.epochs=5` → ("training.epochs", "5")."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f'--set takes key=value such as training.epochs=5, got "{text}"')
    return key.strip(), value.strip()


def parse_value(text: str, *, keep_text: bool = False) -> Any:
    """The TOML value in `text`, or the text itself when it is not TOML; `keep_text` for settings that hold text.

    >>> parse_value("[0.5, 2]"), parse_value("cosine"), parse_value("5", keep_text=True)
    ([0.5, 2], 'cosine', '5')
    """
    if re.fullmatch(r"\d+x\d+", text):  # a size; TOML would take 0x480 for a hexadecimal number
        return text
    try:
        value = tomllib.loads(f"value = {text}")["value"] if "\n" not in text else text
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return text if keep_text and not isinstance(value, str) else value


def toml_table(name: str, values: Mapping[str, Any]) -> str:
    """One `[name]` table and the tables inside it, as TOML text; None is written `"none"`."""
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    lines = [f"[{name}]"] + [f"{_key(key)} = {_value(f'{name}.{key}', value)}" for key, value in plain.items()]
    text = "\n".join(lines) + "\n"
    return text + "".join("\n" + toml_table(f"{name}.{_key(key)}", table) for key, table in tables.items())


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _string(key)


def _value(path: str, value: Any) -> str:
    if value is None:
        return '"none"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(path, item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {_value(path, item)}" for key, item in value.items()) + "}"
    raise ConfigError(f"{path} holds a {type(value).__name__}, which TOML cannot; use text, numbers, lists or tables")


def _string(text: str) -> str:
    # A JSON string is a TOML string, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
