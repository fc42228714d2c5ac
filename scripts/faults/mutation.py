"""Damage to bytes, and to the values of json, the same for the same seed."""

import copy
import json
import random
from typing import Any

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


VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1, 254, 256, 2**31, 2**63, 10**30, -(10**400), 0.5, -0.0, 1e308, float("nan"), float("inf"), "",
    "0", "-1", "1e999", "a", "../../etc/passwd", "/", "\x00", "\x1b[31m", "\ud800", "é" * 300, [], {}, [[]], [None],
    {"a": None}, [1] * 2000, "x" * 100_000,
)  # fmt: skip


def mutated(data: bytes, seed: int) -> bytes:
    """The data with one to eight damages: bits, numbers, words, cuts, copies, swaps, and sometimes a cut end.

    Of json, or lines of it, every second one stays json: its values, keys and order are damaged instead.
    """
    chance = random.Random(seed)
    if data[:1] in (b"{", b"[") and chance.random() < 0.5:
        lines = data.split(b"\n")
        place = chance.randrange(len(lines)) if lines[-1] == b"" and lines[0][-1:] == b"}" else None
        damaged = json.dumps(_with_values(json.loads((data if place is None else lines[place]) or b"0"), chance))
        if place is None:
            return damaged.encode()
        lines[place] = damaged.encode()
        return b"\n".join(lines)
    return _with_bytes(data, chance)


def _with_values(tree: Any, chance: random.Random) -> Any:
    for _ in range(chance.choice((1, 1, 2, 4))):
        holder, key = {"tree": tree}, "tree"
        while isinstance(holder[key], dict | list) and holder[key] and chance.random() < 0.85:
            holder = holder[key]
            key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        what = chance.randrange(4)
        if what == 0 and isinstance(holder, list):
            holder *= 2
        elif what == 1 and holder is not None and key != "tree":
            del holder[key]
        elif what == 2:
            holder[key] = [holder[key]] * chance.choice((1, 2, 50))
        else:
            holder[key] = copy.deepcopy(chance.choice(VALUES))
        tree = holder[key] if key == "tree" else tree
    return tree


def _with_bytes(data: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
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
