"""Tells this machine's own host names and addresses from others."""

import re
from ipaddress import IPv6Address, ip_address, ip_network

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
