"""Values are cleaned before any format is rendered: text, URIs and email addresses."""

from dataclasses import replace

import pytest
from hypothesis import given

from feedsvc.model import Category, Entry, Person
from feedsvc.render import clean
from tests.render.samples import ENTRY, FEED, anything, entries


@pytest.mark.parametrize(
    ("iri", "uri"),
    [
        ("https://a.org/?a=1&b=%20#c", "https://a.org/?a=1&b=%20#c"),
        ("https://bücher.example:8080/ü", "https://xn--bcher-kva.example:8080/%C3%BC"),
        ("https://[2001:db8::1]/[é]", "https://[2001:db8::1]/%5B%C3%A9%5D"),
        ("https://a.org/a b\n<c>", "https://a.org/a%20b%0A%3Cc%3E"),
        ("tag:a.org,2020:é", "tag:a.org,2020:%C3%A9"),
        ("https://..é/", "https://..%C3%A9/"),
        ("", ""),
    ],
)
def test_an_iri_becomes_a_uri(iri: str, uri: str) -> None:
    """Conformance 2: RFC 3987 3.1."""
    assert clean.uri(iri) == uri


@given(anything)
def test_converting_to_a_uri_is_idempotent(text: str) -> None:
    """Conformance 1, 23."""
    uri = clean.uri(text)
    assert uri.isascii()
    assert not set(uri) & set(' <>"\n\r\t')
    assert clean.uri(uri) == uri


@given(entries)
def test_cleaning_an_entry_is_idempotent(entry: Entry) -> None:
    """Conformance 23."""
    tidy = clean.entry(entry)
    assert clean.entry(tidy) == tidy


def test_valid_entries_and_feeds_are_unchanged() -> None:
    """Conformance 15, 23."""
    assert clean.entry(ENTRY) == ENTRY
    assert clean.feed(FEED) == FEED


def test_authors_and_categories_without_names_are_removed() -> None:
    """Conformance 8, 14."""
    nobody = replace(ENTRY, authors=(Person("\x00 "),), categories=(Category(" ", "", "x"),))
    tidy = clean.entry(nobody)
    assert (tidy.authors, tidy.categories) == ((), ())
