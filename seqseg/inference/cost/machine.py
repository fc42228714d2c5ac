"""The machine in one line, and the memory of this process."""

import ctypes
import os
import platform
from importlib import metadata
from pathlib import Path

import keras

_STATUS, _FORGET_PEAK = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def machine() -> str:
    """The accelerator, or cores and processor; the backend and Keras with their versions."""
    backend = keras.backend.backend()
    package = backend if _version(backend) else f"{backend}-cpu"
    return f"{_ACCELERATORS[backend]() or _processor()}, {backend} {_version(package)}, keras {keras.__version__}"


def can_weigh() -> bool:
    """Whether the system reports the peak memory of a process and can reset it, as Linux does."""
    return os.access(_FORGET_PEAK, os.W_OK)


def start_weighing() -> int:
    """Return free memory to the system and reset the peak; gives the bytes held now."""
    ctypes.CDLL(None).malloc_trim(0)
    _FORGET_PEAK.write_text("5", "ascii")
    return _bytes_of("VmRSS:")


def peak_memory() -> int:
    """The peak in bytes since `start_weighing`."""
    return _bytes_of("VmHWM:")


def _bytes_of(entry: str) -> int:
    return 1024 * int(_STATUS.read_text("ascii").split(entry)[1].split()[0])


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} cores of {names[0] if names else platform.processor() or platform.machine()}"


def _tensorflow_accelerator() -> str | None:
    import tensorflow

    devices = tensorflow.config.list_physical_devices("GPU")
    if not devices:
        return None
    return str(tensorflow.config.experimental.get_device_details(devices[0]).get("device_name"))


def _jax_accelerator() -> str | None:
    import jax

    device = jax.devices()[0]
    return None if device.platform == "cpu" else str(device.device_kind)


def _torch_accelerator() -> str | None:
    import torch

    return str(torch.cuda.get_device_name(0)) if torch.cuda.is_available() else None


_ACCELERATORS = {"tensorflow": _tensorflow_accelerator, "jax": _jax_accelerator, "torch": _torch_accelerator}
