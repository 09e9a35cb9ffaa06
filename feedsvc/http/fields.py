"""Parses header fields (RFC 9110, RFC 3229, RFC 8288).

No function raises: a field that violates its grammar is treated as empty.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

_MAX_LENGTH = 8_192  # characters; longer fields are ignored, as only attackers send them
_MAX_CACHED_LENGTH = 100

_TAG = re.compile(r'[ \t]*(?:(?:W/)?("[\x21\x23-\x7e\x80-\xff]*"))?[ \t]*(?:,|$)')
_MEMBER = re.compile(r"([!#$%&'*+.^_`|~0-9a-z-]+)[ \t]*(?:;[ \t]*q=([01](?:\.[0-9]{0,3})?)[ \t]*)?")
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_LINK = re.compile(rf'<([^<>]*)>((?:[^"<,]|{_QUOTED})*)')
_PARAMETER = re.compile(rf';\s*([\w*-]+)(?:\s*=\s*({_QUOTED}|[^";,\s]*))?', re.ASCII)

ANY = frozenset({"*"})
IDENTITY = "identity"


def entity_tags(field: str) -> frozenset[str]:
    """Return the opaque tags of If-None-Match with quotes, ANY for `*` (RFC 9110 13.1.2).

    Weakness is dropped, since If-None-Match uses weak comparison. A malformed field has no tags.
    """
    if len(field) > _MAX_LENGTH:
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
    """Return the content codings that Accept-Encoding allows, best first (RFC 9110 12.5.3).

    codings: those on offer besides `identity`, in the server's order of preference. Without the
    field only identity is returned; () if none on offer is acceptable.
    """
    if field is None or len(field) > _MAX_LENGTH:
        return (IDENTITY,)
    # Most clients send one of a few values; unusual ones are not worth caching.
    return (_cached if len(field) <= _MAX_CACHED_LENGTH else _acceptable)(field, codings)


def _acceptable(field: str, codings: tuple[str, ...]) -> tuple[str, ...]:
    weights = dict(_weighted(field))
    if "x-gzip" in weights:
        weights.setdefault("gzip", weights["x-gzip"])
    others = weights.get("*")
    if others is None:
        weights.setdefault(IDENTITY, 0.001)
    offered = [(coding, weights.get(coding, others or 0.0)) for coding in (*codings, IDENTITY)]
    offered.sort(key=lambda each: -each[1])
    return tuple(coding for coding, weight in offered if weight > 0)


_cached = lru_cache(maxsize=512)(_acceptable)


def manipulations(field: str) -> frozenset[str]:
    """Return the instance manipulations that A-IM allows (RFC 3229 10.5.3)."""
    return frozenset(name for name, weight in _weighted(field) if weight > 0)


def links(field: str) -> list[tuple[str, str]]:
    """Return the links of a Link field as (relation in lower case, target as written)."""
    found = []
    for target, written in _LINK.findall(field[:_MAX_LENGTH]):
        # Only the first `rel` of a link counts (RFC 8288 3.3).
        parameters = {name.lower(): value for name, value in _PARAMETER.findall(written)[::-1]}
        relations = parameters.get("rel", "").strip('"').lower().split()
        found += [(relation, target.strip()) for relation in relations]
    return found


def _weighted(field: str) -> Iterator[tuple[str, float]]:
    """Yield the members of a list in lower case, with their weights; skip malformed members."""
    if len(field) > _MAX_LENGTH:
        return
    for member in field.lower().split(","):
        match = _MEMBER.fullmatch(member.strip(" \t"))
        if match:
            yield match[1], min(float(match[2] or 1), 1.0)
