"""The reference: unet_lstm from stock Keras layers, `TimeDistributed` around every layer and `ConvLSTM2D` between."""

import keras
from keras import layers

FILTERS = 16


def stock_unet_lstm(*, timesteps, height, width, classes, batch=None, stateful=False):
    """The network as a Keras user writes it: clips (n, t, h, w, 3) -> logits (n, t, h, w, classes)."""
    clip = keras.Input(batch_shape=(batch, timesteps, height, width, 3))
    each = layers.TimeDistributed
    features = each(layers.Rescaling(1 / 127.5, -1))(clip)
    skips = []
    for level, depth in enumerate((1, 2, 2, 2)):
        if skips:
            features = each(layers.MaxPooling2D())(features)
        features = _stack(features, FILTERS * 2**level, depth)
        skips.append(features)
    features = layers.ConvLSTM2D(4 * FILTERS, 3, padding="same", return_sequences=True, stateful=stateful)(features)
    for width_factor, skip in zip((8, 4, 2), reversed(skips[:-1]), strict=True):
        features = each(layers.UpSampling2D())(features)
        features = _stack(features, FILTERS * width_factor, 2)
        features = layers.Concatenate()([features, skip])
    features = _stack(features, FILTERS, 2)
    return keras.Model(clip, each(layers.Conv2D(classes, 1))(features))


def _stack(features, filters, depth):
    for _ in range(depth):
        convolution = layers.Conv2D(filters, 3, padding="same", activation="relu")
        features = layers.TimeDistributed(convolution)(features)
    return layers.TimeDistributed(layers.BatchNormalization())(features)
