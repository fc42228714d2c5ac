"""`cameras.toml`: the cameras of a fleet, their models and outputs, read strictly."""

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqseg.config.types import check_field
from seqseg.errors import ConfigError
from seqseg.registry import suggestion


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera and what becomes of its masks, in a folder of its own for every time it is attached.

    Attributes:
        name: unique; the name of its folder.
        source: an address, a device or a file, as `seqseg stream --source` takes it; a number is a camera.
        model: a run folder, a model file or the name of a model; cameras of one model share its batches.
        masks, save, rle, areas: the outputs, as those of `seqseg segment`.
        smooth: see `seqseg stream --smooth`; None is the model's own.
        on_gap: see `seqseg stream --on-gap`.
    """

    name: str
    source: str
    model: str = "voc"
    masks: bool = False
    save: bool = False
    rle: bool = False
    areas: bool = False
    smooth: float | None = None
    on_gap: str = "keep"

    @property
    def group(self) -> tuple[str, float | None]:
        """Cameras with the same share a model's batches."""
        return self.model, self.smooth


@dataclass(frozen=True, slots=True)
class Fleet:
    """All cameras, and how they are run.

    Attributes:
        workers: how many processes share the cameras of each model.
        snapshot: seconds between two saves of the states, which are what a worker that died goes on from.
        out: the folder of outputs and states.
    """

    cameras: tuple[Camera, ...]
    workers: int = 1
    snapshot: float = 5.0
    out: str = "fleet"


LIMITS: dict[str, dict[str, float]] = {
    "workers": {"at_least": 1},
    "snapshot": {"above": 0},
    "smooth": {"at_least": 0, "at_most": 0.99},
}


def read_cameras(path: str | Path) -> Fleet:
    """The fleet of a file.

    Raises:
        ConfigError: it cannot be read, has an unknown key or a wrong value, or two cameras of one name.
    """
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}; give a file with [[camera]] tables") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None
    _require_known(path, "", content, ("fleet", "camera"))
    tables, shared = content.get("camera", []), content.get("fleet", {})
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables) or not tables:
        raise ConfigError(f"{path} has no [[camera]] table; give one for each camera, with a name and a source")
    if not isinstance(shared, dict):
        raise ConfigError(f"{path}: fleet must be a table, [fleet]")
    cameras = tuple(Camera(**_checked(path, f"camera {place}", Camera, table)) for place, table in enumerate(tables, 1))
    _require_unlike(path, cameras)
    return Fleet(cameras, **_checked(path, "fleet", Fleet, shared, without=("cameras",)))


def _checked(path: str | Path, place: str, kind: type, table: dict[str, Any], without: tuple[str, ...] = ()) -> Any:
    fields = {field.name: field for field in dataclasses.fields(kind) if field.name not in without}
    _require_known(path, f"{place}: ", table, tuple(fields))
    for name, field in fields.items():
        if field.default is dataclasses.MISSING and name not in table:
            raise ConfigError(f"{path}: {place} has no {name}")
    table = {name: str(value) if name == "source" and type(value) is int else value for name, value in table.items()}
    return {
        name: check_field(f"{path}: {place}: {name}", value, fields[name].type, LIMITS.get(name, {}))
        for name, value in table.items()
    }


def _require_known(path: str | Path, place: str, table: dict[str, Any], known: tuple[str, ...]) -> None:
    for name in table:
        if name not in known:
            raise ConfigError(
                f"{path}: {place}unknown key {name!r}{suggestion(name, known)}; it takes {', '.join(known)}"
            )


def _require_unlike(path: str | Path, cameras: tuple[Camera, ...]) -> None:
    seen: set[str] = set()
    for camera in cameras:
        plain = camera.name.lower()
        if plain in seen:
            raise ConfigError(f"{path}: two cameras are called {camera.name}; give each its own name")
        if not plain.strip(". ") or "/" in plain or "\\" in plain:
            raise ConfigError(
                f'{path}: a camera cannot be called "{camera.name}"; its outputs go into a folder so named'
            )
        seen.add(plain)
