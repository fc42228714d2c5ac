"""Memories as users write them: which cell at which place."""

from seqseg.errors import ConfigError
from seqseg.models.temporal.memory import Memory
from seqseg.registry import as_table, make


def memories(cells, temporal, channels):
    """Cells by place, from `{"P3": "convgru"}`, `{"P2": {"name": "convlstm", "layers": 2}}` or just `"convgru"`.

    A name alone is a memory at the coarsest level. A table may set `filters` (default: half the level's channels, at
    most 256; 16 at the logits), `layers` (how many are stacked), `norm` after each, `residual`, `warp` (its state moves
    along with the picture), and the cell's own options. At "logits" a memory is always a residual, since its tanh is
    too narrow a range for logits; "mean" and "gated_mean" replace the logits by their mean.

    Args:
        cells: the registry of cells.
        temporal: what the user wrote; None and "none" are no memory.
        channels: dict of level -> channels, from the finest to the coarsest.

    Raises:
        ConfigError: no such level, cell or option.
    """
    found = {}
    for level, wanted in table_of(temporal, channels).items():
        if level not in (*channels, "logits"):
            raise ConfigError(
                f"memory asked for at level {level}, but this encoder has {', '.join(channels)}, and there are logits"
            )
        if wanted != "none":
            found |= _stack(cells, level, wanted, channels.get(level))
    return found


def table_of(temporal, levels):
    """What the user wrote as a table of level -> memory."""
    if temporal is None or temporal == "none":
        return {}
    if isinstance(temporal, str):
        return {list(levels)[-1]: temporal}
    if not isinstance(temporal, dict):
        raise ConfigError(f'temporal is the name of a memory or a table such as {{P3 = "convgru"}}, got {temporal!r}')
    return temporal


def as_residuals(temporal, levels):
    """The same with `residual` set wherever it is not."""
    return {
        level: wanted if wanted == "none" else {"residual": True} | as_table(wanted)
        for level, wanted in table_of(temporal, levels).items()
    }


def _stack(cells, level, wanted, channels):
    options = as_table(wanted)
    if "name" not in options:
        raise ConfigError(f"temporal.{level} needs a name, one of {', '.join(cells)}; got {wanted!r}")
    name, layers = options.pop("name"), options.pop("layers", 1)
    norm, warp, residual = options.pop("norm", None), options.pop("warp", False), options.pop("residual", False)
    if not isinstance(warp, bool):
        raise ConfigError(f"temporal.{level}.warp must be true or false, got {warp!r}")
    takes_their_place = getattr(cells.get(name), "of_scores", False)
    residual = residual or (level == "logits" and not takes_their_place)
    if not isinstance(layers, int) or layers < 1:
        raise ConfigError(f"temporal.{level}.layers must be a whole number of at least 1, got {layers!r}")
    if not takes_their_place:
        options.setdefault("filters", 16 if channels is None else max(1, min(channels // 2, 256)))
    places = [level] if layers == 1 else [f"{level}.{k}" for k in range(layers)]
    made = {place: make(cells, "memory", name, **options) for place in places}
    if norm is None and not residual and not warp:
        return made
    return {place: Memory(cell, norm=norm, residual=residual, warp=warp) for place, cell in made.items()}
