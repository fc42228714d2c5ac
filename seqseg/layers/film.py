"""A vector that conditions feature maps."""

import keras
from keras import ops

from seqseg.layers.tensor import Shape, Tensor


@keras.saving.register_keras_serializable("seqseg")
class FiLM(keras.layers.Layer):
    """Feature-wise linear modulation (Perez et al. 2018): features (n, h, w, c), vector (n, k) -> (n, h, w, c).

    Every channel is multiplied by 1 + a and b is added, where a and b come from the vector by one dense layer that
    starts at zero: at first the vector changes nothing.

    Example:
        >>> conditioned = FiLM()(features, vector)
    """

    def build(self, features_shape: Shape, vector_shape: Shape) -> None:
        self.modulation = keras.layers.Dense(
            2 * features_shape[-1], kernel_initializer="zeros", dtype=self.dtype_policy, name="modulation"
        )
        self.modulation.build(vector_shape)

    def call(self, features: Tensor, vector: Tensor) -> Tensor:
        factors, shifts = ops.split(self.modulation(vector)[:, None, None], 2, axis=-1)
        return features * (1 + factors) + shifts

    def compute_output_shape(self, features_shape: Shape, vector_shape: Shape) -> Shape:
        return features_shape
