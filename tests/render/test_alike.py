"""The three formats together: equal values, reproducible bytes, arbitrary text."""

import html
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from feedsvc.html import xml_safe
from feedsvc.model import Entry, Feed, Format
from feedsvc.render import RENDERERS, clean
from tests.render.samples import (
    ATOM,
    BARE,
    CONTENT,
    DC,
    ENTRIES,
    ENTRY,
    FEED,
    MEDIA,
    ODD,
    anything,
    entries,
    feeds,
    render,
)
from tests.soak import examples


@dataclass(frozen=True)
class Read:
    """An entry as a reader parses it, in any format."""

    id: str
    title: str
    link: str
    published: datetime
    updated: datetime
    summary: str
    content: str
    authors: tuple[str, ...]
    labels: tuple[str, ...]
    enclosures: tuple[str, ...]
    image: str


def expected(entry: Entry) -> Read:
    """Return what every reader should parse: the text without characters that XML forbids."""
    tidy = clean.entry(entry)
    return Read(
        id=xml_safe(entry.id).strip(),
        title=xml_safe(entry.title).strip(),
        link=tidy.link,
        published=entry.published.astimezone(UTC).replace(microsecond=0),
        updated=entry.updated.astimezone(UTC).replace(microsecond=0),
        summary=xml_safe(entry.summary).strip(),
        content=xml_safe(entry.content or "").strip(),
        authors=tuple(each.name for each in tidy.authors),
        labels=tuple(each.label for each in tidy.categories),
        enclosures=tuple(each.url for each in tidy.enclosures),
        image=tidy.image or "",
    )


def text(element: etree._Element, path: str) -> str:
    return "".join(str(each.xpath("string()")) for each in element.findall(path)).strip()


def texts(element: etree._Element, path: str) -> tuple[str, ...]:
    return tuple(str(each.xpath("string()")) for each in element.findall(path))


def attributes(element: etree._Element, path: str, name: str) -> tuple[str, ...]:
    return tuple(str(each.get(name)) for each in element.findall(path))


def read_rss(document: bytes) -> list[Read]:
    return [
        Read(
            id=text(item, "guid"),
            title=text(item, "title"),
            link=text(item, "link"),
            published=parsedate_to_datetime(text(item, "pubDate")),
            updated=datetime.fromisoformat(text(item, f"{ATOM}updated"))
            if item.find(f"{ATOM}updated") is not None
            else parsedate_to_datetime(text(item, "pubDate")),
            summary=html.unescape(text(item, "description")),
            content=text(item, f"{CONTENT}encoded"),
            authors=texts(item, f"{DC}creator"),
            labels=texts(item, "category"),
            enclosures=attributes(item, "enclosure", "url"),
            image="".join(attributes(item, f"{MEDIA}thumbnail", "url")),
        )
        for item in etree.fromstring(document).iter("item")
    ]


def read_atom(document: bytes) -> list[Read]:
    return [
        Read(
            id=text(entry, f"{ATOM}id"),
            title=text(entry, f"{ATOM}title"),
            link="".join(attributes(entry, f"{ATOM}link[@rel='alternate']", "href")),
            published=datetime.fromisoformat(text(entry, f"{ATOM}published")),
            updated=datetime.fromisoformat(text(entry, f"{ATOM}updated")),
            summary=html.unescape(text(entry, f"{ATOM}summary")),
            content=text(entry, f"{ATOM}content"),
            authors=texts(entry, f"{ATOM}author/{ATOM}name"),
            labels=attributes(entry, f"{ATOM}category", "term"),
            enclosures=attributes(entry, f"{ATOM}link[@rel='enclosure']", "href"),
            image="".join(attributes(entry, f"{MEDIA}thumbnail", "url")),
        )
        for entry in etree.fromstring(document).iter(f"{ATOM}entry")
    ]


def read_json(document: bytes) -> list[Read]:
    return [
        Read(
            id=item["id"].strip(),
            title=item.get("title", "").strip(),
            link=item.get("external_url", item["url"]),
            published=datetime.fromisoformat(item["date_published"]),
            updated=datetime.fromisoformat(item["date_modified"]),
            summary=item.get("summary", "").strip(),
            content=item.get("content_html", "").strip(),
            authors=tuple(each["name"] for each in item.get("authors", [])),
            labels=tuple(item.get("tags", [])),
            enclosures=tuple(each["url"] for each in item.get("attachments", [])),
            image=item.get("image", ""),
        )
        for item in json.loads(document.decode("utf-8"))["items"]
    ]


READ: dict[Format, Callable[[bytes], list[Read]]] = {
    Format.RSS: read_rss,
    Format.ATOM: read_atom,
    Format.JSON: read_json,
}


