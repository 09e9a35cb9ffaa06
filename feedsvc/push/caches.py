"""The requests that purge the caches in front of a site: Fastly, Cloudflare, Varnish (scale 3)."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from feedsvc.config.purge import PurgeSettings

_FASTLY = "https://api.fastly.com"
_CLOUDFLARE = "https://api.cloudflare.com/client/v4"
_KEYS_OF_FASTLY = 256  # in one request
_KEYS_OF_CLOUDFLARE = 100  # in one request
_PAUSE_OF_CLOUDFLARE = 12  # seconds, as its free plan allows five requests a minute
# Varnish accepts 8,192 bytes in one line of a request by default (http_req_hdr_len).
_BYTES_OF_VARNISH = 4_000
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}

Headers = dict[str, str]


class Call(NamedTuple):
    """A request that purges some keys from a cache."""

    method: str
    url: str
    headers: Headers
    body: bytes = b""


class Cache(NamedTuple):
    """A cache to purge. name: of its row in the catalog. pause: seconds between two purges.

    is_local: whether its address may be private. calls: returns the requests that purge some keys.
    """

    name: str
    pause: int
    is_local: bool
    calls: Callable[[Sequence[str]], list[Call]]


def caches(settings: PurgeSettings | None) -> list[Cache]:
    """Return the caches in the settings: one, or one for each Varnish server."""
    if settings is None:
        return []
    pause = settings.pause or 0
    if settings.cache == "fastly":
        return [Cache("purge:fastly", pause, False, partial(_fastly, settings))]
    if settings.cache == "cloudflare":
        pause = _PAUSE_OF_CLOUDFLARE if settings.pause is None else settings.pause
        return [Cache("purge:cloudflare", pause, False, partial(_cloudflare, settings))]
    return [
        Cache(f"purge:varnish:{server}", pause, True, partial(_varnish, server))
        for server in settings.servers
    ]


def _fastly(settings: PurgeSettings, keys: Sequence[str]) -> list[Call]:
    """Return soft purges: Fastly may serve stale responses if the site cannot be reached."""
    url = f"{_FASTLY}/service/{settings.service}/purge"
    headers = {**_JSON, "Fastly-Key": settings.token, "Fastly-Soft-Purge": "1"}
    return [
        Call("POST", url, headers, msgspec.json.encode({"surrogate_keys": some}))
        for some in _batches(keys, _KEYS_OF_FASTLY)
    ]


def _cloudflare(settings: PurgeSettings, keys: Sequence[str]) -> list[Call]:
    url = f"{_CLOUDFLARE}/zones/{settings.zone}/purge_cache"
    headers = {**_JSON, "Authorization": f"Bearer {settings.token}"}
    return [
        Call("POST", url, headers, msgspec.json.encode({"tags": some}))
        for some in _batches(keys, _KEYS_OF_CLOUDFLARE)
    ]


def _varnish(server: str, keys: Sequence[str]) -> list[Call]:
    """Return requests for the VCL in docs/caching.md."""
    count = max(1, _BYTES_OF_VARNISH // (1 + max(map(len, keys))))
    return [
        Call("PURGE", f"{server}/", {"xkey-purge": " ".join(some)})
        for some in _batches(keys, count)
    ]


def _batches(keys: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))
