"""torchvision's weights for the networks that are built here, whose layers have torchvision's names."""

import keras
import numpy as np

from seqseg.errors import ModelError


def load_torchvision(network, path, name):
    """Put a state dict saved by torch.save into a network whose layer "a_b" is torchvision's module "a.b".

    torch is needed only for this. Heads and other modules that the network lacks are left out.

    Raises:
        ModelError: torch is not installed, or the file does not fit; the message names the layer and both shapes.
    """
    modules = {}
    for key, tensor in _state_dict(path).items():
        module, _, parameter = key.rpartition(".")
        modules.setdefault(module.replace(".", "_"), {})[parameter] = tensor.numpy()
    for layer in network.layers:
        if not layer.weights:
            continue
        if layer.name not in modules:
            raise ModelError(f"{path} does not hold torchvision's weights of {name}: it has no {layer.name}")
        values = [_value(modules[layer.name], key, path, layer) for key in _parameters(layer)]
        for weight, value in zip(layer.weights, values, strict=True):
            if tuple(weight.shape) != value.shape:
                raise ModelError(
                    f"{path} does not hold torchvision's weights of {name}: {layer.name} has shape "
                    f"{tuple(weight.shape)}, the file's is {value.shape}"
                )
        layer.set_weights(values)


def _state_dict(path):
    try:
        import torch
    except ImportError as error:
        raise ModelError(
            f"reading {path} needs torch (pip install torch); once loaded, a model file of seqseg holds the weights"
        ) from error
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises what zipfile, pickle and its own reader raise
        raise ModelError(f"{path} is not a state dict saved by torch.save ({type(error).__name__})") from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ModelError(f"{path} is not a state dict of tensors; save model.state_dict() with torch.save")
    return state


def _parameters(layer):
    if isinstance(layer, keras.layers.BatchNormalization):
        return "weight", "bias", "running_mean", "running_var"
    return ("weight", "bias") if layer.use_bias else ("weight",)


def _value(module, key, path, layer):
    if key not in module:
        raise ModelError(f"{path} has no {key} of {layer.name}; it has {', '.join(module)}")
    value = module[key]
    return np.transpose(value, (2, 3, 1, 0)) if value.ndim == 4 else value
