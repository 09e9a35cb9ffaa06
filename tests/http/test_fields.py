"""Parsing of header fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.http import fields
from feedsvc.http.fields import ANY, acceptable, entity_tags, manipulations

OFFER = ("br", "zstd", "gzip")


@pytest.mark.parametrize(
    ("field", "tags"),
    [
        ('"a"', {'"a"'}),
        ('W/"a"', {'"a"'}),
        ('"a", W/"b" ,"c,d"', {'"a"', '"b"', '"c,d"'}),
        (', "a",, "b",', {'"a"', '"b"'}),
        ('""', {'""'}),
        (" * ", ANY),
        ('*, "a"', set()),
        ("a", set()),
        ('w/"a"', set()),
        ('"a" "b"', set()),
        ('"a', set()),
        ("", set()),
        ('"a",' * 20_000, set()),
    ],
)
def test_if_none_match_is_parsed(field: str, tags: set[str]) -> None:
    """Conformance 29."""
    assert entity_tags(field) == tags


@pytest.mark.parametrize(
    ("field", "codings"),
    [
        (None, ["identity"]),
        ("", ["identity"]),
        ("gzip", ["gzip", "identity"]),
        ("x-gzip", ["gzip", "identity"]),
        ("GZIP;Q=0.5", ["gzip", "identity"]),
        ("gzip, deflate, br, zstd", ["br", "zstd", "gzip", "identity"]),
        ("gzip;q=1.0, br;q=0.8", ["gzip", "br", "identity"]),
        ("gzip;q=0", ["identity"]),
        ("identity;q=0", []),
        ("identity;q=0, gzip", ["gzip"]),
        ("*", ["br", "zstd", "gzip", "identity"]),
        ("*;q=0", []),
        ("*;q=0, gzip", ["gzip"]),
        ("br;q=0, *", ["zstd", "gzip", "identity"]),
        ("gzip, *;q=0", ["gzip"]),
        ("identity, gzip;q=0.5", ["identity", "gzip"]),
        ("gzip;q=2", ["identity"]),
        ("gzip;level=9", ["identity"]),
        ("deflate", ["identity"]),
        ("gzip;q=0.0, br ; q=0.001", ["br", "identity"]),
        ("gzip," * 5_000, ["identity"]),
    ],
)
def test_accept_encoding_is_parsed(field: str | None, codings: list[str]) -> None:
    """Conformance 35."""
    assert list(acceptable(field, OFFER)) == codings


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("feed", {"feed"}),
        ("vcdiff, FEED;q=0.5", {"vcdiff", "feed"}),
        ("feed;q=0", set()),
        ("feeds", {"feeds"}),
        ("", set()),
    ],
)
def test_a_im_is_parsed(field: str, names: set[str]) -> None:
    """Conformance 38."""
    assert manipulations(field) == names


@given(st.text())
def test_parsing_any_field_does_not_raise(field: str) -> None:
    entity_tags(field)
    manipulations(field)
    assert set(acceptable(field, OFFER)) <= {*OFFER, "identity"}


def test_a_field_that_is_too_long_is_ignored_and_not_cached() -> None:
    """Conformance 35, and no growth for odd fields."""
    before = fields._cached.cache_info().currsize
    assert fields.acceptable("gzip," * 60_000, ("gzip",)) == ("identity",)
    assert fields.acceptable("gzip, " + "x" * 200, ("gzip",)) == ("gzip", "identity")
    assert fields._cached.cache_info().currsize == before


@pytest.mark.parametrize(
    ("field", "links"),
    [
        ("", []),
        ('<https://h.example/>; rel="hub"', [("hub", "https://h.example/")]),
        ("<a>;rel=hub,<b> ; REL = SELF", [("hub", "a"), ("self", "b")]),
        ('<a>; rel="self hub"; rel="next"', [("self", "a"), ("hub", "a")]),
        ('<a,b>; title="; rel=next, <c>; rel=prev"; rel=hub', [("hub", "a,b")]),
        ('<a>; rel="hub', []),
        ("<a>, <b>; rel, <c>; rel=self", [("self", "c")]),
        ("a; rel=hub", []),
        ("<" * 10_000, []),
        ('<a>;"' * 10_000, []),
        ("<a>; rel=hub, " * 10_000, [("hub", "a")] * 585),
    ],
)
def test_link_fields_are_parsed(field: str, links: list[tuple[str, str]]) -> None:
    """RFC 8288 3."""
    assert fields.links(field) == links


@given(st.text(st.sampled_from('<>;,"\\= rel*hub')))
def test_parsing_any_link_field_does_not_raise(field: str) -> None:
    for relation, target in fields.links(field):
        assert relation
        assert ">" not in target
