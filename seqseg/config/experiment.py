"""TOML → Experiment, strict: a typo is an error and not a default.

Every value has a dotted key (`data.timesteps`), in a TOML line, a flag or `--set`. An optional key takes `"none"`.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, get_type_hints

from seqseg.config.sections import RENAMED, SECTIONS, Experiment, ModelConfig
from seqseg.config.text import parse_value, toml_table
from seqseg.errors import ConfigError
from seqseg.registry import nearest


def load_experiment(
    path: str | os.PathLike[str] | None = None, overrides: Mapping[str, object] | None = None
) -> Experiment:
    """The experiment of a TOML file (or all defaults), with overrides by dotted key.

    An override that is text is read as a TOML value where possible: `{"training.epochs": "5"}` is 5 epochs.

    Raises:
        ConfigError: naming the dotted key.

    >>> load_experiment(overrides={"data.timesteps": "5", "data.size": "45x61"}).data.size
    (45, 61)
    """
    tables = _with_current_keys(_read_toml(Path(path))) if path is not None else {}
    for key, value in (overrides or {}).items():
        _lay_over(tables, _current_key(key), value)
    return experiment_from(tables)


def experiment_from(tables: Mapping[str, Any]) -> Experiment:
    """The experiment in nested dicts, as TOML gives them."""
    tables = _with_current_keys(tables)
    for section, values in tables.items():
        if section not in SECTIONS:
            raise ConfigError(f"unknown section [{section}]{_did_you_mean(section)}; there are: {', '.join(SECTIONS)}")
        if not isinstance(values, Mapping):
            raise ConfigError(f"[{section}] must be a section with keys, got {section} = {values!r}")
    return Experiment(**{section: _build(section, tables.get(section, {})) for section in SECTIONS})


def dump_experiment(experiment: Experiment) -> str:
    """TOML text that loads back equal, every key written out."""
    tables = []
    for section in SECTIONS:
        values = {item.name: getattr(getattr(experiment, section), item.name) for item in fields(SECTIONS[section])}
        values |= _options_to_write(values.pop("options", {}))
        tables.append(toml_table(section, values))
    return "\n".join(tables)


def _options_to_write(options: Mapping[str, Any]) -> Mapping[str, Any]:
    for key, value in options.items():
        if value is None:  # TOML has no null, and "none" may be a value of the model's own
            raise ConfigError(f"model.{key} is None, which TOML cannot express; leave the option out")
    return options


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"no config file at {path}; give the path of a .toml file") from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder; give the path of a .toml file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None


def _current_key(key: str) -> str:
    """`data.fit.border` -> `data.resize.border`."""
    for former, current in RENAMED.items():
        if key == former or key.startswith(f"{former}."):
            return current + key.removeprefix(former)
    return key


def _with_current_keys(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The same tables with every former key under its present name."""
    current = dict(tables)
    for former, key in RENAMED.items():
        section, _, name = former.partition(".")
        values = current.get(section)
        if isinstance(values, Mapping) and name in values:
            new = key.partition(".")[2]
            if new in values:
                raise ConfigError(f"{former} is the former name of {key}, and both are set; leave {former} out")
            current[section] = {new if one == name else one: value for one, value in values.items()}
    return current


def _lay_over(tables: dict[str, Any], key: str, value: object) -> None:
    section, _, rest = key.partition(".")
    if not rest or section not in SECTIONS:
        raise ConfigError(f"unknown key {key}{_did_you_mean(key)}")
    *parents, last = rest.split(".")
    table = tables.setdefault(section, {})
    for parent in parents:
        if isinstance(table.get(parent), str):  # `loss = "focal"` is short for a table of its name alone
            table[parent] = {"name": table[parent]}
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{key} cannot be set: {parent} is {table!r}, not a table")
    if isinstance(table, dict):  # a malformed section is reported by the check that follows
        table[last] = parse_value(value, keep_text=_holds_text(key)) if isinstance(value, str) else value


def _holds_text(key: str) -> bool:
    section, _, name = key.partition(".")
    kind = get_type_hints(SECTIONS[section]).get(name)
    return kind in (str, str | None)


def _build(section: str, values: Mapping[str, Any]) -> Any:
    kind = SECTIONS[section]
    if kind is ModelConfig:
        options = {key: value for key, value in values.items() if key != "name"}
        return ModelConfig(options=options, **{key: value for key, value in values.items() if key == "name"})
    names = [item.name for item in fields(kind)]
    for key in values:
        if key not in names:
            raise ConfigError(f"unknown key {section}.{key}{_did_you_mean(f'{section}.{key}')}")
    return kind(**values)


def _did_you_mean(key: str) -> str:
    """The nearest right key: of the same name in another section, else the most similar one."""
    last = key.rpartition(".")[2]
    known = known_keys()
    if "." not in key and nearest(key, SECTIONS):
        return f"; did you mean {nearest(key, SECTIONS)[0]}?"
    close = [other for other in known if other.rpartition(".")[2] == last] or nearest(key, known)
    return f"; did you mean {close[0]}?" if close else f"; the keys are: {', '.join(known)}"


def known_keys() -> list[str]:
    """Every dotted key but the options of the model, which depend on the preset."""
    return [f"{section}.{item.name}" for section, kind in SECTIONS.items() for item in _settings(kind)]


def _settings(kind: type) -> list[Field[Any]]:
    return [item for item in fields(kind) if item.name != "options"]
