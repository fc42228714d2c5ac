"""VGG16 with its classifier made convolutional, the encoder of FCN."""

import keras
import numpy as np
from keras import layers, ops

from seqseg.errors import ConfigError
from seqseg.layers import make_norm
from seqseg.models.backbones.dilation import dilated, levels_within
from seqseg.models.backbones.freezing import freeze_up_to
from seqseg.models.backbones.scaling import SCALINGS, scaled
from seqseg.models.backbones.vgg_conversion import as_convolutions, dense_vgg16, dense_weights_file

_BLOCKS = {1: (64, 2), 2: (128, 2), 3: (256, 3), 4: (512, 3), 5: (512, 3)}


@keras.saving.register_keras_serializable("seqseg")
class FcnVgg(keras.layers.Layer):
    """VGG16 as FCN takes it (Long et al. 2015): images (n, h, w, c) of 0–255 -> {"P1": …, …, "P5": (n, h, w, 4096)}.

    "P1" to "P4" are the first four poolings, "P5" is what the two dense layers gave, now convolutions of 7 x 7 and of
    1 x 1 at the size of the fifth: 134,260,544 parameters. Poolings round up, so nothing is filled up or cut.

    Args:
        separable: every convolution is depthwise, then pointwise, with one bias: 20,583,899 parameters.
        norm: "batch" or "group" after each of VGG16's 13 convolutions, ahead of its ReLU; None as in VGG16.
        dropout: after each of the two last convolutions; 0.5 in the paper.
        dilation: of the 7 x 7 convolution.
        width: channels of the two last convolutions.
        output_stride: 32, or 16 for a fifth pooling without stride and a 7 x 7 convolution dilated twice as far (the
            atrous FCN of Chen et al. 2015): what the dense layers gave is then "P4"; 8 for "P3". See `dilated`.
        full_size: give "P0" too, the first block before its pooling, for decoders that go up to the image's own size.
        weights: None, the path of a file of the whole VGG16 with its dense layers, or "imagenet" for that file where
            Keras keeps it. Nothing is downloaded.
        freeze: a level; everything up to it is frozen. "all" freezes the whole encoder.

    Raises:
        ConfigError: weights are asked for in a network that is not VGG16's.
        ModelError: the weights are not there, or do not fit.
    """

    def __init__(
        self,
        *,
        separable=False,
        norm=None,
        dropout=0.2,
        dilation=1,
        width=4096,
        output_stride=32,
        full_size=False,
        weights=None,
        freeze=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if weights is not None and (separable or norm is not None or width != 4096):
            raise ConfigError(
                f"VGG16's weights fit its own network only, got separable={separable}, norm={norm!r}, width={width}; "
                f"leave those out, or the weights"
            )
        self.separable = separable
        self.norm = norm
        self.dropout = dropout
        self.dilation = dilation
        self.width = width
        self.output_stride = output_stride
        self.full_size = full_size
        self.weights_from = None if weights is None else dense_weights_file(weights)
        self.freeze = freeze
        channels = ({"P0": 64} if full_size else {}) | {f"P{block}": width for block, (width, _) in _BLOCKS.items()}
        self.channels = levels_within(channels | {"P5": self.width}, output_stride)
        self.levels = tuple(self.channels)
        self.scale, self.offset = SCALINGS["caffe"].scale, SCALINGS["caffe"].offset
        self.taps = None

    def build(self, images_shape):
        network = self._network(images_shape[-1])
        if self.weights_from is not None:
            as_convolutions(dense_vgg16(self.weights_from), network)
        if self.output_stride != 32:
            network = dilated(network, self.output_stride)
        freeze_up_to(network, self.freeze)
        self.taps = network

    def call(self, images, training=None):
        return self.taps(ops.cast(scaled(images, SCALINGS["caffe"]), self.compute_dtype), training=training)

    def get_config(self):
        # The values travel in the model's own file; the one they came from need not be there any more.
        return super().get_config() | {
            "separable": self.separable,
            "norm": self.norm,
            "dropout": self.dropout,
            "dilation": self.dilation,
            "width": self.width,
            "output_stride": self.output_stride,
            "full_size": self.full_size,
            "weights": None,
            "freeze": self.freeze,
        }

    def _network(self, channels):
        """A functional model with VGG16's own names of layers, scaled images -> dict of levels."""
        images = features = keras.Input((None, None, channels), name="images")
        taps = {}
        for block, (filters, depth) in _BLOCKS.items():
            for number in range(1, depth + 1):
                features = self._convolution(features, filters, f"block{block}_conv{number}", norm=self.norm)
            if self.full_size and block == 1:
                taps["P0"] = features
            pool = layers.MaxPooling2D(padding="same", dtype=self.dtype_policy, name=f"block{block}_pool")
            features = taps[f"P{block}"] = pool(features)
        sizes = {"fc1": {"kernel_size": 7, "dilation_rate": self.dilation}, "fc2": {"kernel_size": 1}}
        for name, size in sizes.items():
            features = self._convolution(features, self.width, name, **size)
            features = layers.Dropout(self.dropout, dtype=self.dtype_policy, name=f"{name}_dropout")(features)
        return keras.Model(images, levels_within(taps | {"P5": features}, self.output_stride), name="fcn_vgg")

    def _convolution(self, features, filters, name, *, kernel_size=3, dilation_rate=1, norm=None):
        kernels = ("depthwise_initializer", "pointwise_initializer") if self.separable else ("kernel_initializer",)
        make = layers.SeparableConv2D if self.separable else layers.Conv2D
        features = make(
            filters,
            kernel_size,
            padding="same",
            dilation_rate=dilation_rate,
            dtype=self.dtype_policy,
            name=name,
            **dict.fromkeys(kernels, "he_normal"),
        )(features)
        normalization = make_norm(norm, filters, dtype=self.dtype_policy)
        if normalization is not None:
            features = normalization(features)
        return layers.ReLU(dtype=self.dtype_policy, name=f"{name}_relu")(features)


def classify(weights, image, *, top=3):
    """What a converted VGG16 finds in an image: [(class of 0–999, probability), …], likeliest first.

    A check of weights before they go into a segmenter: the layers are the convolutions of `FcnVgg` and one of 1 x 1 for
    the classes; the answer is read off the middle of their 7 x 7 map, where fc1 sees all that the dense layer saw.

    Args:
        weights: as for `FcnVgg`.
        image: (h, w, 3) of RGB 0–255; it is brought to 224 x 224.

    Raises:
        ModelError: the weights are not there, or do not fit.
    """
    dense = dense_vgg16(dense_weights_file(weights))
    encoder = FcnVgg()
    encoder.build((None, None, None, 3))
    as_convolutions(dense, encoder.taps)
    last = dense.get_layer("predictions")
    scores = layers.Conv2D(last.units, 1, activation="softmax", name=last.name)
    scores.build((None, None, None, encoder.width))
    scores.set_weights([np.reshape(last.get_weights()[0], scores.kernel.shape), last.get_weights()[1]])
    image = ops.image.resize(ops.cast(image, "float32")[None], (224, 224), antialias=True)
    chances = ops.convert_to_numpy(scores(encoder(image)["P5"]))[0, 3, 3]
    return [(int(k), float(chances[k])) for k in np.argsort(-chances)[:top]]
