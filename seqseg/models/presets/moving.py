"""What moves before a fixed camera."""

from seqseg.models.moving.net import TrustNet


def moving(*, classes, widths=(12, 28, 48, 64, 96), blocks=(1, 2, 2, 1)):
    """A background memory for every pixel, and a small U-Net that learns how far to trust it.

    Args:
        widths: channels at the working size, at half, at a quarter, …
        blocks: residual blocks at each of the smaller sizes.
    """
    return {"net": TrustNet(widths=tuple(widths), blocks=tuple(blocks), outputs=classes)}
