"""Reads the header fields of requests by their grammar (RFC 9110, RFC 3229); decides nothing.

Every function is total: a field that is not of its grammar says nothing, and raises nothing.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

# A field longer than this says nothing: a client has no use for more, an attacker has.
_LONGEST = 8_192  # characters
_USUAL = 100

_TAG = re.compile(r'[ \t]*(?:(?:W/)?("[\x21\x23-\x7e\x80-\xff]*"))?[ \t]*(?:,|$)')
_MEMBER = re.compile(r"([!#$%&'*+.^_`|~0-9a-z-]+)[ \t]*(?:;[ \t]*q=([01](?:\.[0-9]{0,3})?)[ \t]*)?")

ANY = frozenset({"*"})
IDENTITY = "identity"


def entity_tags(field: str) -> frozenset[str]:
    """Return the opaque tags of If-None-Match in their quotes, ANY for `*` (RFC 9110 13.1.2).

    The weakness of a tag is left out: the comparison there is the weak one. A field with anything
    else in it has no tags.
    """
    if len(field) > _LONGEST:
        return frozenset()
    if field.strip(" \t") == "*":
        return ANY
    tags = set()
    position = 0
    while position < len(field):
        match = _TAG.match(field, position)
        if not match or match.end() == position:
            return frozenset()
        tags.add(match[1])
        position = match.end()
    return frozenset(tag for tag in tags if tag)


def acceptable(field: str | None, codings: tuple[str, ...]) -> tuple[str, ...]:
    """Return which content codings Accept-Encoding admits, the best first (RFC 9110 12.5.3).

    codings: those on offer, the server's favourite first; `identity` is one more that always is.
    Without the field nothing is asked for but identity. () if nothing on offer is admitted.
    """
    if field is None or len(field) > _LONGEST:
        return (IDENTITY,)
    # Most clients send one of a few fields; odd ones are not worth the memory.
    return (_remembered if len(field) <= _USUAL else _acceptable)(field, codings)


def _acceptable(field: str, codings: tuple[str, ...]) -> tuple[str, ...]:
    weights = dict(_weighted(field))
    if "x-gzip" in weights:
        weights.setdefault("gzip", weights["x-gzip"])
    others = weights.get("*")
    found = []
    for rank, coding in enumerate((*codings, IDENTITY)):
        unnamed = 0.001 if coding == IDENTITY and others is None else others or 0.0
        weight = weights.get(coding, unnamed)
        if weight > 0:
            found.append((-weight, rank, coding))
    return tuple(coding for _, _, coding in sorted(found))


_remembered = lru_cache(maxsize=512)(_acceptable)


def manipulations(field: str) -> frozenset[str]:
    """Return which instance manipulations A-IM admits (RFC 3229 10.5.3)."""
    return frozenset(name for name, weight in _weighted(field) if weight > 0)


def _weighted(field: str) -> Iterator[tuple[str, float]]:
    """Yield the members of a list with their weights, in lower case; skip what is not one."""
    if len(field) > _LONGEST:
        return
    for member in field.lower().split(","):
        match = _MEMBER.fullmatch(member.strip(" \t"))
        if match:
            yield match[1], min(float(match[2] or 1), 1.0)
