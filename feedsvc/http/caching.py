"""Header fields for caches: how long to keep a response, and the keys by which to purge it.

If a site has a cache that is purged, each response carries the key of all responses, and that of
its content: a feed, an archive, or PAGES, which may change with every revision (scale 1, 2).
"""

from collections.abc import Mapping
from urllib.parse import quote

from feedsvc.config.purge import PurgeSettings
from feedsvc.model import FeedRef

Headers = list[tuple[str, str]]

ALL = "site"  # the key of every response
PAGES = "pages"  # of pages, lists of the whole site, redirects and errors
_REVALIDATE, _DAY = 60, 86_400  # seconds (RFC 5861)
# The header field for keys in each dialect, and the separator of the keys.
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

    max_age: seconds of freshness; None for a delta, which only caches that support deltas may store
    (RFC 3229 10.8.1). A cache may also send a stale response while it revalidates, and for a day if
    that fails (RFC 5861). left: seconds until the next release or expiry, after which the response
    is neither fresh nor sent while it is revalidated. is_current: False if the response may be
    older than the last purge, so that `cache` must keep it no longer than other caches.
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
    """Return how many seconds before a release or expiry it begins to affect `caching`."""
    return max(max_age + _REVALIDATE, cache.max_age if cache else 0)
