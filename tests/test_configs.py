"""Every config in configs/ is one that works: it opens with its command, loads, and its model builds."""

import shlex
from pathlib import Path

import pytest

from seqseg.cli.main import build_parser
from seqseg.config import dump_experiment, load_experiment
from seqseg.models.build import build_model

CONFIGS = sorted((Path(__file__).resolve().parent.parent / "configs").glob("*.toml"))
each_config = pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)


def test_there_are_configs():
    assert CONFIGS


@each_config
def test_a_config_opens_with_a_command_that_parses_and_names_it(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    program, *words = shlex.split(first.removeprefix("# "))
    assert program == "seqseg"
    assert build_parser().parse(words).config == f"configs/{path.name}"


@each_config
def test_a_config_loads_and_its_model_builds(path):
    model = load_experiment(path).model
    assert build_model(model.name, classes=5, **_without_weights(model.options)).count_params() > 0


def _without_weights(options):
    """The options, but for ImageNet's weights: they are in a package or on the network, and not everybody has them."""
    backbone = options.get("backbone")
    if isinstance(backbone, dict) and "weights" in backbone:
        options = options | {"backbone": backbone | {"weights": None}}
    return options


@each_config
def test_a_config_survives_being_written_and_read(path, tmp_path):
    experiment = load_experiment(path)
    (tmp_path / "again.toml").write_text(dump_experiment(experiment), encoding="utf-8")
    assert load_experiment(tmp_path / "again.toml") == experiment
