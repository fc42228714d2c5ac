"""One tiny run, trained once by the command itself, for all tests of the commands."""

from functools import partial
from http.server import SimpleHTTPRequestHandler

import numpy as np
import pytest

from seqseg.cli.main import main

SHAPES = "shapes:videos=2,frames=5,size=45x61"
TINY = ["--model", "shallow_lstm", "--data", SHAPES, "--timesteps", "3", "--batch", "2", "--epochs", "1"]
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


@pytest.fixture
def write_movie():
    """write_movie(path) -> the path of a movie of seven odd-sized frames."""

    def write(path):
        from streams import ArraySource, MovieSink, Overlay, run

        images = np.random.default_rng(0).integers(0, 256, (7, 45, 61, 3), np.uint8)
        overlay = Overlay([[0, 0, 0]], ["nothing"], alpha=0, legend=False)
        run(ArraySource(images, fps=10), lambda image, state: (image[..., 0] * 0, state), MovieSink(path, overlay))
        return path

    return write


@pytest.fixture
def serve_folder(start_http):
    """serve_folder(folder) -> "127.0.0.1:PORT" of a web server, ended with the test."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    return lambda folder: start_http(partial(Quiet, directory=folder))
