"""TensorFlow's SavedModel, for TensorFlow Serving and other tools of its kind."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from seqseg.export.step import Step


def write_saved_model(
    step: Step, path: Path, *, precision: str = "fp32", calibration: Iterable[Mapping[str, np.ndarray]] = ()
) -> None:
    """Write `step` to the folder `path` with the signature "serving_default"."""
    import tensorflow

    module = tensorflow.Module()
    module.model = step.model
    # Those that TensorFlow does not find in the model by itself, such as weights of parts kept in a plain function.
    module.weights = [variable.value for variable in step.model.variables]
    tensorflow.saved_model.save(module, str(path), signatures={"serving_default": step.function})
