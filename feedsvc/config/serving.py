"""The table `[serve]` of the settings: what only those who serve need, and no reader ever sees."""

import ipaddress
import re
from dataclasses import dataclass

from feedsvc.config.tables import Table, shown

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LOOPBACK = ("127.0.0.0/8", "::1/128")
_RATE = re.compile(r"([1-9][0-9]{0,5}) ?/ ?(minute|hour|day)")


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How to serve.

    trusted_proxies: whose X-Forwarded-For counts. full_polls: how often a client may fetch a feed
    that has not changed in full, like `6/hour`; '' for any number of times. limit_storage: where
    that is counted, a URL. metrics_from: who may read /metrics.
    """

    trusted_proxies: tuple[Network, ...] = ()
    full_polls: str = ""
    limit_storage: str = "memory://"
    metrics_from: tuple[Network, ...] = tuple(map(ipaddress.ip_network, _LOOPBACK))


def read(table: Table) -> ServeSettings:
    """Read the table. Raises SettingsError."""
    table.refuse_unknown(set(ServeSettings.__dataclass_fields__))
    rate = table.text("full_polls", "")
    if rate and not _RATE.fullmatch(rate):
        table.fail("full_polls", f'full_polls {shown(rate)} is no rate; write one like "6/hour"')
    storage = table.text("limit_storage", "memory://")
    if storage != "memory://" and not re.match(r"rediss?://\S", storage):
        kind = shown(storage.partition(":")[0])  # the rest may hold a password
        table.fail(
            "limit_storage",
            f'limit_storage {kind} is of no kind known here; write "memory://" or "redis://host"',
        )
    return ServeSettings(
        trusted_proxies=_networks(table, "trusted_proxies", ()),
        full_polls=rate,
        limit_storage=storage,
        metrics_from=_networks(table, "metrics_from", _LOOPBACK),
    )


def _networks(table: Table, key: str, default: tuple[str, ...]) -> tuple[Network, ...]:
    networks = []
    for written in table.texts(key, default):
        try:
            networks.append(ipaddress.ip_network(written))
        except ValueError:
            table.fail(
                key,
                f'{key}: {shown(written)} is no address; write one like "127.0.0.1" or a network '
                'like "10.0.0.0/8"',
            )
    return tuple(networks)
