"""The motion between two frames of a stream, its reliability at each place, and warping of maps along it."""

import math
import threading
from typing import NamedTuple

import cv2
import numpy as np

from seqseg.geometry import Placement

MOST_PIXELS = 80_000
"""Pixels of the frames in which motion is searched: half of 480x640, and no more for larger ones."""
SMALLEST = 16
"""Smallest and largest side for the search for motion; smaller frames have none."""

_LAPLACIANS = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_LAPLACE_NORM = 6 * 0.6745  # its response to white noise, and the median of the absolute value of a normal variable
_BLURS = ((3.0, 0.0), (8.0, 2.0), (math.inf, 3.0))  # noise below which the pictures are blurred by so many pixels
_ROUND_TRIP = 40.0  # squared pixels that the way back may miss by where nothing moves
_SURPRISE = 20.0  # grey levels beyond the noise at which a place is half trusted
_CUT = 0.35  # a picture that is trusted less than this on average shows another scene
_DRIFT = 30.0  # grey levels by which the light of the whole picture may change at once


class Motion(NamedTuple):
    """From each place of a frame to where it was in the one before.

    Attributes:
        flow: float32 (h, w, 2), right and down in pixels.
        trust: float32 (h, w), 0 where the place was hidden before or looks different, 1 where all agrees.
        surprise: float32 (h, w), squared grey levels by which it looks different, beyond what noise explains.
    """

    flow: np.ndarray
    trust: np.ndarray
    surprise: np.ndarray


def small_size(height: int, width: int) -> tuple[int, int]:
    """The size at which motion is searched in frames of `height` x `width`: half, or less for large ones."""
    shrink = max(2.0, math.sqrt(height * width / MOST_PIXELS))
    return max(1, math.ceil(height / shrink)), max(1, math.ceil(width / shrink))


