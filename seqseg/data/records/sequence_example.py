"""`tf.train.SequenceExample` in protobuf's wire format, without TensorFlow.

    SequenceExample {Features context = 1; FeatureLists feature_lists = 2}
    Features {map<string, Feature> feature = 1}      FeatureLists {map<string, FeatureList> feature_list = 1}
    FeatureList {repeated Feature feature = 1}
    Feature {BytesList bytes_list = 1 | FloatList float_list = 2 | Int64List int64_list = 3}, each {repeated value = 1}

A message is a list of consecutive pieces of bytes, so that large ones are not copied and can be found again.
"""

from collections.abc import Mapping, Sequence

import numpy as np

Pieces = list[bytes]
Value = Sequence[bytes] | Sequence[str] | Sequence[int] | np.ndarray


class Payload(bytes):
    """The bytes of one image or label; the same object is among the pieces of `sequence_example`."""


def sequence_example(context: Mapping[str, Value], lists: Mapping[str, Sequence[Value]]) -> Pieces:
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


def _feature(value: Value) -> Pieces:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return _field(2, _field(1, [value.astype("<f4").tobytes()]))
    texts: list[bytes] = []
    numbers: list[int] = []
    for item in value:
        if isinstance(item, str):
            texts.append(item.encode())
        elif isinstance(item, bytes):
            texts.append(item)
        else:
            numbers.append(int(item))
    if numbers or isinstance(value, np.ndarray):
        return _field(3, _field(1, [b"".join(_varint(number % 2**64) for number in numbers)]))
    return _field(1, [piece for text in texts for piece in _field(1, [text])])


def _entry(name: str, value: Pieces) -> Pieces:
    return _field(1, _field(1, [name.encode()]) + _field(2, value))


def _field(number: int, pieces: Pieces) -> Pieces:
    """A length-delimited field: its header, then the pieces."""
    return [bytes([number << 3 | 2]) + _varint(sum(map(len, pieces))), *pieces]


def _varint(number: int) -> bytes:
    coded = bytearray()
    while number > 0x7F:
        coded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*coded, number])
