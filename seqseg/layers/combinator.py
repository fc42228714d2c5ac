"""The ladder network's denoising function."""

from typing import Any

import keras
from keras import ops

from seqseg.layers.tensor import Shape, Tensor

COEFFICIENTS = 10


@keras.saving.register_keras_serializable("seqseg")
class Combinator(keras.layers.Layer):
    """Noisy features z (n, …, c) and what comes from above u (n, …, c) -> denoised (n, …, c): "gauss" of 1507.02672.

    The best estimate of a Gaussian signal under Gaussian noise is (z - mean) * share + mean; here mean and share are
    each a1 sigmoid(a2 u + a3) + a4 u + a5 of the signal from above, with ten coefficients a unit of a dense layer or a
    channel of maps of any size. At the start all are 0 but a2, which is 1.

    Example:
        >>> tuple(Combinator()(np.ones((2, 5, 7, 3)), np.zeros((2, 5, 7, 3))).shape)
        (2, 5, 7, 3)
    """

    def build(self, noisy_shape: Shape, above_shape: Shape | None = None) -> None:
        start = [0.0, 1.0, 0.0, 0.0, 0.0] * 2

        def begin(shape: Shape, dtype: Any = None) -> Tensor:
            return ops.tile(ops.reshape(ops.convert_to_tensor(start, dtype), (COEFFICIENTS, 1)), (1, shape[-1]))

        self.coefficients = self.add_weight(
            name="coefficients", shape=(COEFFICIENTS, noisy_shape[-1]), initializer=begin
        )
        self.built = True

    def call(self, noisy: Tensor, above: Tensor) -> Tensor:
        a = ops.unstack(ops.convert_to_tensor(self.coefficients), axis=0)
        mean = a[0] * ops.sigmoid(a[1] * above + a[2]) + a[3] * above + a[4]
        share = a[5] * ops.sigmoid(a[6] * above + a[7]) + a[8] * above + a[9]
        return (noisy - mean) * share + mean