def small_grey(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A frame (h, w, c) of 0–255 in grey at `size`, uint8 (h', w'); NaN becomes black."""
    image = np.ascontiguousarray(image if image.dtype == np.uint8 else image.astype(np.float32))
    if image.shape[-1] == 3:
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    else:
        grey = image[..., 0] if image.shape[-1] == 1 else image.mean(axis=-1, dtype=np.float32)
    return whole_numbers(cv2.resize(grey, size[::-1], interpolation=cv2.INTER_AREA))


def whole_numbers(image: np.ndarray) -> np.ndarray:
    """An array of 0–255 in uint8, rounded; NaN becomes 0."""
    if image.dtype != np.uint8:
        image = np.clip(np.rint(np.nan_to_num(image, nan=0.0)), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(image)


def noise_of(grey: np.ndarray) -> float:
    """The standard deviation of a grey picture's noise, by Immerkaer (1996) with the median, which texture moves less.

    Example:
        >>> noise = np.random.default_rng(0).normal(0, 10, (90, 120))
        >>> round(noise_of((128 + noise).astype(np.uint8)))
        10
    """
    response = cv2.filter2D(grey, cv2.CV_32F, _LAPLACIANS)[1:-1:2, 1:-1:2]
    return float(np.median(np.abs(response))) / _LAPLACE_NORM if response.size else 0.0


def motion_between(grey: np.ndarray, earlier: np.ndarray) -> Motion:
    """The motion from `earlier` to `grey`, both uint8 (h, w) as `small_grey` gives them.

    OpenCV's dense inverse search, medium, on frames blurred according to their noise. Trust is lower where the backward
    flow does not lead back (Sundaram et al. 2010), where a place came from outside the frame, and where its brightness
    changed by more than noise; where little trust remains, as after a scene cut, it is 0 everywhere.
    """
    noise, noise_before = noise_of(grey), noise_of(earlier)
    blur = next(pixels for limit, pixels in _BLURS if max(noise, noise_before) < limit)
    now, before = _blurred(grey, blur), _blurred(earlier, blur)
    if min(grey.shape) < SMALLEST:
        flow = np.zeros((*grey.shape, 2), np.float32)
        agrees = np.ones(grey.shape, np.float32)
    else:
        flow = np.nan_to_num(_SEARCHES.medium.calc(now, before, None), posinf=0.0, neginf=0.0)  # type: ignore[call-overload]
        agrees = _round_trip(flow, _SEARCHES.ultrafast.calc(before, now, None))  # type: ignore[call-overload]
    left = 1.0 if blur == 0 else 1 / (2 * math.sqrt(math.pi) * blur)  # of the noise, after the blur
    difference = cv2.subtract(now, moved(before, flow), dtype=cv2.CV_32F)
    difference -= np.clip(np.median(difference[::4, ::4]), -_DRIFT, _DRIFT)
    surprise = difference * difference
    surprise -= 4 * left**2 * (noise**2 + noise_before**2)
    np.maximum(surprise, 0, out=surprise)
    trust = agrees * _was_inside(flow) / (1 + surprise * (1 / _SURPRISE**2))
    if trust.mean() < _CUT:
        trust[:] = 0
    return Motion(flow, trust, surprise)


def moved(maps: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Maps (h, w) or (h, w, c) warped along a flow (h', w', 2) from each place of the result to where it was.

    The flow is in pixels of its own size, which may differ from that of the maps. Sampling is bilinear; outside, the
    border is repeated.
    """
    height, width = maps.shape[:2]
    tall, wide = flow.shape[:2]
    if (tall, wide) != (height, width):
        flow = cv2.resize(flow, (width, height))
        flow *= np.array([width / wide, height / tall], np.float32)
    how = cv2.INTER_LINEAR | cv2.WARP_RELATIVE_MAP
    source = np.ascontiguousarray(maps)
    # None, which OpenCV's types forbid: with an empty second map it samples maps of one channel in the wrong places.
    result = cv2.remap(source, flow, None, how, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(result).reshape(maps.shape)


def on_tile(motion: Motion, placement: Placement, tile: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The flow (h, w, 2) and the trust (h, w) at `size` of tile number `tile`, as the network sees it."""
    top, left = placement.tiles[tile]
    rows = _grid(size[0], placement.tile[0], top - placement.top, placement.inside[0], motion.trust.shape[0])
    columns = _grid(size[1], placement.tile[1], left - placement.left, placement.inside[1], motion.trust.shape[1])
    if motion.trust.shape == size and rows == columns == (1, 0):
        return motion.flow, motion.trust
    places = np.array([[columns[0], 0, columns[1]], [0, rows[0], rows[1]]], np.float32)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    flow, trust = (
        cv2.warpAffine(maps, places, size[::-1], flags=how, borderMode=cv2.BORDER_REPLICATE)
        for maps in (motion.flow, motion.trust)
    )
    return flow / np.array([columns[0], rows[0]], np.float32), trust


def _grid(pixels: int, tile: int, start: int, inside: int, motion: int) -> tuple[float, float]:
    """Scale and offset from a pixel of a tile's map to the place in the map of the motion, along one axis."""
    scale = tile / pixels * motion / inside
    return scale, scale / 2 + start * motion / inside - 0.5


def _blurred(grey: np.ndarray, pixels: float) -> np.ndarray:
    return cv2.GaussianBlur(grey, (0, 0), pixels) if pixels else np.ascontiguousarray(grey)


def _round_trip(flow: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Forward-backward consistency: 1 where both flows lead back to their start, towards 0 where they do not."""
    (x, y), (u, v) = cv2.split(flow), cv2.split(moved(back, flow))
    missed = (x + u) ** 2 + (y + v) ** 2
    long = x * x + y * y + u * u + v * v
    return np.asarray(cv2.exp(-missed / (0.05 * long + _ROUND_TRIP)))


def _was_inside(flow: np.ndarray) -> np.ndarray:
    height, width = flow.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return np.asarray((x > -1) & (x < width) & (y > -1) & (y < height))


class _Searches(threading.local):
    """The search of this thread; it holds memory that threads cannot share."""

    def __init__(self) -> None:
        self.medium = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self.ultrafast = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)


_SEARCHES = _Searches()
