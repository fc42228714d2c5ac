"""SSIM (Wang et al. 2004) where it is one formula for losses, which are tensors, and for scores, which are arrays."""

from collections.abc import Callable
from typing import Any

WINDOW = 7


def ssim_window(height: int, width: int) -> Any:
    """The side of SSIM's window: 7, or the largest odd number that fits."""
    return min(WINDOW, *(size - (size + 1) % 2 for size in (height, width)))


def similarity_map(frame: Any, other: Any, local: Callable[[Any], Any], *, pixels: int, data_range: float = 1.0) -> Any:
    """SSIM at every window's place, from `local`, which gives the means over the `pixels` of each window.

    Of arrays or tensors: nothing but operators is used on them.
    """
    mean, other_mean = local(frame), local(other)
    unbiased = pixels / max(1, pixels - 1)
    product, squares = mean * other_mean, mean * mean + other_mean * other_mean
    covariance = unbiased * (local(frame * other) - product)
    variances = unbiased * (local(frame * frame + other * other) - squares)  # of both together
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    return (2 * product + c1) * (2 * covariance + c2) / ((squares + c1) * (variances + c2))
