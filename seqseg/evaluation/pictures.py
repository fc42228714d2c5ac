"""Pictures of what a model sees, as PNG files, with nothing but numpy and the standard library."""

import struct
import zlib

import numpy as np

from seqseg.data.labels.planes import NOTHING, striped


def overlay(image, labels, palette, *, alpha=0.5, void=255):
    """Colours of the classes over an image: uint8 (h, w, 3), labels (h, w), palette (classes, 3) -> uint8 (h, w, 3).

    Void pixels show the image, darkened. Where a pixel may show several classes, labels are planes (h, w, classes):
    those that are there stand in stripes, and where none is there the image is as it was.
    """
    if labels.ndim == 3:
        labels = striped(labels)
        nothing = labels == NOTHING
        return np.where(nothing[..., None], image, overlay(image, labels, palette, alpha=alpha, void=void))
    colours = np.zeros((256, 3), "float32")
    colours[: len(palette)] = palette
    colours[void] = 0
    mixed = (1 - alpha) * image + alpha * colours[labels]
    return np.rint(mixed).astype("uint8")


def sample_sheet(samples, palette, *, void=255, widest=320):
    """One row a sample: image | labels | prediction, uint8 (h, w, 3).

    Args:
        samples: list of (image (h, w, 3), labels (h, w), prediction (h, w)), or planes (h, w, classes) for both.
        palette: (classes, 3).
        widest: pictures wider than this are thinned out by a whole factor.
    """
    rows = []
    for image, labels, prediction in samples:
        step = -(-image.shape[1] // widest)
        image, labels, prediction = (picture[::step, ::step] for picture in (image, labels, prediction))
        layers = [overlay(image, classes, palette, void=void) for classes in (labels, prediction)]
        rows.append(np.concatenate([image, *layers], axis=1))
    return _stacked(rows)


def _stacked(rows):
    width = max(row.shape[1] for row in rows)
    return np.concatenate([np.pad(row, ((0, 2), (0, width - row.shape[1]), (0, 0))) for row in rows])


def frame_sheet(samples, palette=None, *, void=255, widest=320):
    """One row a sample of pictures (h, w, 3) beside each other, uint8 (h, w, 3); the arguments are `sample_sheet`'s."""
    rows = []
    for pictures in samples:
        step = -(-pictures[0].shape[1] // widest)
        rows.append(np.concatenate([picture[::step, ::step] for picture in pictures], axis=1))
    return _stacked(rows)


def encode_png(image):
    """The bytes of a PNG file of an image, uint8 (h, w, 3)."""
    height, width, _ = image.shape
    lines = np.zeros((height, 1 + 3 * width), "uint8")  # each line begins with its filter: 0, none
    lines[:, 1:] = image.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
