"""The parts that a model and its training are made of, with their options, read from the registries."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_FILLED_IN = {"self", "name", "dtype", "trainable"}
"""Parameters that Keras or the toolkit itself sets, in every group."""


@dataclass(frozen=True)
class Part:
    """One part: the group that it belongs to, its name, what it is, and (option, default as text) of each option."""

    group: str
    name: str
    about: str
    text: str
    options: tuple[tuple[str, str], ...]

    @property
    def options_text(self) -> str:
        """The options with their defaults."""
        return ", ".join(f"{name} = {default}" for name, default in self.options) or "none"


GROUPS = {
    "models": "model.name, or seqseg train --model NAME",
    "backbones": "model.backbone of the model segmenter",
    "memories": 'model.temporal, at any level: temporal = {P3 = "convgru"}',
    "decoders": "model.decoder of the model segmenter",
    "upsamplings": "upsampling of a decoder",
    "losses": "training.loss",
    "unlabelled": "training.unlabelled",
}
"""The groups, and the setting that takes a name of each."""

_EVERY_MEMORY = (
    ("filters", "by the level"),
    ("layers", "1"),
    ("norm", "none"),
    ("residual", "False"),
    ("warp", "False"),
)
"""Options that every memory takes beside its own; `seqseg.models.temporal.memories` reads them."""


def list_parts() -> list[Part]:
    """All parts, group by group. Imports Keras."""
    return [_part(group, name, made) for group, parts in _registries().items() for name, made in parts.items()]


def options_of(model: str) -> str:
    """The options of a model with their defaults, as text. Imports Keras."""
    from seqseg.models.presets import PRESETS

    presets: Mapping[str, Any] = PRESETS
    return _part("models", model, presets[model]).options_text


def _registries() -> dict[str, Mapping[str, Callable[..., Any]]]:
    from seqseg.layers.upsample import UPSAMPLING
    from seqseg.losses import LOSSES
    from seqseg.models.backbones import BACKBONES
    from seqseg.models.decoders import DECODERS
    from seqseg.models.presets import PRESETS
    from seqseg.models.temporal import TEMPORAL
    from seqseg.training.unlabelled import METHODS

    registries: tuple[Mapping[str, Any], ...] = (
        PRESETS, BACKBONES, TEMPORAL, DECODERS, UPSAMPLING, LOSSES, METHODS,
    )  # fmt: skip
    return dict(zip(GROUPS, registries, strict=True))


def _part(group: str, name: str, made: Callable[..., Any]) -> Part:
    text = inspect.getdoc(made) or ""
    options = _options(made, _FILLED_IN | {"upsamplings": {"factor"}, "decoders": {"classes"}}.get(group, set()))
    if group == "memories":
        common = [one for one in _EVERY_MEMORY if one[0] != "filters" or not getattr(made, "of_scores", False)]
        options = [*common, *options]
    return Part(group, name, text.partition("\n\n")[0].replace("\n", " "), text, tuple(options))


def _options(made: Callable[..., Any], filled_in: set[str]) -> list[tuple[str, str]]:
    return [
        (option.name, "needed" if option.default is option.empty else _shown(option.default))
        for option in inspect.signature(made).parameters.values()
        if option.name not in filled_in and _is_option(option)
    ]


def _is_option(parameter: inspect.Parameter) -> bool:
    with_default = parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.default is not parameter.empty
    return parameter.kind is parameter.KEYWORD_ONLY or with_default


def _shown(value: object) -> str:
    return "none" if value is None else repr(value)
