"""Networks of keras.applications rebuilt with other settings and the same weights."""

import re

import keras


def with_same_padding(network):
    """The network with every "valid" convolution and pooling made "same", so that each level is exactly half the last.

    Kernels are as they were, and away from the borders the features too, moved by what the borders took. Layers that
    Keras named by itself are numbered from the first, whatever was built before.
    """
    numbers = {}

    def same(layer):
        config = layer.get_config()
        if config.get("padding") == "valid":
            config["padding"] = "same"
        own = re.fullmatch(r"(conv2d|batch_normalization|activation|\w+_pooling2d|concatenate|add)(_\d+)?", layer.name)
        if own:
            config["name"] = f"{own[1]}_{numbers.setdefault(own[1], 0)}"
            numbers[own[1]] += 1
        return type(layer).from_config(config)

    return _rebuilt(network, same)


def without_preprocessing(network):
    """The network less the scaling and normalization that EfficientNet starts with: it takes scaled images."""

    def bare(layer):
        if isinstance(layer, keras.layers.Rescaling | keras.layers.Normalization):
            return keras.layers.Identity(name=layer.name, dtype=layer.dtype_policy)
        return type(layer).from_config(layer.get_config())

    return _rebuilt(network, bare)


def _rebuilt(network, make):
    """A copy of a functional model, each layer rebuilt by `make`, with the same weights."""
    pairs = []

    def copy(layer):
        pairs.append((layer, make(layer)))
        return pairs[-1][1]

    copied = keras.models.clone_model(network, clone_function=copy)
    for old, new in pairs:
        if new.weights:
            new.set_weights(old.get_weights())
    return copied
