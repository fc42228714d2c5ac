"""Keep the messages of libraries off the terminal, at their start and about damaged pictures; errors come through."""

import importlib
import importlib.abc
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO

from seqseg.cli.console.printable import unfiltered

# TensorFlow's C++ writes while it is imported, before it reads TF_CPP_MIN_LOG_LEVEL: I is information, W a warning.
_MESSAGES = r"WARNING: All log messages before absl|[IW]\d{4} \d\d|\d{4}-.*: [IW] (tensorflow|external)/"
_NO_GPU = r"|E\d{4} .*(CUDA|cuInit)"  # called an error, also on a machine that has no GPU
# libpng, libjpeg and libtiff inside OpenCV and FFmpeg, about files of which our own errors say one line.
_PICTURES = (
    r"|libpng (error|warning)|(Corrupt|Premature end of|Unsupported marker|Invalid SOS|Warning: unknown) ?JPEG"
    r"|Corrupt JPEG data|Bogus |Inconsistent progression|TIFF[A-Za-z0-9]*: |[A-Za-z0-9]+: .*TIFF directory"
)
_GPU_DEVICES = (Path("/dev/nvidiactl"), Path("/dev/dxg"))
# What Keras and TensorFlow import only to offer it, and no command uses through them: a sixth of a second each.
_NOT_NEEDED = {"tensorflow": ("jax", "matplotlib", "scipy"), "jax": ("matplotlib",), "torch": ("jax", "matplotlib")}
_FILTER = """
import re, signal, sys
for name in ("SIGINT", "SIGTERM", "SIGHUP"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
messages = re.compile(sys.argv[1].encode())
for line in sys.stdin.buffer:
    if not messages.match(line):
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
"""


def quiet_start(backend: str | None = None) -> None:
    """Choose the Keras backend and the log levels of the libraries; must run before Keras is imported.

    Settings in the environment win.
    """
    if backend:
        os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # 2 shows errors
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    for name in ("absl", "tensorflow", "jax", "grain"):
        logging.getLogger(name).setLevel(logging.ERROR)


def import_keras() -> None:
    """Import Keras and its engine without their messages; a command calls it before anything that imports them."""
    if "keras" in sys.modules:
        return
    with quiet_libraries(), _without(*_NOT_NEEDED.get(os.environ.get("KERAS_BACKEND", "tensorflow"), ())):
        keras = importlib.import_module("keras")
        if keras.backend.backend() == "tensorflow":
            # It looks for a GPU when it is first used, and writes a message when there is none.
            importlib.import_module("tensorflow").config.list_physical_devices()


class _Missing(importlib.abc.MetaPathFinder):
    """Finds nothing, and lets nobody else look: packages are as if they were not installed."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Raise ImportError for the names, None for others."""
        if fullname in self._names:
            raise ModuleNotFoundError(f"{fullname} is not imported along with Keras", name=fullname)


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """While it lasts, packages that are not imported yet cannot be; afterwards they can."""
    finder = _Missing(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def quiet_libraries(*, past_python: bool = False) -> Iterator[None]:
    """Pass everything written to stderr, also by C++, through another process, which outlives a crash of this one.

    past_python: what Python writes goes to the terminal directly, also half a line; where Python's stderr is something
    else, as in a test, nothing is done.
    """
    global _filtering
    if _filtering or (past_python and not _is_stderr(unfiltered(sys.stderr))):
        yield
        return
    messages = _MESSAGES + _PICTURES + ("" if any(device.exists() for device in _GPU_DEVICES) else _NO_GPU)
    sys.stderr.flush()
    listener = subprocess.Popen([sys.executable, "-I", "-S", "-c", _FILTER, messages], stdin=subprocess.PIPE)
    terminal = os.dup(2)
    if listener.stdin:  # always: it is a pipe
        os.dup2(listener.stdin.fileno(), 2)
        listener.stdin.close()
    _filtering = True
    try:
        with _python_writes_to(terminal) if past_python else nullcontext():
            yield
    finally:
        _filtering = False
        sys.stderr.flush()
        os.dup2(terminal, 2)
        os.close(terminal)
        with suppress(subprocess.TimeoutExpired):  # a process that this one has started still writes
            listener.wait(timeout=1)


_filtering = False


@contextmanager
def _python_writes_to(terminal: int) -> Iterator[None]:
    """Python's stderr goes to this descriptor instead of 2."""
    wrapper, plain = sys.stderr, unfiltered(sys.stderr)
    direct = os.fdopen(
        os.dup(terminal), "w", buffering=1, encoding=getattr(plain, "encoding", None), errors="backslashreplace"
    )
    _replace_stderr(wrapper, direct)
    try:
        yield
    finally:
        _replace_stderr(wrapper, plain)
        direct.flush()  # and not closed, as loggers may hold it


def _replace_stderr(wrapper: IO[str], stream: IO[str]) -> None:
    """The stream becomes Python's stderr, inside its wrapper where there is one."""
    if hasattr(wrapper, "unfiltered"):
        wrapper.unfiltered = stream
    else:
        sys.stderr = stream


def _is_stderr(stream: IO[str]) -> bool:
    try:
        return stream.fileno() == 2
    except (OSError, ValueError, AttributeError):
        return False
