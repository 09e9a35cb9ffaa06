"""Validation of the hub and self links of a feed (WebSub 4)."""

import json

import pytest

from feedsvc.check import discovery
from feedsvc.check.finding import Findings
from feedsvc.fetch import Answer

URL = "https://a.example/feed"
HUB = "https://hub.example/"
SELF = f'<{URL}>; rel="self"'
BOTH = f'<{HUB}>; rel="hub", {SELF}'

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom">{}</feed>"""
RSS = """<rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom"><channel>{}</channel></rss>"""


def document(kind: str, *links: tuple[str, str]) -> bytes:
    """Return a feed that has links, as (relation, URL)."""
    if kind == "json":
        hubs = [{"type": "WebSub", "url": url} for rel, url in links if rel == "hub"]
        own = [{"feed_url": url} for rel, url in links if rel == "self"][:1]
        feed = {"hubs": [*hubs, {"type": "rssCloud", "url": "x"}]} | (own[0] if own else {})
        return json.dumps(feed).encode()
    prefix = "a:" if kind == "rss" else ""
    elements = "".join(f'<{prefix}link rel="{rel}" href="{url}"/>' for rel, url in links)
    return (RSS if kind == "rss" else ATOM).format(elements).encode()


def codes(body: bytes, link: str = "") -> list[str]:
    findings = Findings(URL)
    discovery.validate(Answer(URL, (), 200, {"link": link} if link else {}, body), findings)
    return sorted(problem.code for problem in findings.problems())


OWN = ("self", URL)
GOOD = (("hub", HUB), OWN)
KINDS = pytest.mark.parametrize("kind", ["rss", "atom", "json"])


@KINDS
def test_equal_links_in_header_and_document_are_valid(kind: str) -> None:
    assert codes(document(kind, *GOOD), BOTH) == []
    assert codes(document(kind, *GOOD), f'<{HUB}>; rel="hub self", <>; rel=alternate') == [
        "other-self-link"
    ]
    relative = '<//hub.example/>; rel=hub, <>; rel="SELF"'
    assert codes(document(kind, *GOOD), relative) == []


@KINDS
def test_a_feed_without_hubs_is_not_validated(kind: str) -> None:
    assert codes(document(kind, OWN)) == []
    assert codes(document(kind, OWN), f"{SELF}, {SELF}") == []


@KINDS
@pytest.mark.parametrize(
    ("links", "header", "expected"),
    [
        (GOOD, "", ["hub-in-one-place"]),
        ((OWN,), BOTH, ["hub-in-one-place"]),
        ((("hub", "https://other.example/"), OWN), BOTH, ["other-hubs"]),
        (GOOD, f"{BOTH}, <https://other.example/>; rel=hub", ["other-hubs"]),
        (GOOD, f'<{HUB}>; rel="hub"', ["hub-without-self-link"]),
        (GOOD, f"{BOTH}, {SELF}", ["repeated-self-link"]),
        ((("hub", HUB), ("self", f"{URL}?b")), BOTH, ["other-self-link"]),
        ((("hub", "ftp://hub.example/"), OWN), "", ["hub-in-one-place", "unusable-hub"]),
    ],
)
def test_ambiguous_hubs_are_reported(
    kind: str, links: tuple[tuple[str, str], ...], header: str, expected: list[str]
) -> None:
    assert codes(document(kind, *links), header) == expected


def test_repeated_self_links_in_a_document_are_reported() -> None:
    assert codes(document("atom", *GOOD, OWN), BOTH) == ["repeated-self-link"]
    assert codes(document("rss", *GOOD, OWN), BOTH) == ["repeated-self-link"]


@pytest.mark.parametrize(
    "body",
    [b"", b"<rss/>", b"<html><channel/></html>", b"{", b"[1]", b'{"hubs": [1]}', b'{"hubs": 1}'],
)
def test_a_document_that_is_not_a_feed_has_no_hubs(body: bytes) -> None:
    assert codes(body) == []
    assert codes(body, BOTH) == ["hub-in-one-place"]
