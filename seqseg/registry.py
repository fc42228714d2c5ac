"""Choose a part by its name, with a helpful error.

A registry is a plain dict from names to classes or functions; a new part is one more line in it:
`DECODERS["mine"] = Mine`.
"""

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from seqseg.errors import ConfigError


def make(registry: Mapping[str, Callable[..., Any]], kind: str, name: str, /, **options: Any) -> Any:
    """`registry[name](**options)`, where an unknown name or option is a ConfigError that lists what there is.

    `kind` is the noun used in messages.

    >>> make({"plain": dict}, "decoder", "plain")
    {}
    """
    if name not in registry:
        raise ConfigError(f"unknown {kind} {name!r}{suggestion(name, registry)}; there are: {', '.join(registry)}")
    check_options(registry[name], f"{kind} {name!r}", options)
    return registry[name](**options)


def check_options(part: Callable[..., Any], title: str, options: Mapping[str, Any]) -> None:
    """ConfigError when `part` cannot be called with these options, naming the one at fault and those it takes."""
    parameters = _parameters(part)
    if parameters is None:
        return
    accepted, open_ended = parameters
    for option in options:
        if option not in accepted and not open_ended:
            listing = ", ".join(accepted) or "none"
            raise ConfigError(
                f"{title} has no option {option!r}{suggestion(option, accepted)}; its options are: {listing}"
            )
    missing = [key for key, required in accepted.items() if required and key not in options]
    if missing:
        raise ConfigError(f"{title} needs {', '.join(missing)}; got {', '.join(options) or 'no options'}")


def as_table(wanted: str | Mapping[str, Any]) -> dict[str, Any]:
    """A part by its name, or by a table of its name and options, as a new table.

    >>> as_table("unet"), as_table({"name": "unet", "depth": 2})
    ({'name': 'unet'}, {'name': 'unet', 'depth': 2})
    """
    return {"name": wanted} if isinstance(wanted, str) else dict(wanted)


def nearest(name: str, candidates: Iterable[str]) -> list[str]:
    """The candidates that look most like `name`, best first, at most three; empty when none is close.

    >>> nearest("unt", ["unet", "unet_lstm", "fcn"])
    ['unet']
    """
    by_lower_case = {candidate.lower(): candidate for candidate in candidates}
    close = difflib.get_close_matches(name.lower(), by_lower_case, n=3, cutoff=0.6)
    return [by_lower_case[match] for match in close]


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """`; did you mean X?` for the nearest candidate, or nothing when none is near."""
    close = nearest(name, candidates)
    return f"; did you mean {close[0]}?" if close else ""


_KERAS_OWN = ("name", "dtype", "trainable")


def _parameters(part: Callable[..., Any]) -> tuple[dict[str, bool], bool] | None:
    """Keyword parameters of `part` with whether they are required, and whether it takes any other; None if unknown."""
    try:
        signature = inspect.signature(part)
    except (TypeError, ValueError):  # some builtins have no signature to read
        return None
    accepted, open_ended = {}, False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            open_ended = True
        elif parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            accepted[parameter.name] = parameter.default is parameter.empty
    if open_ended and inspect.isclass(part):
        # A layer's **kwargs are Keras' own; anything else there would only surface as a TypeError deep inside Keras.
        accepted |= dict.fromkeys((key for key in _KERAS_OWN if key not in accepted), False)
        open_ended = False
    return accepted, open_ended
