"""Damage to bytes, the same for the same seed."""

import random

NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
WORDS = (
    b"1e999",
    b"-1",
    b"NaN",
    b"null",
    b"[" * 500,
    b"\x00",
    b"\xff\xfe",
    b"../../x",
    b"\x1b]0;x\x07",
    b'"',
    b"9" * 400,
)


def mutated(data: bytes, seed: int) -> bytes:
    """The data with one to eight damages: bits, numbers, words, cuts, copies, swaps, and sometimes a cut end."""
    chance, damaged = random.Random(seed), bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        if not damaged:
            break
        place = chance.randrange(len(damaged))
        chance.choice((_flip, _number, _word, _drop, _copy, _swap))(damaged, place, chance)
    if chance.random() < 0.15:
        del damaged[chance.randrange(len(damaged) + 1) :]
    return bytes(damaged)


def _flip(data: bytearray, place: int, chance: random.Random) -> None:
    data[place] ^= 1 << chance.randrange(8)


def _number(data: bytearray, place: int, chance: random.Random) -> None:
    width = chance.choice((1, 2, 4, 8))
    value = chance.choice(NUMBERS) & ((1 << 8 * width) - 1)
    data[place : place + width] = value.to_bytes(width, chance.choice(("big", "little")))


def _word(data: bytearray, place: int, chance: random.Random) -> None:
    data[place:place] = chance.choice(WORDS)


def _drop(data: bytearray, place: int, chance: random.Random) -> None:
    del data[place : place + chance.randrange(1, 64)]


def _copy(data: bytearray, place: int, chance: random.Random) -> None:
    begin = chance.randrange(len(data))
    data[place:place] = data[begin : begin + chance.randrange(1, 256)]


def _swap(data: bytearray, place: int, chance: random.Random) -> None:
    begin, length = chance.randrange(len(data)), chance.randrange(1, 64)
    data[place : place + length], data[begin : begin + length] = (
        data[begin : begin + length],
        data[place : place + length],
    )
