import subprocess
import sys
import tomllib
from importlib.metadata import version

import pytest

import seqseg


def test_the_public_names_are_few():
    assert len(seqseg.__all__) <= 20


@pytest.mark.parametrize("name", seqseg.__all__)
def test_every_public_name_resolves_and_is_documented(name):
    assert getattr(seqseg, name).__doc__


def test_a_name_that_is_not_there_is_an_attribute_error_that_lists_those_that_are():
    with pytest.raises(AttributeError, match="no attribute 'segment'; its public names are: .*build_model"):
        _ = seqseg.segment


def test_import_seqseg_imports_two_modules_of_its_own_and_none_of_others():
    code = "import sys, importlib; before = set(sys.modules); import seqseg; print(*sorted(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "seqseg seqseg.version\n"


def test_the_installed_version_is_that_of_the_source():
    assert version("seqseg") == seqseg.__version__


def test_the_changelog_knows_the_version(repository):
    assert f"## {seqseg.__version__}" in (repository / "CHANGELOG.md").read_text(encoding="utf-8")


def test_types_are_declared_for_those_who_check_them(repository):
    assert (repository / "seqseg" / "py.typed").is_file()


def test_pyproject_holds_only_what_pip_and_ruff_need(repository):
    text = (repository / "pyproject.toml").read_text(encoding="utf-8")
    settings = tomllib.loads(text)
    assert set(settings) == {"build-system", "tool"} and set(settings["tool"]) == {"ruff"}
