"""Whether a file has the inputs and outputs that its sidecar says."""

from collections.abc import Iterable
from pathlib import Path

from seqseg.errors import ExportError
from seqseg.export.sidecar import Sidecar


def check_ports(path: Path, sidecar: Sidecar, inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Raise ExportError unless the names are those of the sidecar."""
    expected = {"frame", *(state.input for state in sidecar.states)}
    if set(inputs) != expected:
        raise ExportError(f"{path} takes {_names(inputs)}, but its sidecar says {_names(expected)}; export it again")
    expected = {"mask", "logits", *(state.output for state in sidecar.states)}
    if not set(outputs) >= expected:
        raise ExportError(f"{path} gives {_names(outputs)}, but its sidecar says {_names(expected)}; export it again")


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
