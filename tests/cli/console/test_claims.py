import subprocess
import sys

import pytest

from seqseg.cli.console.claims import claimed
from seqseg.errors import ConfigError

HOLD = """
import sys
from pathlib import Path
from seqseg.cli.console.claims import claimed
with claimed([("--save", Path(sys.argv[1]))]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that writes tmp_path/out.mp4."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "out.mp4")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    yield process
    process.communicate()


def test_what_another_run_writes_is_refused_in_one_line(other, tmp_path):
    for spelling in (tmp_path / "out.mp4", tmp_path / "x" / ".." / "out.mp4"):
        with (
            pytest.raises(ConfigError, match="--masks .*out.mp4 is being written by another run; give it another name"),
            claimed([("--masks", spelling)]),
        ):
            pass
    with claimed([("--masks", tmp_path / "other.mp4")]):
        pass


def test_a_run_that_is_killed_releases_its_lock(other, tmp_path):
    other.kill()
    other.wait()
    with claimed([("--save", tmp_path / "out.mp4")]):
        pass


def test_after_the_run_the_output_is_free_again(tmp_path):
    for _ in range(2):
        with claimed([("--save", tmp_path / "out.mp4")]):
            pass
    assert not list(tmp_path.iterdir())
