"""The URLs and IP addresses to which feedsvc sends requests for others, such as subscribers.

Only the form of a URL can be checked in advance; the address of its host is checked whenever a
connection is opened.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from feedsvc.model import MAX_URL, excess

# Matches most URLs, for which no parser is needed: a name or an IPv4 address, a port, a path.
_PLAIN = re.compile(
    r"https?://((?=[^/:?]{1,253}(?:[/:?]|$))[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::([0-9]{1,5}))?"
    r"(?:[/?][!$-;=?-\[\]_a-z{|}~]*)?"
)
_URL = re.compile(r"""[!#-;=?-\[\]_a-z{|}~]+""")  # ASCII that is safe in a request line
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
_WEB_PORTS = (80, 443)
_FIRST_FREE_PORT, _LAST_PORT = 1024, 65_535  # below, ports belong to other protocols
# Addresses that are `is_global` in some version of Python, but lead into private networks: those
# that embed an IPv4 address, deprecated ones, and one that a cloud uses for its own services.
_NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # IETF protocol assignments
            "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
            "168.63.129.16/32",  # Azure's virtual public address of the host
            "::/96",  # IPv4-compatible
            "::ffff:0:0:0/96",  # IPv4-translated (RFC 2765)
            "64:ff9b::/96",  # NAT64 (RFC 6052)
            "64:ff9b:1::/48",  # NAT64 of a local network (RFC 8215)
            "2001::/23",  # IETF protocol assignments, among them Teredo
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation (RFC 9637)
            "5f00::/16",  # segment routing (RFC 9602)
            "fec0::/10",  # site-local
        ),
    )
)


class UrlError(Exception):
    """No request is sent to a URL; the message completes a sentence that starts with its name."""


def host(url: str, most: int = MAX_URL) -> str:
    """Return the host of a URL, in lower case. Raises UrlError unless requests may be sent there.

    most: the maximum length of the URL, in bytes.
    """
    if over := excess(url, most):
        raise UrlError(over)
    if match := _PLAIN.fullmatch(url):
        _check_port(int(match[2] or _WEB_PORTS[0]))
        return match[1]
    if not _URL.fullmatch(url):
        raise UrlError(
            "has characters that a URL cannot have; percent-encode them, or write the host in "
            "Punycode"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UrlError("is not a URL") from None
    if parts.scheme not in {"http", "https"} or not url.lower().startswith(f"{parts.scheme}://"):
        raise UrlError("does not start with http:// or https://")
    if "@" in parts.netloc:
        raise UrlError("has a user name or password, which is not supported")
    if "#" in url:
        raise UrlError("has a fragment, which is not allowed")
    name = parts.hostname or ""
    if not (_is_ipv6(name) if "[" in parts.netloc else _NAME.fullmatch(name)):
        raise UrlError("has no valid host name or IP address")
    _check_port(0 if parts.netloc.endswith(":") else _WEB_PORTS[0] if port is None else port)
    return name.rstrip(".")


def _check_port(port: int) -> None:
    if not (port in _WEB_PORTS or _FIRST_FREE_PORT <= port <= _LAST_PORT):
        raise UrlError(f"has a port that is neither 80 nor 443 nor at least {_FIRST_FREE_PORT}")


def _is_ipv6(host: str) -> bool:
    """Return whether a text is an IPv6 address without a zone, which only has meaning locally."""
    try:
        return IPv6Address(host).scope_id is None
    except ValueError:
        return False


def is_public(address: str, networks: Iterable[str] = ()) -> bool:
    """Return whether an IP address is public, or in one of the given networks.

    False for anything that is not an address.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    ip = mapped or ip
    if any(ip in ip_network(each) for each in networks):
        return True
    if getattr(ip, "scope_id", None) or any(ip in each for each in _NOT_PUBLIC):
        return False
    return ip.is_global and not ip.is_multicast
