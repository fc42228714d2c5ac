"""`seqseg models --ready`: the models that come with seqseg and those that were pulled, with scores and speed."""

import json
from dataclasses import asdict
from typing import Any

from seqseg.cli.console.terminal import print_table


def list_ready(*, as_json: bool) -> int:
    """Print one line a model, or JSON; needs no Keras."""
    from seqseg.models.pretrained.cache import entries
    from seqseg.models.pretrained.ready import ready_models

    ready, pulled = ready_models().values(), entries()
    if as_json:
        print(
            json.dumps({"ready": [asdict(one) for one in ready], "pulled": [asdict(one) for one in pulled]}, indent=2)
        )
        return 0
    if ready:
        print_table(("model", "classes", "parameters", "MB", "ms", "scores", "about"), [_cells(one) for one in ready])
        for machine in sorted({_timed(one) for one in ready if one.milliseconds is not None}):
            print(f"\n  ms: {machine}")
    else:
        print("no ready models come with this installation")
    if pulled:
        print()
        print_table(("pulled", "MB", "from"), [[one.name, f"{one.bytes / 1e6:.1f}", one.origin] for one in pulled])
    print("\n  use one by its name: seqseg stream NAME --camera 0   its card: docs/models/NAME.md")
    return 0


def _cells(one: Any) -> list[str]:
    speed = "–" if one.milliseconds is None else f"{one.milliseconds:.3g}"
    scores = "; ".join(f"{what} {score}" for what, score in one.scores.items()) or "–"
    return [one.name, str(one.classes), f"{one.parameters:,}", f"{one.bytes / 1e6:.1f}", speed, scores, one.about]


def _timed(one: Any) -> str:
    size = "" if one.size is None else f" of {one.size[0]}x{one.size[1]}"
    return f"{one.name}, a frame{size}, on {one.machine}"
