"""The wire format, against bytes worked out by hand from protobuf's encoding guide."""

import numpy as np

from seqseg.data.records.sequence_example import Payload, sequence_example


def test_a_message_is_encoded_as_protobuf_does():
    context = b"\x0a\x0a\x0a\x01n\x12\x05\x1a\x03\x0a\x01\x05"  # map entry "n" -> Feature{int64_list [5]}
    lists = b"\x0a\x0b\x0a\x01x\x12\x06\x0a\x04\x0a\x02\x0a\x00"  # "x" -> FeatureList[Feature{bytes_list [""]}]
    expected = b"\x0a\x0c" + context + b"\x12\x0d" + lists
    assert b"".join(sequence_example({"n": [5]}, {"x": [[b""]]})) == expected


def test_numbers_below_zero_and_large_ones_take_several_bytes():
    message = b"".join(sequence_example({"n": [-1, 300]}, {}))
    assert b"\xff" * 9 + b"\x01" + b"\xac\x02" in message


def test_an_array_of_nothing_keeps_its_type():
    assert b"\x1a\x02\x0a\x00" in b"".join(sequence_example({}, {"x": [np.array([], np.int64)]}))


def test_a_payload_is_among_the_pieces_as_it_was():
    payload = Payload(b"picture")
    assert any(piece is payload for piece in sequence_example({}, {"x": [[payload]]}))
