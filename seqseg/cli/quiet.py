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
talk = re.compile(rb"WARNING: All log messages before absl|[IW]\\d{4} \\d\\d|\\d{4}-.*: [IW] (tensorflow|external)/")
for line in sys.stdin.buffer:
    if not talk.match(line):
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
"""


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
        importlib.import_module("keras")


@contextmanager
def _filtered_stderr() -> Iterator[None]:
    """Pass all that is written to stderr, by C++ too, through a process of its own: what a crash says still arrives."""
    sys.stderr.flush()
    terminal = os.dup(2)
    listener = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _WITHOUT_TALK], stdin=subprocess.PIPE, stderr=terminal
    )
    os.dup2(listener.stdin.fileno(), 2)
    listener.stdin.close()
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(terminal, 2)  # the listener sees the end once nobody holds its pipe any more
        os.close(terminal)
        listener.wait()
