"""The layout: how large folders and files are, and that no two files import each other."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOPS = ("seqseg", "streams", "tests")
# Folders in which every file is one entry of a registry, and where their tests are.
REGISTRIES = (
    "seqseg/data/kinds",
    "seqseg/layers",
    "seqseg/losses",
    "seqseg/models/backbones",
    "seqseg/models/decoders",
    "streams/sinks",
    "streams/sources",
)
# Tests of many files at once.
CROSS_CUTTING = ("tests/contracts", "tests/data/bad_input", "tests/streams/faults")
MOST_FILES, MOST_LINES = 15, 300

SOURCES = sorted(path for top in ("seqseg", "streams") for path in (ROOT / top).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FOLDERS = sorted({path.parent for top in TOPS for path in (ROOT / top).rglob("*.py")})


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_registry(folder: Path) -> bool:
    name = name_of(folder)
    return name in REGISTRIES or any(
        name in (f"tests/{entry.removeprefix('seqseg/')}", f"tests/{entry}") for entry in REGISTRIES
    )


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if not is_registry(folder)], ids=name_of)
def test_a_folder_holds_few_files_unless_each_is_an_entry_of_a_registry(folder):
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= MOST_FILES


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name_of)
def test_a_file_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_every_test_is_where_its_source_does():
    strays = [
        name_of(folder)
        for folder in FOLDERS
        if name_of(folder).startswith("tests/")
        and "fixtures" not in folder.parts
        and name_of(folder) not in CROSS_CUTTING
        and not (ROOT / "seqseg" / folder.relative_to(ROOT / "tests")).is_dir()
        and not (ROOT / folder.relative_to(ROOT / "tests")).is_dir()
    ]
    assert strays == []


def test_no_two_files_import_each_other_when_they_are_loaded():
    modules = {module_of(path): path for path in SOURCES}
    imports = {module: imported_by(path, modules) for module, path in modules.items()}
    assert circles_in(imports) == []


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_by(path: Path, modules: dict[str, Path]) -> set[str]:
    """The project's modules that a file names at its top level, outside functions and `if TYPE_CHECKING:`."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in modules else node.module for name in whole}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & set(modules)


def circles_in(imports: dict[str, set[str]]) -> list[list[str]]:
    """Strongly connected components of more than one module (Tarjan 1972)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        number[module] = low[module] = len(number)
        stack.append(module)
        for other in sorted(imports[module]):
            if other not in number:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], number[other])
        if low[module] == number[module]:
            at = stack.index(module)
            component = stack[at:]
            del stack[at:]
            if len(component) > 1:
                found.append(sorted(component))

    for module in sorted(imports):
        if module not in number:
            visit(module)
    return found


def test_a_circle_would_be_found():
    assert circles_in({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
