"""The links between subscription and archive documents (RFC 5005 4), in each format."""

import json
from dataclasses import replace

import pytest
from lxml import etree

from feedsvc.model import Feed, Format
from tests.render.samples import ARCHIVE, ATOM, ENTRY, FEED, HISTORY, render

XML = [Format.RSS, Format.ATOM]
SUBSCRIPTION = replace(FEED, prev_archive=ARCHIVE.prev_archive)
OLDEST = replace(ARCHIVE, prev_archive=None)


def parent(format: Format, feed: Feed) -> etree._Element:
    root = etree.fromstring(render(format, feed, ENTRY))
    return root[0] if format is Format.RSS else root


def links(format: Format, feed: Feed) -> dict[str | None, str | None]:
    """Return the links (atom:link in RSS) by rel."""
    return {
        each.get("rel"): each.get("href") for each in parent(format, feed).findall(f"{ATOM}link")
    }


@pytest.mark.parametrize("format", XML)
def test_an_archive_links_to_its_neighbours_and_to_the_current_document(format: Format) -> None:
    """Conformance 26."""
    found = links(format, ARCHIVE)
    assert found["current"] == ARCHIVE.current
    assert found["prev-archive"] == ARCHIVE.prev_archive
    assert found["next-archive"] == ARCHIVE.next_archive
    assert found["self"] == ARCHIVE.self_url


@pytest.mark.parametrize("format", XML)
def test_an_archive_has_the_element_fh_archive(format: Format) -> None:
    """Conformance 26, 28: once, before the entries, and never fh:complete."""
    found = parent(format, ARCHIVE)
    assert len(found.findall(f"{HISTORY}archive")) == 1
    tags = [child.tag for child in found]
    entry = "item" if format is Format.RSS else f"{ATOM}entry"
    assert tags.index(f"{HISTORY}archive") < tags.index(entry)
    assert found.find(f"{HISTORY}complete") is None


@pytest.mark.parametrize("format", XML)
def test_a_subscription_document_links_to_the_newest_archive_only(format: Format) -> None:
    """Conformance 26."""
    found = links(format, SUBSCRIPTION)
    assert found["prev-archive"] == SUBSCRIPTION.prev_archive
    assert not {"current", "next-archive"} & found.keys()
    assert parent(format, SUBSCRIPTION).find(f"{HISTORY}archive") is None


@pytest.mark.parametrize("format", XML)
def test_the_oldest_document_has_no_prev_archive(format: Format) -> None:
    """Conformance 26."""
    assert "prev-archive" not in links(format, OLDEST)
    assert "prev-archive" not in links(format, FEED)


def test_next_url_of_json_feed_is_the_previous_archive() -> None:
    """Conformance 22, 26."""
    assert json.loads(render(Format.JSON, SUBSCRIPTION))["next_url"] == SUBSCRIPTION.prev_archive
    assert json.loads(render(Format.JSON, ARCHIVE))["next_url"] == ARCHIVE.prev_archive
    assert "next_url" not in json.loads(render(Format.JSON, OLDEST))
    assert "next_url" not in json.loads(render(Format.JSON, FEED))
