"""Other runtimes than Keras, by name: exports are a floor above, and need packages of their own."""

from importlib import import_module
from typing import Any

KERAS = "keras"
RUNTIMES = (KERAS, "onnx", "openvino", "litert")


def predictor_on(runtime: str, model: Any, options: dict[str, Any]) -> Any:
    """A `seqseg.export.predictor.ExportedPredictor` of a Keras model or of a file of `seqseg export`."""
    return import_module("seqseg.export.on_demand").open_predictor(model, runtime=runtime, **options)
