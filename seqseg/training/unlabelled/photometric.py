"""Random brightness, colour and grain, drawn on the device."""

import keras
from keras import ops


class PhotometricNoise(keras.layers.Layer):
    """Clips (n, t, h, w, c) of 0–255 -> float32 of 0–255, with random brightness and colour a clip, grain a pixel.

    Every channel of a clip is multiplied by 1 ± strength and shifted by ± strength x 127.5, the same in all its frames;
    grain is normal, with a standard deviation of strength x 64.

    Args:
        strength: 0 is none.
        seed: of the draws.
    """

    def __init__(self, strength: float, *, seed: int = 0) -> None:
        super().__init__(name="photometric_noise", dtype="float32")
        self.strength = strength
        self.random = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, clips: keras.KerasTensor) -> keras.KerasTensor:
        clips = ops.cast(clips, "float32")
        if not self.strength:
            return clips
        count, channels = clips.shape[0], clips.shape[-1]
        drawn = keras.random.uniform((2, count, 1, 1, 1, channels), minval=-1.0, maxval=1.0, seed=self.random)
        grain = keras.random.normal(ops.shape(clips), stddev=64.0 * self.strength, seed=self.random)
        lit = clips * (1.0 + self.strength * drawn[0]) + 127.5 * self.strength * drawn[1]
        return ops.clip(lit + grain, 0.0, 255.0)
