"""ONNX Runtime Web (MIT): files of its npm package, in the cache since they are too large to ship with seqseg.

They are copied into every exported folder, so that a page needs no other server.
"""

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from seqseg.errors import ExportError
from seqseg.files import replacing
from seqseg.models.pretrained.cache import cache_folder

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
SHA256 = "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71"
"""Of the npm package's .tgz."""

WASM = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
WEBGPU = ("ort.webgpu.min.mjs", "ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm")
FILES = (*WASM, *WEBGPU)


def runtime_folder() -> Path:
    """Where the files are in the cache; they need not be there."""
    return cache_folder() / f"{PACKAGE}-{VERSION}"


def runtime_files() -> list[Path]:
    """The files.

    Raises:
        ExportError: they were not pulled.
    """
    files = [runtime_folder() / name for name in FILES]
    if not all(path.is_file() for path in files):
        raise ExportError(
            f"{PACKAGE} {VERSION} is not in the cache ({runtime_folder()}); run: seqseg pull {PACKAGE} (33 MB, once)"
        )
    return files


def pull_runtime(origin: str) -> Path:
    """Bring the files into the cache and give their folder.

    Args:
        origin: "onnxruntime-web", which npm fetches, or the .tgz that `npm pack` made on another machine.

    Raises:
        ExportError: there is no npm, it cannot fetch the package, or the .tgz is another one.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive = _fetched(Path(folder)) if origin == PACKAGE else Path(origin)
        if not archive.is_file():
            raise ExportError(f"no file at {archive}; give what npm pack {PACKAGE}@{VERSION} made")
        came = hashlib.sha256(archive.read_bytes()).hexdigest()
        if came != SHA256:
            raise ExportError(f"{archive.name} has sha256 {came}, but {PACKAGE} {VERSION} has {SHA256}")
        runtime_folder().mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as package:
            for name in FILES:
                _extract(package, name)
    return runtime_folder()


def _fetched(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise ExportError(
            f"npm, which fetches {PACKAGE}, is not installed; where it is: npm pack {PACKAGE}@{VERSION}, "
            f"then here: seqseg pull {PACKAGE}-{VERSION}.tgz"
        )
    done = subprocess.run(
        [npm, "pack", "--silent", f"{PACKAGE}@{VERSION}"], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = (done.stderr.strip() or "no reason given").splitlines()[0][:200]
        raise ExportError(f"npm could not fetch {PACKAGE} {VERSION} ({reason}); try again, or pull a .tgz")
    return folder / f"{PACKAGE}-{VERSION}.tgz"


def _extract(package: tarfile.TarFile, name: str) -> None:
    member = package.extractfile(f"package/dist/{name}")
    if member is None:
        raise ExportError(f"{PACKAGE} {VERSION} has no {name}")
    with member, replacing(runtime_folder() / name) as file:
        shutil.copyfileobj(member, file)
