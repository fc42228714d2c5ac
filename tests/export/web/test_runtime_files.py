import io
import tarfile

import pytest

from seqseg.cli.main import main
from seqseg.errors import ExportError
from seqseg.export.web import runtime_files
from seqseg.export.web.runtime_files import FILES, pull_runtime


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQSEG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def archive(tmp_path):
    """A .tgz of the right shape."""
    path = tmp_path / "onnxruntime-web-1.30.0.tgz"
    with tarfile.open(path, "w:gz") as package:
        for name in (*FILES, "../../evil"):
            member = tarfile.TarInfo(f"package/dist/{name}")
            member.size = len(name)
            package.addfile(member, io.BytesIO(name.encode()))
    return path


def test_the_files_come_from_the_package_that_was_meant_alone(cache, archive):
    with pytest.raises(ExportError, match="has sha256"):
        pull_runtime(str(archive))
    assert not cache.exists()


def test_only_the_files_that_are_needed_are_kept(cache, archive, monkeypatch):
    import hashlib

    monkeypatch.setattr(runtime_files, "SHA256", hashlib.sha256(archive.read_bytes()).hexdigest())
    folder = pull_runtime(str(archive))
    assert {path.name: path.read_text() for path in folder.iterdir()} == {name: name for name in FILES}


def test_without_npm_the_error_says_what_to_do(cache, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert main(["pull", "onnxruntime-web"]) == 2
    error = capsys.readouterr().err
    assert "npm pack onnxruntime-web@1.30.0" in error and error.count("\n") == 1
