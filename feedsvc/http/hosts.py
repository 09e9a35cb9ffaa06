"""This machine's own host names and addresses, and the addresses of clients behind proxies."""

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_LOOPBACK = ip_network("127.0.0.0/8"), IPv6Address("::1")
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:]+)\]|([^\[\]:]+))(?::[0-9]*)?")


def is_loopback(host: str) -> bool:
    """Return whether a host is a loopback name or address: localhost, 127.0.0.0/8, ::1."""
    if host.lower() == "localhost":
        return True
    network, address = _LOOPBACK
    try:
        found = ip_address(host)
    except ValueError:
        return False
    return found in network or found == address


def names_loopback(field: str) -> bool:
    """Return whether a Host header (RFC 9110 7.2) names a loopback host."""
    match = _HOST.fullmatch(field)
    return match is not None and is_loopback(match[1] or match[2])


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Parse the networks in a setting."""
    return tuple(map(ip_network, texts))


def client_address(environ: Mapping[str, Any], proxies: Sequence[Network]) -> str:
    """Return the client's address: the last in X-Forwarded-For that is not a trusted proxy's.

    The field is read from its end, since an untrusted client may have written the beginning.
    """
    address = str(environ.get("REMOTE_ADDR", ""))
    forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    while is_within(address, proxies) and forwarded:
        previous = forwarded.pop().strip()
        if _parse(previous) is None:
            break
        address = previous
    return address


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Return whether an address belongs to one of the networks."""
    parsed = _parse(address)
    if parsed is None:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any((mapped or parsed) in network for network in networks)


def _parse(address: str) -> Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None
