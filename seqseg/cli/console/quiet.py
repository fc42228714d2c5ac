"""Keep the libraries' start-up talk off the terminal; errors still come through."""

import importlib
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# TensorFlow's C++ talks while it is imported, before it reads TF_CPP_MIN_LOG_LEVEL: I is information, W a warning.
_WITHOUT_TALK = """
import re, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
talk = re.compile(sys.argv[1].encode())
for line in sys.stdin.buffer:
    if not talk.match(line):
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
"""


_TALK = r"WARNING: All log messages before absl|[IW]\d{4} \d\d|\d{4}-.*: [IW] (tensorflow|external)/"
_NO_GPU_TALK = r"|E\d{4} .*(CUDA|cuInit)"  # an "error" wherever there is no GPU; on a machine that has one it is news
_GPU_DEVICES = ("/dev/nvidiactl", "/dev/dxg")


def quiet_start(backend: str | None = None) -> None:
    """Choose the Keras backend and lower the libraries' voices; must run before Keras is imported.

    What the user has set in the environment wins.
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
    """Import Keras and its engine without their talk; a command calls it before anything that imports them."""
    if "keras" in sys.modules:
        return
    with _filtered_stderr():
        keras = importlib.import_module("keras")
        if keras.backend.backend() == "tensorflow":
            # It looks for a GPU when it is first used, and has something to say when there is none.
            importlib.import_module("tensorflow").config.list_physical_devices()


@contextmanager
def _filtered_stderr() -> Iterator[None]:
    """Pass all that is written to stderr, by C++ too, through a process of its own: what a crash says still arrives."""
    sys.stderr.flush()
    terminal = os.dup(2)
    pipe, mouth = os.pipe()
    talk = _TALK if any(map(os.path.exists, _GPU_DEVICES)) else _TALK + _NO_GPU_TALK
    command = [sys.executable, "-I", "-S", "-c", _WITHOUT_TALK, talk]
    listener = subprocess.Popen(command, stdin=pipe, stderr=terminal)
    os.close(pipe)
    os.dup2(mouth, 2)
    os.close(mouth)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(terminal, 2)  # the listener sees the end once nobody holds its pipe any more
        os.close(terminal)
        listener.wait()
