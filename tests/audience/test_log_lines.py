"""Parsing lines of access logs: statistics 5 and 8."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.audience.lines import Line, Parser, Unreadable, user_agent
from feedsvc.audience.places import Places
from feedsvc.config.settings import Settings
from tests.audience.lines import JSON, READER, START, combined

LINE = Line(b"192.0.2.1", START, b"/feeds/all.rss?a=b", 200, 1000, b"", READER.encode())


@pytest.mark.parametrize("values", JSON.values(), ids=JSON)
def test_json_logs_of_servers_and_cdns_are_parsed(values: dict[str, object]) -> None:
    """Statistics 8."""
    assert Parser().parse(json.dumps(values).encode()) == LINE


def test_the_combined_format_is_parsed() -> None:
    """Statistics 8."""
    parse = Parser().parse
    expected = LINE._replace(referrer=b"-")
    assert parse(combined(target="/feeds/all.rss?a=b")) == expected
    assert parse(b"news.example.org:443 " + combined(target="/feeds/all.rss?a=b")) == expected
    zone = combined(target="/feeds/all.rss?a=b").replace(b":01:00:00 +0000", b":03:30:00 +0230")
    assert parse(zone) == expected
    escaped = parse(combined(agent='A \\"x\\" \\x22y\\x22'))
    assert escaped is not None
    assert user_agent(escaped.agent) == 'A "x" "y"'
    assert parse(combined(method="POST")) is None
    assert parse(combined().replace(b'"GET /feeds/all.rss HTTP/1.1"', b'"\\x16\\x03"')) is None


def test_the_format_of_cloudfront_is_parsed() -> None:
    parser = Parser()
    values = {key: str(value).replace(" ", "%20") for key, value in JSON["cloudfront"].items()}
    assert parser.parse(b"#Version: 1.0") is None
    assert parser.parse(b"#Fields: " + " ".join(values).encode()) is None
    parsed = parser.parse("\t".join(values.values()).encode())
    assert parsed is not None
    assert parsed._replace(agent=b"") == LINE._replace(agent=b"")
    assert user_agent(parsed.agent) == READER


FAULTS = {
    b'192.0.2.1 - - [27/Nov/2026:19:28:01 +0000] "GET / HTTP/1.1" 200 5': "no User-Agent",
    b'{"url": "/x"}': "no address",
    b'{"url": "/feeds/al': "not JSON",
    b"nonsense": "neither",
    combined().replace(b"Oct", b"Foo"): "its time is not valid",
    b'{"ip":"x","ua":"x","useragent":"y","url":"/","status":"x","time":"1"}': "status, size or",
}


@pytest.mark.parametrize(("line", "fault"), FAULTS.items())
def test_other_lines_are_reported(line: bytes, fault: str) -> None:
    with pytest.raises(Unreadable, match=fault):
        Parser().parse(line)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_line_is_parsed_or_refused(line: bytes) -> None:
    parser = Parser()
    for each in (line, b"{" + line, combined()[: len(line)] + line, b"#Fields: " + line, line):
        with suppress(Unreadable):
            parser.parse(each)


def test_an_ipv6_address_is_not_a_host_and_port() -> None:
    parsed = Parser().parse(combined(address="2001:db8::1"))
    assert parsed is not None
    assert parsed.address == b"2001:db8::1"


def test_all_urls_of_a_feed_are_mapped_to_it(settings: Settings) -> None:
    """Statistics 5."""
    find = Places(settings).find
    assert find(b"/feeds/all.rss") == find(b"/feeds/all.rss?utm_source=x") == ("all", "rss")
    assert find(b"https://news.example.org/feeds/all.atom") == ("all", "atom")
    assert find(b"/feed/") == ("all", "rss")
    assert find(b"/feeds/tag/c%2B%2B.json") == find(b"/feeds/tag/C++.json") == ("tag/c++", "json")
    assert find(b"/feeds/tag/old.rss") == ("tag/new", "rss")
    assert find(b"/tags/Mali/index.xml") == ("tag/mali", "rss")
    others = (b"/", b"/feeds/all/archive/3.rss", b"/feeds.opml", b"*", b"/%ff", b"//x", b"http://[")
    assert [find(each) for each in others] == [None] * len(others)
