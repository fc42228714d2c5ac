"""Every setting with its type, limits, default and meaning, read from the sections themselves."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, get_type_hints

from seqseg.config.sections import SECTIONS
from seqseg.config.types import shown, wanted


@dataclass(frozen=True)
class Setting:
    """One setting: its dotted key, what a value must be, its default as TOML writes it, and its meaning."""

    key: str
    kind: str
    default: str
    about: str


def list_settings() -> list[Setting]:
    """All settings in the order of the sections; needs no Keras.

    >>> [setting.default for setting in list_settings() if setting.key == "data.timesteps"]
    ['8']
    """
    return [
        _described(section, item, get_type_hints(config)[item.name])
        for section, config in SECTIONS.items()
        for item in fields(config)
    ]


def _described(section: str, item: Field[Any], kind: Any) -> Setting:
    default = item.default if item.default_factory is MISSING else item.default_factory()
    limits = _limits(item.metadata)
    return Setting(
        f"{section}.{item.name}",
        wanted(kind) + (f", {limits}" if limits else ""),
        '"none"' if default is None else shown(default),
        item.metadata["about"],
    )


def _limits(limits: Mapping[str, Any]) -> str:
    words = {"above": "more than", "at_least": "at least", "at_most": "at most"}
    return " and ".join(f"{text} {limits[name]:g}" for name, text in words.items() if name in limits)
