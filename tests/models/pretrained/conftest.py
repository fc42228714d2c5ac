"""A cache folder of its own for every test, and a small model."""

import pytest


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The cache folder, which is not there yet."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("SEQSEG_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def small_model(tmp_path_factory):
    """The path of a `.keras` file of a recurrent model with weights that differ from each other."""
    from seqseg.models import build_model, save_model

    path = tmp_path_factory.mktemp("model") / "small.keras"
    save_model(build_model("shallow_lstm", classes=["sky", "sea"], filters=2), path)
    return path
