"""The table `[purge]` of the settings: a cache in front of the site, purged after changes."""

import re
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from feedsvc.config.push import require_package
from feedsvc.config.tables import Rule, Table, quoted
from feedsvc.model import MAX_BASE, excess

_NAME = re.compile(r"[0-9A-Za-z_-]{1,64}")
_TOKEN = re.compile(r"[!-~]{1,500}")
_SERVER = re.compile(r"https?://(?:[0-9A-Za-z._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/?")
_YEAR = 31_536_000  # seconds
_NEEDED = {
    "fastly": ("service", "token"),
    "cloudflare": ("zone", "token"),
    "varnish": ("servers",),
}

Cache = Annotated[str, Rule.matching(f"one of {', '.join(_NEEDED)}", lambda text: text in _NEEDED)]
Name = Annotated[
    str,
    Rule.matching("the id that the CDN shows", lambda text: bool(_NAME.fullmatch(text))),
]


def _token(token: str) -> str:
    if not _TOKEN.fullmatch(token):  # not quoted, as it is secret
        raise ValueError("has a character that no API token has; copy it again")
    return token


Token = Annotated[str, Rule("the text of an API token", _token, secret=True)]


def _servers(servers: tuple[str, ...]) -> tuple[str, ...]:
    for each in servers:
        try:
            is_server = bool(_SERVER.fullmatch(each)) and urlsplit(each).port != 0
        except ValueError:
            is_server = False
        if not is_server:
            raise ValueError(
                f"has {quoted(each)}, which is not the address of a server; write one like "
                '"http://10.0.0.5:6081"'
            )
        if over := excess(each, MAX_BASE - len("purge:varnish:")):
            raise ValueError(f"has {quoted(each)}, which {over}; shorten it")
    return tuple(dict.fromkeys(each.rstrip("/") for each in servers))


Servers = Annotated[
    tuple[str, ...], Rule('a list of addresses, like ["http://10.0.0.5:6081"]', _servers)
]


class PurgeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The cache to purge.

    cache: its kind, a key of `_NEEDED`. service, zone: its id at Fastly and at Cloudflare. token:
    for the API. servers: the addresses of Varnish servers. max_age: seconds for which it may keep
    a response that is not purged. pause: the minimum of seconds between two purges.
    """

    cache: Cache
    service: Name = ""
    zone: Name = ""
    token: Token = ""
    servers: Servers = ()
    max_age: Annotated[int, msgspec.Meta(ge=60, le=_YEAR)] = _YEAR
    pause: Annotated[int, msgspec.Meta(ge=0, le=3600)] | None = None


def read(table: Table) -> PurgeSettings | None:
    """Return the settings of the cache; None if the table is empty. Raises SettingsError."""
    if not table.values:
        return None
    settings = table.to(PurgeSettings)
    require_package(table, "cache")
    needed = _NEEDED[settings.cache]
    for key in needed:
        if not getattr(settings, key):
            table.fail("cache", f'the cache "{settings.cache}" needs the key {key}; add it')
    for key in {each for some in _NEEDED.values() for each in some} - {*needed}:
        if key in table.values:
            table.fail(key, f'the cache "{settings.cache}" has no key {key}; remove it')
    return settings
