"""The few operations on maps that smoothing needs, on Keras' tensors and on numpy's arrays."""

from typing import Any, Protocol

import numpy as np


class Arrays(Protocol):
    """Operations on maps (n, h, w, c)."""

    def float32(self, maps: Any) -> Any:
        """The same in float32."""

    def halved(self, maps: Any) -> Any:
        """Means of 2 x 2 pixels; at an odd border of the one or two that there are."""

    def resized(self, maps: Any, size: tuple[int, int]) -> Any:
        """Bilinearly, to `size` (height, width)."""


class Tensors:
    """On any backend of Keras, also inside a compiled step."""

    def float32(self, maps: Any) -> Any:
        from keras import ops

        return ops.cast(maps, "float32")

    def halved(self, maps: Any) -> Any:
        from keras import ops

        return ops.average_pool(maps, 2, strides=2, padding="same", data_format="channels_last")

    def resized(self, maps: Any, size: tuple[int, int]) -> Any:
        from seqseg.layers.resize import resize_to

        return resize_to(maps, size)


class NumpyArrays:
    """On the host, without Keras."""

    def float32(self, maps: np.ndarray) -> np.ndarray:
        return np.asarray(maps, np.float32)

    def halved(self, maps: np.ndarray) -> np.ndarray:
        _, height, width, _ = maps.shape
        even = np.pad(maps, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        top, bottom = even[:, ::2], even[:, 1::2]
        means: np.ndarray = (top[:, :, ::2] + top[:, :, 1::2] + bottom[:, :, ::2] + bottom[:, :, 1::2]) / 4
        return means

    def resized(self, maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        from seqseg.data.clips.placing import scale_logits

        return np.stack([scale_logits(one, size) for one in maps])


def on_host(tensor: Any) -> np.ndarray:
    """A tensor of any backend, or an array, as an array."""
    if isinstance(tensor, np.ndarray):
        return tensor
    from keras import ops

    return np.asarray(ops.convert_to_numpy(tensor))
