"""Corrections of feedgen, and documents spliced from fragments as feedgen would build them."""

import locale
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feedsvc.model import Entry, Feed, Format
from feedsvc.render import atom, clean, rss
from tests.render.samples import ATOM, BARE, ENTRIES, ENTRY, FEED, ODD, entries, feeds, render
from tests.soak import examples

XML_FORMATS = (Format.RSS, Format.ATOM)


def whole(format: Format, feed: Feed, entries: Sequence[Entry]) -> bytes:
    """Let feedgen build the document as one tree, with our extensions."""
    build_feed: Callable[[Feed], FeedGenerator]
    build_entry: Callable[[Entry], FeedEntry]
    build_feed, build_entry = {
        Format.RSS: (rss.channel, rss.item),
        Format.ATOM: (atom.feed_element, atom.entry_element),
    }[format]
    generator = build_feed(clean.feed(feed))
    for each in entries:
        generator.add_entry(build_entry(clean.entry(each)), order="append")
    document = generator.rss_str if format is Format.RSS else generator.atom_str
    return bytes(document(pretty=True))


@pytest.mark.parametrize("format", XML_FORMATS)
@settings(max_examples=examples(30))
@given(feed=feeds, several=st.lists(entries, max_size=3))
def test_a_spliced_document_equals_one_that_feedgen_builds(
    format: Format,
    feed: Feed,
    several: list[Entry],
) -> None:
    """Conformance 1, 14: byte for byte."""
    assert render(format, feed, *several) == whole(format, feed, several)


@pytest.mark.parametrize("format", XML_FORMATS)
def test_namespace_prefixes_are_declared_only_at_the_root(format: Format) -> None:
    """Conformance 1."""
    document = render(format, FEED, *ENTRIES)
    root = document.index(b">", document.index(b"?>") + 2)
    assert b"xmlns" in document[:root]
    assert b"xmlns" not in document[root:]
    assert b"ns0" not in document
    assert {each.prefix for each in etree.fromstring(document).iter(etree.Element)} <= {
        None,
        "atom",
        "content",
        "dc",
        "media",
    }


@pytest.mark.parametrize("format", list(Format))
def test_rendering_never_changes_the_locale(
    format: Format,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Conformance 3: setlocale is process-wide and would affect other threads."""

    def refuse(*arguments: Any) -> None:
        raise AssertionError(f"locale.setlocale{arguments}")

    monkeypatch.setattr(locale, "setlocale", refuse)
    assert render(format, FEED, *ENTRIES)


@pytest.mark.parametrize("format", list(Format))
def test_dates_have_no_fractions_of_seconds(format: Format) -> None:
    """Conformance 16: feedgen writes microseconds."""
    late = ENTRY.updated.replace(microsecond=123_456)
    document = render(format, replace(FEED, updated=late), replace(ENTRY, updated=late))
    assert b"123456" not in document
    assert b"08:00:00" in document


@pytest.mark.parametrize("format", list(Format))
def test_entries_keep_their_order(format: Format) -> None:
    """Conformance 23: feedgen prepends."""
    document = render(format, FEED, *ENTRIES)
    places = [document.index(each.id.encode()) for each in ENTRIES]
    assert places == sorted(places)


@pytest.mark.parametrize("format", XML_FORMATS)
def test_content_is_escaped_without_cdata_sections(format: Format) -> None:
    """Conformance 17, 25: a section ends at `]]>`, and feedgen writes `type="CDATA"` in Atom."""
    document = render(format, FEED, ODD)
    assert b"CDATA" not in document


def test_the_link_of_a_channel_is_its_page() -> None:
    """Conformance 2: feedgen uses the last link of any kind."""
    channel = etree.fromstring(render(Format.RSS, FEED))[0]
    assert channel.findtext("link") == FEED.link


def test_feedgen_is_not_named_as_the_generator() -> None:
    """Conformance 14."""
    for format in XML_FORMATS:
        assert b"python-feedgen" not in render(format, FEED)


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize(
    "feed",
    [
        replace(FEED, id=""),
        replace(FEED, title=""),
        replace(FEED, subtitle=""),
        replace(FEED, link=""),
        replace(FEED, self_url=""),
        replace(FEED, language=""),
    ],
)
def test_an_empty_field_of_the_feed_does_not_raise(
    format: Format,
    feed: Feed,
) -> None:
    """Conformance 1: feedgen raises if a required field is empty."""
    assert render(format, feed, ENTRY)


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize(
    "entry",
    [replace(ENTRY, id=""), replace(ENTRY, title=""), replace(ENTRY, link=""), BARE],
)
def test_an_empty_field_of_an_entry_does_not_raise(
    format: Format,
    entry: Entry,
) -> None:
    """Conformance 1: feedgen raises if a required field is empty."""
    assert render(format, FEED, entry)


def test_links_of_an_entry_do_not_share_attributes() -> None:
    """Conformance 19."""
    root = etree.fromstring(render(Format.ATOM, FEED, ENTRY))
    kinds = [each.get("rel") for each in root.findall(f"{ATOM}entry/{ATOM}link")]
    assert kinds == ["alternate", "enclosure", "enclosure"]
