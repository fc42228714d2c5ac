"""Which machine this is, in one line, and what memory this process holds."""

import ctypes
import os
import platform
from importlib import metadata
from pathlib import Path

import keras

_STATUS, _FORGET_PEAK = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def machine():
    """Its cores and processor, or its accelerator; the backend and Keras with their versions."""
    backend = keras.backend.backend()
    package = backend if _version(backend) else f"{backend}-cpu"
    return f"{_ACCELERATORS[backend]() or _processor()}, {backend} {_version(package)}, keras {keras.__version__}"


def can_weigh():
    """Whether the system tells how much memory a process has held since it was last asked; Linux does."""
    return os.access(_FORGET_PEAK, os.W_OK)


def start_weighing():
    """Give what is free back to the system and let the peak start from here; the bytes held now."""
    ctypes.CDLL(None).malloc_trim(0)
    _FORGET_PEAK.write_text("5", "ascii")
    return _bytes_of("VmRSS:")


def peak_memory():
    """The most bytes held since `start_weighing`."""
    return _bytes_of("VmHWM:")


def _bytes_of(entry):
    return 1024 * int(_STATUS.read_text("ascii").split(entry)[1].split()[0])


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _processor():
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} cores of {names[0] if names else platform.processor() or platform.machine()}"


def _tensorflow_accelerator():
    import tensorflow

    devices = tensorflow.config.list_physical_devices("GPU")
    return tensorflow.config.experimental.get_device_details(devices[0]).get("device_name") if devices else None


def _jax_accelerator():
    import jax

    device = jax.devices()[0]
    return None if device.platform == "cpu" else device.device_kind


def _torch_accelerator():
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else None


_ACCELERATORS = {"tensorflow": _tensorflow_accelerator, "jax": _jax_accelerator, "torch": _torch_accelerator}
