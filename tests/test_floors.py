"""The floors of the building: an import goes to a lower floor or stays in its own package."""

import ast
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
EVERYTHING = frozenset({"*"})
# Compiling one step and asking for versions need the engine itself; only inside functions, so that any one is enough.
ENGINES = frozenset({"tensorflow", "jax", "torch"})


class Room(NamedTuple):
    floor: int
    outside: frozenset  # what it may import beyond the standard library
    inside_functions: frozenset = frozenset()


KERAS = frozenset({"keras", "numpy"})
RUNTIMES = frozenset({"onnxruntime"})  # its quantization; whole runtimes are imported by name where they are needed
DATA_FORMATS = frozenset(
    {"PIL", "defusedxml", "yaml", "array_record", "pycocotools", "scipy", "tifffile"}
)  # array_record is not for Windows
ROOMS = {
    "scripts": Room(7, EVERYTHING),  # with the tests on floor 6, but they use the command line as a user does
    "seqseg.cli": Room(6, frozenset(), EVERYTHING),
    "seqseg.training": Room(5, KERAS, ENGINES | {"tensorboard"}),  # whose files it writes when it is there
    "seqseg.export": Room(5, KERAS, ENGINES | RUNTIMES),
    "seqseg.offline": Room(5, frozenset(), frozenset({"numpy", "ray"})),
    "seqseg.evaluation": Room(4, KERAS, ENGINES),
    "seqseg.inference": Room(4, KERAS, ENGINES),
    "seqseg.models": Room(3, KERAS, frozenset({"h5py", "torch"})),  # which weights' files are written by
    "seqseg.losses": Room(3, KERAS),
    "seqseg.metrics": Room(3, KERAS, frozenset({"skimage"})),  # SSIM, when it is there
    "seqseg.data": Room(3, frozenset({"cv2", "grain", "numpy"}), DATA_FORMATS),
    "seqseg.layers": Room(2, KERAS, frozenset({"tensorflow"})),  # whose graphs know some sizes only when they run
    "seqseg": Room(1, frozenset()),  # registry, config and geometry
    "seqseg.errors": Room(0, frozenset()),
    "seqseg.files": Room(0, frozenset()),
    "seqseg.renamed": Room(0, frozenset()),
    "seqseg.version": Room(0, frozenset()),
    "streams.former_modules": Room(-1, frozenset()),
    "streams": Room(
        0, frozenset({"av", "imageio", "cv2", "numpy"}), frozenset({"skimage", "scipy", "supervision", "tifffile"})
    ),  # for objects
    "streams.web": Room(0, frozenset({"cv2", "numpy", "starlette"}), frozenset({"uvicorn", "websockets"})),
}
# Import nothing heavy when they are loaded, so that the command line may load them.
LIGHT = ("seqseg.offline",)
# One movie decoder in the repository: the data floor may use that of the streams, and nothing else of them.
DATA_MAY_USE = ("streams.sources", "streams.frame", "streams.errors")

FILES = sorted(path for top in ("seqseg", "streams", "scripts") for path in (ROOT / top).rglob("*.py"))


class Import(NamedTuple):
    line: int
    module: str
    in_function: bool


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str | None:
    while module and module not in ROOMS:
        module = module.rpartition(".")[0]
    return module or None


def imports_of(path: Path) -> list[Import]:
    found: list[Import] = []

    def visit(node: ast.AST, in_function: bool) -> None:
        if isinstance(node, ast.Import):
            found.extend(Import(node.lineno, alias.name, in_function) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.append(Import(node.lineno, "." * node.level + (node.module or ""), in_function))
        inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        inside = inside or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")  # never run
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(ast.parse(path.read_text(encoding="utf-8")), False)
    return found


def trespass(here: str, found: Import) -> str | None:
    """Why a file in room `here` may not do this import; None when it may."""
    room, target = ROOMS[here], room_of(found.module)
    if found.module.startswith("."):
        return "imports are absolute"
    if target is None:
        return trespass_outside(room, found)
    if target == here or (here == "seqseg.data" and found.module.startswith(DATA_MAY_USE)):
        return None
    if (here, target) == ("streams.web", "streams"):  # a room of the same floor, behind the door of an extra
        return None
    if target == "streams" and room.floor < 6:
        return "only the command line and seqseg.data meet streams"
    if ROOMS[target].floor >= room.floor:
        return f"{target} is on floor {ROOMS[target].floor}, not below {here} on {room.floor}"
    if here in LIGHT and not found.in_function and ROOMS[target].floor > 1:
        return f"{here} imports heavy things inside functions"
    if here == "seqseg.cli" and not found.in_function and ROOMS[target].floor > 1 and target not in LIGHT:
        return "the command line imports heavy things inside functions"
    return None


def trespass_outside(room: Room, found: Import) -> str | None:
    top = found.module.partition(".")[0]
    allowed = room.outside | (room.inside_functions if found.in_function else frozenset())
    if top in sys.stdlib_module_names or "*" in allowed or top in allowed:
        return None
    return f"{top} may not be imported here"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_to_a_lower_floor_or_stay_in_their_package(path):
    here = room_of(module_of(path))
    reasons = {found: trespass(here, found) for found in imports_of(path)}
    assert {found: reason for found, reason in reasons.items() if reason} == {}


@pytest.mark.parametrize(
    ("here", "module"),
    [
        ("seqseg.evaluation", "seqseg.inference.predictor"),
        ("seqseg.inference", "seqseg.training.fit"),
        ("seqseg.layers", "seqseg.models.segmenter"),
        ("seqseg.models", "seqseg.losses"),
        ("seqseg.models", "cv2"),
        ("seqseg.data", "keras"),
        ("seqseg.data", "streams.sinks"),
        ("seqseg.inference", "streams.sources"),
        ("streams", "seqseg.errors"),
        ("streams", "keras"),
        ("seqseg", "numpy"),
        ("seqseg.cli", "seqseg.data"),
        ("seqseg.offline", "seqseg.inference"),
        ("seqseg.offline", "streams"),
        ("seqseg.cli", "numpy"),
    ],
)
def test_the_rule_itself_refuses(here, module):
    assert trespass(here, Import(1, module, in_function=False))


def test_no_file_has_a_name_that_says_nothing():
    empty_names = {"utils", "helpers", "common", "misc", "base", "core"}
    assert [path for path in FILES if path.stem in empty_names or path.parent.name in empty_names] == []
