"""What every test may ask for."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported anywhere; errors still show

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the source tree."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data, at $SEQSEG_DATA or ../shared/data; a test that asks for it is skipped where there is none."""
    folder = Path(os.environ.get("SEQSEG_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"needs real data: {folder} is not there; set SEQSEG_DATA to the folder that holds it")
    return folder
