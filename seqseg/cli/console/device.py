"""--device: which processor runs the network, chosen before the engine has looked for any."""

import argparse
import os
import re
from dataclasses import dataclass
from typing import Any

from seqseg.cli.console.quiet import import_keras
from seqseg.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Device:
    """ "cpu", or the GPU with this number."""

    kind: str
    number: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Device":
        """ "cpu", "gpu" (all that there are) or "gpu:1"; ConfigError for anything else."""
        found = re.fullmatch(r"(cpu|gpu)(?::(\d{1,3}))?", text)
        if found is None or (found[1] == "cpu" and found[2] is not None):
            raise ConfigError(f"--device must be cpu, gpu or gpu:N such as gpu:1, got {text!r}")
        return cls(found[1], None if found[2] is None else int(found[2]))

    def __str__(self) -> str:
        return self.kind if self.number is None else f"{self.kind}:{self.number}"


def add_device_option(parser: argparse.ArgumentParser) -> None:
    """Offer --device."""
    parser.add_argument(
        "--device", metavar="cpu|gpu|gpu:N", help="what runs the network (a GPU where the engine finds one)"
    )


def choose_device(text: str | None) -> None:
    """Import Keras on this device; None leaves the choice to the engine. GPU memory is taken as it is needed.

    Raises:
        ConfigError: no device is called so, or the engine finds none here.
    """
    device = None if text is None else Device.parse(text)
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # JAX: two processes share a card
    if device is not None and device.kind == "cpu":
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        os.environ.setdefault("KERAS_TORCH_DEVICE", "cpu")
    elif device is not None and device.number is not None:
        os.environ.setdefault("KERAS_TORCH_DEVICE", f"cuda:{device.number}")
    import_keras()
    import keras

    _CHOOSE[keras.backend.backend()](device)


def device_environment(text: str | None) -> dict[str, str]:
    """What makes another process run on this device, whatever its engine."""
    if text is None:
        return {}
    device = Device.parse(text)
    if device.kind == "cpu":
        return {"CUDA_VISIBLE_DEVICES": "-1"}
    return {} if device.number is None else {"CUDA_VISIBLE_DEVICES": str(device.number)}


def _on_tensorflow(device: Device | None) -> None:
    import tensorflow

    cards = tensorflow.config.list_physical_devices("GPU")
    try:
        for card in cards:
            tensorflow.config.experimental.set_memory_growth(card, True)
        if device is not None:
            tensorflow.config.set_visible_devices(_of(cards, device, "TensorFlow"), "GPU")
    except RuntimeError as error:  # this process has used one already, as the tests' does
        if cards:
            raise ConfigError(f"--device {device}: TensorFlow is running already ({error})") from error


def _on_jax(device: Device | None) -> None:
    import jax

    if device is None:
        return
    if device.kind == "cpu":
        jax.config.update("jax_default_device", jax.devices("cpu")[0])
        return
    try:
        cards = jax.devices("gpu")
    except RuntimeError:  # how JAX says that there is none
        cards = []
    jax.config.update("jax_default_device", _of(cards, device, "JAX")[0])


def _on_torch(device: Device | None) -> None:
    import torch

    if device is not None and device.kind == "gpu":
        _of(list(range(torch.cuda.device_count())), device, "torch")


def _of(cards: list[Any], device: Device, engine: str) -> list[Any]:
    """Those of the cards that the device means."""
    if device.kind == "cpu":
        return []
    if not cards[device.number or 0 :]:
        there = ", ".join(f"gpu:{number}" for number in range(len(cards))) or "no GPU here, cpu alone"
        raise ConfigError(f"there is no {device}: {engine} finds {there}")
    return cards if device.number is None else [cards[device.number]]


_CHOOSE = {"tensorflow": _on_tensorflow, "jax": _on_jax, "torch": _on_torch}
