"""The machine and versions of a run, so that it can be repeated."""

import datetime
import os
import platform
import sys
from importlib import metadata
from typing import Any

import keras

from seqseg.version import __version__

PACKAGES = (
    "keras", "tensorflow", "tensorflow-cpu", "jax", "jaxlib", "torch", "numpy", "grain", "tensorboard",
    "opencv-python", "opencv-python-headless",
)  # fmt: skip


def describe_environment() -> dict[str, Any]:
    """Versions, machine and command line as plain data for JSON."""
    return {
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": sys.argv,
        "folder": os.getcwd(),
        "seqseg": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "backend": keras.backend.backend(),
        "devices": _devices(),
        "packages": _versions(),
    }


def _devices() -> list[str]:
    """The names of the accelerators and processors of the backend."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return [str(device) for device in jax.devices()]
    if backend == "tensorflow":
        import tensorflow

        return [device.name for device in tensorflow.config.list_physical_devices()]
    import torch

    return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] or ["cpu"]


def _versions() -> dict[str, str]:
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # not installed
    return versions
