"""Fixtures of all tests."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background job; commands under test inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported anywhere; errors still show

REPOSITORY = Path(__file__).resolve().parent.parent
LONGEST = (
    "tests/contracts/test_other_backends.py",
    "tests/contracts",
    "tests/training",
    "tests/models",
    "tests/inference",
    "tests/export",
    "tests/cli",
    "tests/losses",
    "tests/layers",
)
"""Files and folders that begin: `scripts/test` hands whole files to two workers, and neither may wait at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)  # stable: within a folder the order stays


def _place(item: pytest.Item) -> int:
    name = item.path.relative_to(REPOSITORY).as_posix()
    return next((place for place, first in enumerate(LONGEST) if name.startswith(first)), len(LONGEST))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the source tree."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data, at $SEQSEG_DATA or ../shared/data; a test that asks for it is skipped where there is none."""
    folder = Path(os.environ.get("SEQSEG_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"needs real data: {folder} is not there; set SEQSEG_DATA to the folder that holds it")
    return folder


@pytest.fixture
def free_port() -> int:
    """A port of loopback without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def start_http() -> Iterator[Callable]:
    """start_http(handler) -> "127.0.0.1:PORT" of an HTTP server, ended with the test."""
    with ExitStack() as stack:

        def start(handler) -> str:
            server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
            server.daemon_threads = True
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="http server")
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return f"127.0.0.1:{server.server_port}"

        yield start


@pytest.fixture
def make_ready(tmp_path, monkeypatch):
    """make_ready(name=file, …): these are the ready models of this installation now."""

    import json
    from dataclasses import asdict

    from seqseg.files import sha256_of
    from seqseg.models.pretrained import ready

    def make(**files):
        folder = tmp_path / "ready"
        folder.mkdir(exist_ok=True)
        listed = []
        for name, file in files.items():
            data = file.read_bytes()
            (folder / f"{name}.keras").write_bytes(data)
            digest = sha256_of(file)
            listed.append(
                asdict(ready.ReadyModel(name, digest, len(data), f"about {name}", 2, 100, scores={"IoU": "1"}))
            )
        (folder / "index.json").write_text(json.dumps(listed))
        monkeypatch.setattr(ready, "ready_folder", lambda: folder)
        return folder

    return make
