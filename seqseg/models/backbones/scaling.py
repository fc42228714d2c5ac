"""How each network saw images when it was trained."""

import dataclasses

import numpy as np
from keras import ops

MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
"""Of ImageNet's red, green and blue from 0 to 1."""


@dataclasses.dataclass(frozen=True)
class Scaling:
    """Images of 0–255 times `scale` plus `offset`, one number or one for each of red, green and blue.

    Attributes:
        scale, offset: of the colours in the order red, green, blue.
        reverse: the network takes blue, green, red.
    """

    scale: float | tuple
    offset: float | tuple
    reverse: bool = False


SCALINGS = {
    "unit": Scaling(1 / 127.5, -1.0),
    "near unit": Scaling(1 / 128, -1.0),
    "middle": Scaling(1 / 128, -127 / 128),
    "caffe": Scaling(1.0, (-123.68, -116.779, -103.939), reverse=True),
    "torch": Scaling(tuple((1 / 255 / DEVIATION).tolist()), tuple((-MEAN / DEVIATION).tolist())),
}
"""-1 to 1; -1 to nearly 1; the same with 127 as 0; blue, green, red less ImageNet's mean; ImageNet's mean 0 and
deviation 1."""


def scaled(images, scaling):
    """Images (n, h, w, c) of 0–255 as the network takes them, in float32.

    Of three channels each is an image of its own, several stacked behind one another. What is not in threes is no
    colour and is scaled by the colours' mean.
    """
    scale, offset = np.array(scaling.scale, "float32"), np.array(scaling.offset, "float32")
    stacked, rest = divmod(images.shape[-1], 3)
    if rest:
        scale, offset = scale.mean(), offset.mean()
    elif scale.ndim or offset.ndim:
        scale, offset = (np.tile(np.broadcast_to(part, 3), stacked) for part in (scale, offset))
    images = ops.cast(images, "float32") * ops.convert_to_tensor(scale) + ops.convert_to_tensor(offset)
    if scaling.reverse and not rest:
        images = ops.take(images, [3 * image + colour for image in range(stacked) for colour in (2, 1, 0)], axis=-1)
    return images
