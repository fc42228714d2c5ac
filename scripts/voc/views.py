"""The training views of `voc`: a crop of an image, at another scale, degraded as by a poor camera."""

import cv2
import numpy as np

from seqseg.data.augment.look import Look, colour_mix, colour_table

ANSWERS_STRIDE = 8
"""How many times smaller than the picture the teacher's answers on disk are."""

SCORES_STRIDE, LABELS_STRIDE = 4, 2
"""How many times smaller than the view its answers and its labels are."""

ZOOM, VOID, CHANNELS = (0.7, 1.5), 255, 4  # OpenCV warps at most four channels at once


def view(record, size, rng):
    """A record {image, labels, answers} -> image (h, w, 3), labels (h / 2, w / 2), answers (h / 4, w / 4, classes)."""
    height, width = record["image"].shape[:2]
    zoom = float(np.exp(rng.uniform(*np.log(ZOOM))))
    left, top = (_start(whole, part / zoom, rng) for whole, part in ((width, size[1]), (height, size[0])))
    turned = bool(rng.integers(2))

    def cut(maps, stride_there, stride_here, **options):
        matrix = _matrix(zoom, left, top, size[1] if turned else None, stride_there, stride_here)
        options |= {"dsize": (size[1] // stride_here, size[0] // stride_here)}
        parts = [maps[..., k : k + CHANNELS] for k in range(0, maps.shape[-1], CHANNELS)] if maps.ndim == 3 else [maps]
        parts = [cv2.warpAffine(np.ascontiguousarray(part), matrix, **options) for part in parts]
        return parts[0] if maps.ndim == 2 else np.concatenate([np.atleast_3d(part) for part in parts], axis=-1)

    linear = {"flags": cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, "borderMode": cv2.BORDER_REFLECT}
    nearest = {"flags": cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP, "borderMode": cv2.BORDER_CONSTANT}
    image = _shrunk(record["image"], zoom)
    shrunk = image.shape[0] / height
    matrix = _matrix(zoom / shrunk, left * shrunk, top * shrunk, size[1] if turned else None, 1, 1)
    image = cv2.warpAffine(image, matrix, dsize=size[::-1], **linear)
    labels = cut(record["labels"], 1, LABELS_STRIDE, borderValue=VOID, **nearest)
    answers = cut(record["answers"].astype(np.float32), ANSWERS_STRIDE, SCORES_STRIDE, **linear)
    degrade(image, rng)
    return image, labels, answers


def degrade(image, rng):
    """Degrade an image in place as lens, sensor and codec do; four images in ten stay unchanged."""
    if rng.random() < 0.4:
        return
    if rng.random() < 0.2:
        _coarsen(image, rng.uniform(1.2, 2.5))
    gains = 1 + rng.uniform(-0.12, 0.12, 3)
    table = colour_table(*rng.uniform(-0.25, 0.25, 3), gains)
    Look(
        table=table if rng.random() < 0.8 else None,
        mix=colour_mix(rng.uniform(-0.15, 0.15), rng.uniform(0.5, 1.4)) if rng.random() < 0.5 else None,
        blur=rng.uniform(0.3, 1.6) if rng.random() < 0.25 else 0.0,
        noise=rng.uniform(2, 20) if rng.random() < 0.5 else 0.0,
        jpeg=int(rng.integers(15, 90)) if rng.random() < 0.4 else None,
        seed=int(rng.integers(2**31)),
    ).on(image, 0)
    if rng.random() < 0.12:
        _broken_rows(image, rng)


def _start(whole, part, rng):
    """Where a part of that length starts; a shorter picture is placed at random within it."""
    return rng.uniform(*sorted((0.0, whole - part)))


def _matrix(zoom, left, top, width, there, here):
    """The affine map from a pixel of the view (`here` times smaller) to one of the picture (`there` times smaller).

    Args:
        width: of the view at full size where it is turned left to right, else None.
    """
    scale = here / zoom / there
    x = (0.5 * here / zoom + left) / there - 0.5
    y = (0.5 * here / zoom + top) / there - 0.5
    if width is None:
        return np.array([[scale, 0, x], [0, scale, y]])
    return np.array([[-scale, 0, ((width - 0.5 * here) / zoom + left) / there - 0.5], [0, scale, y]])


def _shrunk(image, zoom):
    """The image at the scale of the view where that is smaller, each pixel the mean of what it covers."""
    if zoom >= 1:
        return image
    return cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)


def _coarsen(image, factor):
    height, width = image.shape[:2]
    small = cv2.resize(image, (int(width / factor), int(height / factor)), interpolation=cv2.INTER_AREA)
    image[:] = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _broken_rows(image, rng):
    """A band of rows that is shifted, dark or noise, as torn and damaged frames have."""
    height = image.shape[0]
    top = int(rng.integers(height))
    band = image[top : top + int(rng.integers(2, height // 8))]
    kind = rng.integers(3)
    if kind == 0:
        band[:] = np.roll(band, int(rng.integers(-40, 40)), axis=1)
    elif kind == 1:
        band[:] = band // 3
    else:
        band[:] = rng.integers(0, 256, band.shape, np.uint8)
