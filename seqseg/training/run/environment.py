"""What a run ran on, so that it can be repeated."""

import datetime
import os
import platform
import sys
from importlib import metadata

import keras

from seqseg.version import __version__

PACKAGES = (
    "keras", "tensorflow", "tensorflow-cpu", "jax", "jaxlib", "torch", "numpy", "grain", "tensorboard",
    "opencv-python", "opencv-python-headless",
)  # fmt: skip


def describe_environment():
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


def _devices():
    """Names of the accelerators and processors that the backend computes on."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return [str(device) for device in jax.devices()]
    if backend == "tensorflow":
        import tensorflow

        return [device.name for device in tensorflow.config.list_physical_devices()]
    import torch

    return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] or ["cpu"]


def _versions():
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # an engine that is not installed has no version to note
    return versions
