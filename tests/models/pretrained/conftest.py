"""A cache folder of its own for every test, ready models of a test's own, and a small model."""

import json
from dataclasses import asdict

import pytest

from seqseg.models.pretrained import ready
from seqseg.models.pretrained.digest import sha256_of


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


@pytest.fixture
def make_ready(tmp_path, monkeypatch):
    """make_ready(name=file, …): these are the ready models of this installation now."""

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
