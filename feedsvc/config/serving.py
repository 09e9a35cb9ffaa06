"""The table `[serve]` of the settings, which only the server uses."""

import ipaddress
import re
from typing import Annotated

import msgspec

from feedsvc.config.tables import Rule, quoted

_RATE = re.compile(r"([1-9][0-9]{0,5}) ?/ ?(minute|hour|day)")
_STORAGE = re.compile(r"memory://|rediss?://\S.*")


def _networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    for each in networks:
        try:
            ipaddress.ip_network(each)
        except ValueError:
            raise ValueError(
                f'has {quoted(each)}, which is not an address; write one like "127.0.0.1" or a '
                'network like "10.0.0.0/8"'
            ) from None
    return networks


Networks = Annotated[tuple[str, ...], Rule('a list of texts, like ["127.0.0.1"]', _networks)]
Rate = Rule.matching('a rate like "6/hour"', lambda text: not text or bool(_RATE.fullmatch(text)))
Storage = Rule.matching(
    '"memory://" or a URL like "redis://host"',
    lambda text: bool(_STORAGE.fullmatch(text)),
    secret=True,
)


class ServeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of the server.

    trusted_proxies: addresses and networks whose X-Forwarded-For is trusted. full_polls: how often
    a client may fetch an unchanged feed in full, like `6/hour`; '' for no limit. limit_storage: the
    URL of the counters. metrics_from: addresses and networks that may read /metrics.
    """

    trusted_proxies: Networks = ()
    full_polls: Annotated[str, Rate] = ""
    limit_storage: Annotated[str, Storage] = "memory://"
    metrics_from: Networks = ("127.0.0.0/8", "::1/128")
