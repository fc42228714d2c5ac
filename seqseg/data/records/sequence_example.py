"""`tf.train.SequenceExample` written by hand: protobuf's wire format needs no TensorFlow.

    SequenceExample {Features context = 1; FeatureLists feature_lists = 2}
    Features {map<string, Feature> feature = 1}      FeatureLists {map<string, FeatureList> feature_list = 1}
    FeatureList {repeated Feature feature = 1}
    Feature {BytesList bytes_list = 1 | FloatList float_list = 2 | Int64List int64_list = 3}, each {repeated value = 1}

A message is a list of pieces whose bytes follow each other, so that the large ones among them stay what they are and
can be found again.
"""

from collections.abc import Mapping, Sequence

import numpy as np

Pieces = list[bytes]


class Payload(bytes):
    """The bytes of one image or label; `sequence_example` gives the very object back among its pieces."""


def sequence_example(context: Mapping[str, Sequence], lists: Mapping[str, Sequence[Sequence]]) -> Pieces:
    """The pieces of a message, from a value of `context` and, for each step, one of each list.

    A value is a list of bytes or str or of int (64 bits), or an array of float32 or of integers, which may be empty.

    Example:
        >>> b"".join(sequence_example({"frames": [2]}, {"time": [[0], [1]]}))
    """
    features = [piece for name, value in context.items() for piece in _entry(name, _feature(value))]
    feature_lists = [
        piece
        for name, values in lists.items()
        for piece in _entry(name, [part for value in values for part in _field(1, _feature(value))])
    ]
    return _field(1, features) + _field(2, feature_lists)


def _feature(value: Sequence) -> Pieces:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return _field(2, _field(1, [value.astype("<f4").tobytes()]))
    if isinstance(value, np.ndarray) or (value and isinstance(value[0], int)):
        return _field(3, _field(1, [b"".join(_varint(int(number) % 2**64) for number in value)]))
    texts = [item.encode() if isinstance(item, str) else item for item in value]
    return _field(1, [piece for text in texts for piece in _field(1, [text])])


def _entry(name: str, value: Pieces) -> Pieces:
    return _field(1, _field(1, [name.encode()]) + _field(2, value))


def _field(number: int, pieces: Pieces) -> Pieces:
    """A field that says how long it is; the pieces are those given, after their header."""
    return [bytes([number << 3 | 2]) + _varint(sum(map(len, pieces))), *pieces]


def _varint(number: int) -> bytes:
    coded = bytearray()
    while number > 0x7F:
        coded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*coded, number])
