"""The table `[serve]` of the settings, which only the server needs and no reader sees."""

import ipaddress
import re
from typing import Annotated

import msgspec

from feedsvc.config.tables import Rule, shown

_RATE = re.compile(r"([1-9][0-9]{0,5}) ?/ ?(minute|hour|day)")
_STORAGE = re.compile(r"memory://|rediss?://\S.*")


def _networks(written: tuple[str, ...]) -> tuple[str, ...]:
    for each in written:
        try:
            ipaddress.ip_network(each)
        except ValueError:
            raise ValueError(
                f'has {shown(each)}, which is not an address; write one like "127.0.0.1" or a '
                'network like "10.0.0.0/8"'
            ) from None
    return written


Networks = Annotated[tuple[str, ...], Rule('a list of texts, like ["127.0.0.1"]', _networks)]
Rate = Rule.of('a rate like "6/hour"', lambda text: not text or bool(_RATE.fullmatch(text)))
Storage = Rule.of(
    '"memory://" or a URL like "redis://host"',
    lambda text: bool(_STORAGE.fullmatch(text)),
    secret=True,
)


class ServeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to serve.

    trusted_proxies: addresses and networks whose X-Forwarded-For counts. full_polls: how often a
    client may fetch a feed in full that has not changed, like `6/hour`; '' for no limit.
    limit_storage: where that is counted, a URL. metrics_from: addresses and networks that may read
    /metrics.
    """

    trusted_proxies: Networks = ()
    full_polls: Annotated[str, Rate] = ""
    limit_storage: Annotated[str, Storage] = "memory://"
    metrics_from: Networks = ("127.0.0.0/8", "::1/128")
