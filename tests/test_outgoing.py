"""URLs and addresses of outgoing requests; refusals are in the tests of hub and client."""

import re
from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc import outgoing
from tests.soak import examples

PARTS = ["http://", "https://", "a", "B", "-.", ".", ":", "80", "22", "8080", "/", "?", "#", "@"]
URLS = st.lists(st.sampled_from([*PARTS, "[::1]", "\\", "%", "é", '"', "x" * 253])).map("".join)


def result(url: str) -> str:
    try:
        return outgoing.host(url)
    except outgoing.UrlError as error:
        return f"refused: it {error}"


@given(URLS.map(lambda rest: f"http://a{rest}") | URLS)
def test_the_short_cut_for_simple_urls_equals_parsing(url: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        found = result(url)
        patch.setattr(outgoing, "_PLAIN", re.compile("(?!)"))
        assert result(url) == found


def test_addresses_of_the_public_internet_are_public() -> None:
    assert all(map(outgoing.is_public, ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"]))


@given(
    st.one_of(
        *(
            st.ip_addresses(v=4, network=network)
            for network in (
                *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
                *("172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "168.63.129.16/32"),
                *("198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
            )
        )
    )
)
@settings(max_examples=examples(30))
def test_no_form_of_a_private_address_is_public(address: IPv4Address) -> None:
    """WebSub 18: neither alone nor embedded in an IPv6 address that may be routed to it."""
    assert not outgoing.is_public(str(address))
    number = int(address)
    for prefix in ("::", "::ffff:", "::ffff:0:", "64:ff9b::", "64:ff9b:1::"):
        assert not outgoing.is_public(f"{prefix}{number >> 16:x}:{number & 0xFFFF:x}")
    assert not outgoing.is_public(f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1")


@given(
    st.one_of(
        *(
            st.ip_addresses(v=6, network=network)
            for network in ("fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "2001::/32")
        ),
        st.sampled_from(
            ["::", "::1", "fe80::1%eth0", "2606:4700::1%eth0", "localhost", "127.1", ""]
        ),
    )
)
@settings(max_examples=examples(20))
def test_no_private_ipv6_address_is_public(address: object) -> None:
    assert not outgoing.is_public(str(address))


def test_configured_networks_are_allowed() -> None:
    networks = ["127.0.0.0/8", "::1"]
    assert all(
        outgoing.is_public(each, networks) for each in ("127.8.8.8", "::1", "::ffff:127.0.0.1")
    )
    assert not outgoing.is_public("10.0.0.1", networks)
