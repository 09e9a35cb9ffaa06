"""Sketches of sets of readers: exact up to 4,096, HyperLogLog with 32,768 registers beyond.

Readers go into a sketch as 32-bit keyed hashes. Sketches with the same key can be merged; the
standard error of a large one is 1.04 / sqrt(32768), 0.57 %. The estimator is from Otmar Ertl, "New
cardinality estimation algorithms for HyperLogLog sketches" (2017), and needs no tables.
"""

import math
from array import array
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b

import zstandard

_EXACT = 4096  # hashes that are stored exactly, in as many bytes as packed registers
_BITS = 15  # of a hash, which select a register
_SIZE = 1 << _BITS
_MASK = _SIZE - 1
_REST = 32 - _BITS
_LIST, _REGISTERS = b"L", b"R"  # the first byte of a sketch


def reader_hash(salt: bytes, address: str, family: str, feed: str) -> int:
    """Return the hash of a reader under the salt of a day."""
    text = f"{address}\0{family}\0{feed}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=4, key=salt).digest(), "little")


def add(sketch: bytes, hashes: Iterable[int]) -> bytes:
    """Return a sketch with more hashes. sketch: b'' for none."""
    if not sketch.startswith(_REGISTERS):
        exact = {*hashes, *array("I", sketch[1:])}
        if len(exact) <= _EXACT:
            return _LIST + array("I", sorted(exact)).tobytes()
        hashes = exact
    registers = _unpack(sketch)
    for each in hashes:
        rank = _REST + 1 - (each >> _BITS).bit_length()
        if rank > registers[each & _MASK]:
            registers[each & _MASK] = rank
    return _REGISTERS + zstandard.compress(bytes(registers))


def estimate(sketch: bytes) -> int:
    """Return the number of distinct hashes in a sketch."""
    if not sketch.startswith(_REGISTERS):
        return len(sketch) // 4
    counts = Counter(_unpack(sketch))
    total = _SIZE * _tau(1 - counts[_REST + 1] / _SIZE)
    for rank in range(_REST, 0, -1):
        total = 0.5 * (total + counts[rank])
    total += _SIZE * _sigma(counts[0] / _SIZE)
    return round(_SIZE * _SIZE / (2 * math.log(2) * total))


def _unpack(sketch: bytes) -> bytearray:
    if not sketch.startswith(_REGISTERS):
        return bytearray(_SIZE)
    return bytearray(zstandard.decompress(sketch[1:], max_output_size=_SIZE))


def _sigma(x: float) -> float:
    if x == 1:
        return math.inf
    y, total, before = 1.0, x, -1.0
    while total != before:
        x *= x
        before = total
        total += x * y
        y += y
    return total


def _tau(x: float) -> float:
    if x in (0, 1):
        return 0.0
    y, total, before = 1.0, 1 - x, -1.0
    while total != before:
        x = math.sqrt(x)
        before = total
        y *= 0.5
        total -= (1 - x) ** 2 * y
    return total / 3
