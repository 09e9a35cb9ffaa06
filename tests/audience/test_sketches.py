"""Sketches of readers: statistics 7."""

import random

from hypothesis import given
from hypothesis import strategies as st

from feedsvc.audience import sketches

HASHES = st.sets(st.integers(0, 2**32 - 1), max_size=60)


def many(count: int, seed: int = 1) -> list[int]:
    return random.Random(seed).sample(range(2**32), count)


@given(HASHES, HASHES)
def test_small_sketches_are_exact_and_can_be_merged(one: set[int], other: set[int]) -> None:
    both = sketches.add(sketches.add(b"", one), other)
    assert sketches.estimate(both) == len(one | other)
    assert both == sketches.add(sketches.add(b"", other), one)


def test_large_sketches_are_accurate_within_two_percent() -> None:
    for count in (4_097, 40_000, 300_000):
        estimate = sketches.estimate(sketches.add(b"", many(count)))
        assert abs(estimate - count) < 0.02 * count


def test_adding_to_large_sketches_is_idempotent_and_commutative() -> None:
    hashes = many(20_000)
    whole = sketches.add(b"", hashes)
    assert sketches.add(whole, hashes[:50]) == whole
    assert sketches.add(sketches.add(b"", hashes[9_000:]), hashes[:9_000]) == whole
    assert len(whole) < 20_000


def test_readers_are_distinguished_by_address_family_and_feed_under_a_salt() -> None:
    """Statistics 7, 12."""
    reader = ("192.0.2.1", "Reeder", "all")
    others = [
        ("192.0.2.2", "Reeder", "all"),
        ("192.0.2.1", "Unread", "all"),
        (*reader[:2], "tag/x"),
    ]
    salts = b"s" * 32, b"t" * 32
    hashes = {sketches.reader_hash(salt, *each) for each in (reader, *others) for salt in salts}
    assert len(hashes) == 8
    assert sketches.reader_hash(salts[0], *reader) == sketches.reader_hash(salts[0], *reader)
