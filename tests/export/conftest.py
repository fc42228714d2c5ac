"""A small recurrent model and, once a session, its files in every format whose packages are here."""

import dataclasses
import importlib.util

import keras
import pytest

from seqseg.geometry import Resizing
from seqseg.models import build_model

SIZE = (29, 43)
NEEDS = {
    "onnx": ("onnx", "tf2onnx", "onnxruntime"),
    "openvino": ("onnx", "tf2onnx", "openvino"),
    "litert": ("ai_edge_litert",),
    "saved_model": (),
    "triton": ("onnx", "tf2onnx"),
    "web": ("onnx", "tf2onnx"),
}


def missing(format):
    return [package for package in NEEDS[format] if importlib.util.find_spec(package) is None]


def require(format):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("exports are made on TensorFlow")
    if missing(format):
        pytest.skip(f"{format} needs {', '.join(missing(format))}: pip install 'seqseg[{format}]'")


@pytest.fixture(scope="session")
def any_format():
    """A format that runs here."""
    return next((format for format in ("litert", "onnx", "openvino") if not missing(format)), "onnx")


@pytest.fixture(scope="session")
def net():
    keras.utils.set_random_seed(3)
    model = build_model("unet_lstm", classes=["ground", "cell", "wall"], filters=2)
    model.card = dataclasses.replace(model.card, size=SIZE, fit=Resizing("letterbox", SIZE).to_card())
    return model


@pytest.fixture(scope="session")
def exported(net, tmp_path_factory):
    """`exported("onnx")`: the path of the tiny model's file in that format, made once."""
    from seqseg.export.write import export_model

    folder, made = tmp_path_factory.mktemp("exported"), {}

    def get(format):
        require(format)
        if format not in made:
            made[format] = export_model(net, folder / "tiny", format=format, size=SIZE)
        return made[format]

    return get
