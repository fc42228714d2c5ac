"""The manual: its pages are all reachable, its commands are ones that exist, and its tutorials run as they stand."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from seqseg.cli.main import build_parser, main
from seqseg.config import known_keys
from tests.cli.drawn_folders import write_drawn_folders

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
GENERATED = {"reference/commands.md", "reference/settings.md", "reference/parts.md", "reference/kinds.md"}
# Only the length of training and the width of the nets are cut.
SHORT = ["--epochs", "1", "--size", "48x64", "--batch", "2", "--set", "training.steps_per_epoch=2"]
WIDTH = {"fcn8s": "model.backbone={name='vgg16_fc',width=32}"} | dict.fromkeys(
    ("fcn32s", "fcn16s"), "model.backbone={name='vgg16_fc',width=32}"
)
each_tutorial = pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)


class _Loader(yaml.SafeLoader):
    """Without what mkdocs adds to YAML."""


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "manual" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def commands(page):
    lines = [line for block in blocks(page, "sh") for line in block.splitlines() if line.strip()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("seqseg ")]


def named_in(entries):
    for entry in entries:
        value = next(iter(entry.values()))
        yield from named_in(value) if isinstance(value, list) else [value]


def test_every_page_is_in_the_navigation_and_there():
    config = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader=_Loader)
    named = set(named_in(config["nav"]))
    there = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    assert named - GENERATED == there


def test_every_link_between_pages_leads_to_one():
    dead = []
    for page in DOCS.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            path = (page.parent / target).resolve()
            if "://" not in target and not path.exists() and str(path.relative_to(DOCS)) not in GENERATED:
                dead.append(f"{page.name}: {target}")
    assert dead == []


@pytest.mark.parametrize("page", [*TUTORIALS, DOCS / "index.md"], ids=lambda page: page.stem)
def test_every_command_of_a_page_is_one(page):
    for words in commands(page):
        build_parser().parse(words)


def test_the_settings_page_has_every_key(reference):
    page = reference.settings_page()
    assert [key for key in known_keys() if f"| `{key}` |" not in page] == []


def test_the_kinds_and_the_commands_pages_have_all_of_them(reference):
    from seqseg.data import DATASETS

    kinds, listed = reference.kinds_page(), reference.commands_page()
    assert all(f"\n## {kind}\n" in kinds for kind in DATASETS)
    assert all(f"\n## seqseg {name}\n" in listed for name in build_parser()._commands())


@each_tutorial
@pytest.mark.slow
def test_a_tutorial_runs_as_it_stands(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _what_pages_assume(page, tmp_path)
    for words in commands(page):
        name = words[words.index("--model") + 1] if "--model" in words else ""
        cut = [*SHORT, *(["--set", WIDTH[name]] if name in WIDTH else [])]
        more = cut if words[0] == "train" and "--resume" not in words else []
        assert main([*words, *more]) == 0, words
    shared = {}
    for block in blocks(page, "python"):
        exec(compile(block, page.name, "exec"), shared)


def _what_pages_assume(page, folder):
    """A movie, pictures with masks in two sequences, and Pascal VOC where it is."""
    text = page.read_text(encoding="utf-8")
    if "voc:VOC2012" in text:
        data = Path(os.environ.get("SEQSEG_DATA", ROOT.parent / "shared" / "data")) / "voc"
        if not data.is_dir():
            pytest.skip(f"the tutorial needs Pascal VOC, which is not at {data}")
        (folder / "VOC2012").symlink_to(data.resolve(), target_is_directory=True)
    if "demo/movie.mp4" in text:
        assert main(["demo", "--quick", "--out", "demo"]) == 0
    if "mydata" in text:
        write_drawn_folders(folder / "mydata")


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    for package in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(package, reason="the manual needs pip install '.[docs]'")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "training.ema" in (tmp_path / "site" / "reference" / "settings" / "index.html").read_text(encoding="utf-8")
