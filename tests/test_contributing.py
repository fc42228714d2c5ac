"""CONTRIBUTING.md describes the tree correctly."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PATHS = sorted(
    set(
        re.findall(
            r"`((?:seqseg|streams|tests|scripts)/[\w./]*)`",
            (ROOT / "CONTRIBUTING.md").read_text("utf-8") + (ROOT / "docs/threats.md").read_text("utf-8"),
        )
    )
)


@pytest.mark.parametrize("path", PATHS)
def test_every_path_it_names_is_there(path):
    assert (ROOT / path).exists()
