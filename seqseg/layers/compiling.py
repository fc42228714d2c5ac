"""Which backends compile with XLA."""

import keras


def jit_compile() -> bool:
    """Whether to compile with XLA: JAX always, TensorFlow and torch never.

    TensorFlow with XLA is 4x slower on CPUs for these networks, and torch's compiler fails on their gradients. By
    default Keras turns XLA on where it finds a GPU, which would run code that was not tested.
    """
    return keras.backend.backend() == "jax"
