"""Fixtures for tests of networks."""

import importlib
import warnings

import pytest


@pytest.fixture(scope="session")
def torchvision():
    """Another implementation; its networks need none of its compiled operators, made perhaps for another torch."""
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pictures that it cannot read then
        try:
            return importlib.import_module("torchvision")
        except ImportError as error:
            pytest.skip(f"needs torchvision, the other implementation: {error}")
        except RuntimeError:
            operators = torch.library.Library("torchvision", "DEF")
            for name in ("nms", "qnms"):
                operators.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
            return importlib.import_module("torchvision")
