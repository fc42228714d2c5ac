"""VGG16's dense layers as convolutions."""

import keras
import numpy as np

from seqseg.models.backbones.weights import load_weights, weights_file

_ADDRESS = (
    "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5"
)


def dense_weights_file(weights):
    """The path of a file of the whole VGG16, which must be there: `weights` itself, or Keras' own for "imagenet"."""
    return weights_file(weights, "vgg16 with its dense layers", _ADDRESS)


def dense_vgg16(path):
    """keras.applications' VGG16 with top and the weights of a file.

    Raises:
        ModelError: they do not fit; the message names the layer and both shapes.
    """
    whole = keras.applications.VGG16(weights=None)
    load_weights(whole, path, "vgg16 with its dense layers")
    return whole


def as_convolutions(dense, network):
    """Put the weights of VGG16 with top into convolutions of the same names.

    A dense kernel (h * w * c, filters) becomes (h, w, c, filters): Keras flattens rows first and channels last.
    """
    for layer in network.layers:
        if layer.weights:
            values = dense.get_layer(layer.name).get_weights()
            layer.set_weights([np.reshape(v, w.shape) for v, w in zip(values, layer.weights, strict=True)])
