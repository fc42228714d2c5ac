"""The models that come with seqseg: package data, each with its facts, found by name and checked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from seqseg.errors import ModelError
from seqseg.files import sha256_of


@dataclass(frozen=True)
class ReadyModel:
    """What the index says of a ready model; its card, `docs/models/NAME.md`, says the rest.

    Attributes:
        name: what commands call it.
        sha256, bytes: of its file, `NAME.keras`, whose weights are in float16.
        about: one line.
        classes: how many.
        parameters: how many.
        milliseconds: of a frame of `size` with the Keras step.
        size: [height, width] that was timed.
        machine: on which.
        scores: what was measured -> the score, as its card gives it.
        stream: options that streams take by default, as `seqseg stream` has them.
    """

    name: str
    sha256: str
    bytes: int
    about: str
    classes: int
    parameters: int
    milliseconds: float | None = None
    size: tuple[int, int] | None = None
    machine: str = ""
    scores: Mapping[str, str] = field(default_factory=dict)
    stream: Mapping[str, Any] = field(default_factory=dict)


def ready_folder() -> Path:
    """Where the files and their index are."""
    return Path(str(resources.files("seqseg").joinpath("models", "ready")))


def ready_models() -> dict[str, ReadyModel]:
    """Name -> what is known of it.

    Raises:
        ModelError: the index is damaged.
    """
    path = ready_folder() / "index.json"
    known = {one.name for one in fields(ReadyModel)}
    try:
        listed = json.loads(path.read_text("utf-8"))
        if not isinstance(listed, list):
            raise TypeError("it is no list")
        models = [ReadyModel(**{key: value for key, value in one.items() if key in known}) for one in listed]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is damaged ({error}); install seqseg again") from None
    return {one.name: one for one in models}


def ready_file(name: str) -> Path | None:
    """The file of a ready model, checked; None when there is none of that name.

    Raises:
        ModelError: the file is gone or has another sha256.
    """
    model = ready_models().get(name)
    if model is None:
        return None
    path = ready_folder() / f"{name}.keras"
    came = sha256_of(path) if path.is_file() else "no file"
    if came != model.sha256:
        raise ModelError(f"{path} is damaged: expected sha256 {model.sha256}, got {came}; install seqseg again")
    return path