def in_rss(read: Read) -> Read:
    """Return an entry as in RSS: one creator, one enclosure, always a description if possible."""
    if not read.summary:
        read = replace(read, summary=html.unescape(read.content), content="")
    *others, last = read.authors or ("",)
    names = f"{', '.join(others)} and {last}" if others else last
    return replace(
        read,
        authors=(names,) if read.authors else (),
        enclosures=read.enclosures[:1],
        labels=tuple(dict.fromkeys(read.labels)),
    )


def in_json(read: Read, entry: Entry) -> Read:
    """Return an entry as in JSON Feed: tags without duplicates, and two members for two URLs."""
    tidy = clean.entry(entry)
    link = tidy.external or tidy.page or tidy.link
    return replace(read, labels=tuple(dict.fromkeys(read.labels)), link=link)


@settings(max_examples=examples(50))
@given(feeds, st.lists(entries, max_size=2))
@example(FEED, list(ENTRIES))
@example(FEED, [])
def test_all_formats_have_equal_values_for_any_text(feed: Feed, several: list[Entry]) -> None:
    """Conformance 1, 23, 25."""
    want = [expected(each) for each in several]
    assert read_atom(render(Format.ATOM, feed, *several)) == want
    assert read_rss(render(Format.RSS, feed, *several)) == [in_rss(each) for each in want]
    assert read_json(render(Format.JSON, feed, *several)) == list(map(in_json, want, several))


@settings(max_examples=examples(30))
@given(anything, anything)
def test_all_formats_have_the_same_title_and_subtitle(title: str, subtitle: str) -> None:
    """Conformance 23, 25."""
    feed = replace(FEED, title=title, subtitle=subtitle)
    want = (xml_safe(title).strip(), xml_safe(subtitle).strip())
    channel = etree.fromstring(render(Format.RSS, feed))[0]
    root = etree.fromstring(render(Format.ATOM, feed))
    top = json.loads(render(Format.JSON, feed))
    assert (text(channel, "title"), text(channel, "description")) == want
    assert (text(root, f"{ATOM}title"), text(root, f"{ATOM}subtitle")) == want
    assert (top["title"].strip(), top.get("description", "").strip()) == want


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize(
    "words",
    [
        "AT&T <b>",
        "The &amp; entity, &nbsp; and &#x26;",
        "a ]]> b <![CDATA[ c",
        "</title></item> <!-- -->",
        "\N{GRINNING FACE} \N{FAMILY}\u200d\N{WOMAN}",
        "\u202eשלום\u202c مرحبا",
        "line\r\nbreak\tand\rreturn",
        "<p>cut <em>of",
    ],
)
def test_special_text_is_unchanged(format: Format, words: str) -> None:
    """Conformance 25."""
    (read,) = READ[format](render(format, FEED, replace(ENTRY, title=words, content=words)))
    assert (read.title, read.content) == (words, words)


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1b", "\ufffe", "\uffff", "\ud800"])
def test_characters_that_xml_forbids_are_removed(
    format: Format,
    character: str,
) -> None:
    """Conformance 1: one of them would make the whole feed invalid."""
    spoilt = replace(
        ENTRY,
        id=f"tag:a.org,2020:x{character}y",
        title=f"x{character}y",
        summary=f"x{character}y",
        content=f"x{character}y",
        link=f"https://a.org/x{character}y",
    )
    (read,) = READ[format](render(format, replace(FEED, title=character), spoilt))
    assert (read.id, read.link) == ("tag:a.org,2020:xy", "https://a.org/xy")
    assert (read.title, read.summary, read.content) == ("xy", "xy", "xy")


_BUILD = """
import sys
from feedsvc.model import Format
from tests.render.samples import ENTRIES, FEED, render
for format in Format:
    sys.stdout.buffer.write(render(format, FEED, *ENTRIES))
"""


def test_other_processes_write_the_same_bytes() -> None:
    """Conformance 24: whatever the hash seed and time zone."""
    here = b"".join(render(each, FEED, *ENTRIES) for each in Format)
    for seed in ("1", "2"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "TZ": "Asia/Kathmandu",
        }
        built = subprocess.run(
            [sys.executable, "-c", _BUILD], env=environment, capture_output=True, check=True
        )
        assert built.stdout == here


@pytest.mark.parametrize("format", list(Format))
def test_documents_contain_no_current_date(format: Format) -> None:
    """Conformance 24: neither lastBuildDate nor updated is the current time."""
    document = render(format, FEED, *ENTRIES).decode()
    assert str(datetime.now(UTC).year) not in document


@pytest.mark.parametrize("format", list(Format))
def test_a_fragment_depends_only_on_its_entry(
    format: Format,
) -> None:
    """Conformance 24: callers cache fragments and combine them."""
    fragments = [RENDERERS[format].entry(each) for each in (ENTRY, ODD, BARE)]
    document = RENDERERS[format].document(FEED, fragments)
    assert all(fragment in document for fragment in fragments)
    assert READ[format](document)[1:] == READ[format](render(format, FEED, ODD, BARE))
