"""Where things are in `seqseg/data`."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import seqseg.data
from seqseg.data import DATASETS

ROOT = Path(seqseg.data.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
FOLDERS = sorted({path.parent for path in FILES})


def module_of(path: Path) -> str:
    parts = ("seqseg", "data", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_when_loaded(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found & {module_of(file) for file in FILES} - {module_of(path)}


def test_kinds_holds_the_kinds_of_data_and_nothing_else():
    entries = {path.stem for path in (ROOT / "kinds").iterdir() if path.name[0] not in "_."}
    assert entries == set(DATASETS)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT.parent)))
def test_a_folder_holds_fifteen_files_at_most_unless_they_are_the_kinds(folder):
    assert folder.name == "kinds" or len(list(folder.glob("*.py"))) <= 15


def test_no_file_has_more_than_300_lines():
    assert {str(path): n for path in FILES if (n := len(path.read_text(encoding="utf-8").splitlines())) > 300} == {}


def test_imports_inside_data_go_round_in_no_circle():
    TopologicalSorter({module_of(path): imported_when_loaded(path) for path in FILES}).prepare()
