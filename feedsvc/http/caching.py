"""What responses tell caches: how long they may be kept, and the keys by which they are purged.

A response of a site whose cache is purged carries the key of all responses, and the key of what it
shows: a feed, an archive, or PAGES, which may change with every revision (scale 1, 2).
"""

from collections.abc import Mapping
from urllib.parse import quote

from feedsvc.config.purge import PurgeSettings
from feedsvc.model import FeedRef

Headers = list[tuple[str, str]]

ALL = "site"  # the key of every response
PAGES = "pages"  # of pages, lists of the whole site, redirects and errors
_REVALIDATE, _DAY = 60, 86_400  # seconds (RFC 5861)
# The field for keys in each dialect, and what separates keys in it.
DIALECTS: Mapping[str, tuple[str, str]] = {
    "fastly": ("Surrogate-Key", " "),
    "cloudflare": ("Cache-Tag", ","),
    "varnish": ("xkey", " "),
}


def tag(cache: PurgeSettings, *keys: str) -> Headers:
    """Return the field with the keys of a response."""
    name, separator = DIALECTS[cache.cache]
    return [(name, separator.join((ALL, *keys)))]


def feed_key(ref: FeedRef) -> str:
    """Return the key of a feed's documents in all formats: `feed/tag/c%2B%2B`."""
    return f"feed/{quote(ref.key)}"


def archive_key(ref: FeedRef, number: int) -> str:
    """Return the key of an archive in all formats: `archive/tag/c%2B%2B/3`."""
    return f"archive/{quote(ref.key)}/{number}"


def caching(
    max_age: int | None,
    cache: PurgeSettings | None = None,
    left: int | None = None,
    is_current: bool = True,
) -> Headers:
    """Return the fields that control caches, Cache-Control first.

    max_age: seconds of freshness. A cache may also send the response while it revalidates, and for
    a day if that fails (RFC 5861). None for a delta, which only caches that support deltas may
    store (RFC 3229 10.8.1). left: seconds until the next release or expiry, from which on the
    response is neither fresh nor sent while it is revalidated. is_current: False if the response
    may be older than the last purge, which makes `cache` treat it like other caches do.
    """
    if max_age is None:
        return [("Cache-Control", "no-store, im")]
    kept = cache.max_age if cache and is_current else max_age
    revalidate = _REVALIDATE
    if left is not None:
        kept, max_age = min(kept, left), min(max_age, left)
        revalidate = min(revalidate, left - max_age)
    control = f"max-age={max_age}, stale-while-revalidate={revalidate}, stale-if-error={_DAY}"
    fields = [("Cache-Control", f"public, {control}")]
    if cache:  # RFC 9213; Edge Architecture Specification
        control = f"max-age={kept}, stale-if-error={_DAY}"
        fields += [("CDN-Cache-Control", control), ("Surrogate-Control", control)]
    return fields


def horizon(max_age: int, cache: PurgeSettings | None) -> int:
    """Return the seconds before a release or expiry from which on it affects `caching`."""
    return max(max_age + _REVALIDATE, cache.max_age if cache else 0)
