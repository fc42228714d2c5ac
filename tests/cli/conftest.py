"""One tiny run, trained once by the command itself, for all tests of the commands."""

import pytest

from seqseg.cli.main import main

SHAPES = "shapes:videos=2,frames=5,size=45x61"
TINY = ["--data", SHAPES, "--timesteps", "3", "--batch", "2", "--epochs", "1"]
SMALL_NET = ["--set", "model.filters=4", "--set", "training.steps_per_epoch=2"]


@pytest.fixture(scope="session")
def tiny():
    """Arguments of a training that takes seconds."""
    return [*TINY, *SMALL_NET]


@pytest.fixture(scope="session")
def trained(tmp_path_factory, tiny):
    """A run folder."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    assert main(["train", *tiny, "--run", str(folder)]) == 0
    return folder


@pytest.fixture
def seqseg(capsys):
    """`code, printed, complaint = seqseg("train", …)`."""

    def call(*words):
        capsys.readouterr()
        code = main([str(word) for word in words])
        return code, *capsys.readouterr()

    return call
