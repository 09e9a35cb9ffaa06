"""The table `[push]` of the settings: hubs that tell subscribers about new documents (WebSub).

The site's own hub and cache purges need the package `feedsvc.push`.
"""

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from feedsvc import plugins, syntax
from feedsvc.config.serving import Networks
from feedsvc.config.tables import Rule, Table, quoted
from feedsvc.model import MAX_BASE, excess

OWN = "own"
SERVICES = "feedsvc.services"  # a group of entry points; see feedsvc.serve.services
_SHORTEST_KEY = 32
# Names that no public server has (RFC 2606, RFC 6761, RFC 6762, ICANN's `internal`).
_RESERVED = re.compile(
    r"(.+\.)?(example(\.(com|net|org))?|test|invalid|localhost|local|internal|home\.arpa)"
)


# In ASCII and without a fragment, as header fields contain it.
_HUB = re.compile(r"""https?://[!%&'()*+,./0-9:;=?@A-Z_a-z~\[\]-]+""")


def _is_hub(url: str) -> bool:
    return bool(_HUB.fullmatch(url)) and syntax.is_url(url) and "@" not in urlsplit(url).netloc


def _hubs(value: bool | str | tuple[str, ...]) -> bool | tuple[str, ...]:
    if isinstance(value, bool):
        if value:
            raise ValueError
        return value
    hubs = (value,) if isinstance(value, str) else value
    for each in hubs:
        if each == OWN:
            continue
        if not _is_hub(each):
            raise ValueError(f'has {quoted(each)}, which is neither "own" nor the URL of a hub')
        if over := excess(each, MAX_BASE):
            raise ValueError(f"has {quoted(each)}, which {over}; shorten it")
    return tuple(dict.fromkeys(hubs))


Hubs = Annotated[
    bool | str | tuple[str, ...] | None,
    Rule('"own", the URL of a hub, a list of those, or false', _hubs),
]


def _key(text: str) -> str:
    if text and len(text) < _SHORTEST_KEY:
        raise ValueError(
            f"is too short; write a random text of at least {_SHORTEST_KEY} characters"
        )
    return text


Key = Annotated[
    str, Rule(f"a random text of at least {_SHORTEST_KEY} characters", _key, secret=True)
]

SIGNATURES = ("sha1", "sha256", "sha384", "sha512")  # WebSub 8
Signature = Annotated[
    str, Rule.matching(f"one of {', '.join(SIGNATURES)}", lambda text: text in SIGNATURES)
]


class PushSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of push.

    hub: "own" and URLs of other hubs; None for the default, see `Settings.serves_hub`.
    allow_networks: private addresses and networks that subscribers and hubs may have. key: encrypts
    the secrets of subscribers; '' to use a file, see push/store/sealing.py. signature: the hash
    function for the signatures of deliveries.
    """

    hub: Hubs = None
    allow_networks: Networks = ()
    key: Key = ""
    signature: Signature = "sha256"

    @property
    def own(self) -> bool | None:
        """Whether the site has a hub of its own; None if the settings do not say."""
        return None if self.hub is None else OWN in (self.hub or ())  # type: ignore[operator]

    @property
    def external(self) -> tuple[str, ...]:
        """The URLs of other hubs."""
        hubs = self.hub if isinstance(self.hub, tuple) else ()
        return tuple(each for each in hubs if each != OWN)


def read(table: Table) -> PushSettings:
    """Return the settings of push. Raises SettingsError."""
    settings = table.to(PushSettings)
    if settings.own:
        require_package(table, "hub")
    return settings


def require_package(table: Table, key: str) -> None:
    """Refuse a setting that has no effect without the package. Raises SettingsError."""
    if not is_installed():
        table.fail(
            key,
            f"{key} needs the package feedsvc.push, which is not installed; install feedsvc again, "
            "or remove this setting",
        )


def is_installed() -> bool:
    """Return whether the package is installed."""
    return "push" in plugins.names(SERVICES)


def is_public(base_url: str) -> bool:
    """Return whether a base URL has the scheme https and a host that others may reach."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").rstrip(".")
    try:
        return parts.scheme == "https" and ipaddress.ip_address(host).is_global
    except ValueError:
        return parts.scheme == "https" and "." in host and not _RESERVED.fullmatch(host)
