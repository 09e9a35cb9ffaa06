"""The contents of RSS 2.0 items and channels."""

import html
from dataclasses import replace
from email.utils import parsedate_to_datetime

import feedparser
import pytest
from lxml import etree

from feedsvc.model import Category, Enclosure, Entry, Feed, Format, Image, Person
from feedsvc.render import rss
from tests.render.samples import (
    ADA,
    ATOM,
    BARE,
    BASE,
    BO,
    CONTENT,
    DC,
    ELSEWHERE,
    ENTRIES,
    ENTRY,
    FEED,
    LINKED,
    MEDIA,
    ODD,
    ODD_TITLE,
    render,
)


def channel(feed: Feed = FEED, *entries: Entry) -> etree._Element:
    return etree.fromstring(render(Format.RSS, feed, *entries))[0]


def item(entry: Entry) -> etree._Element:
    found = channel(FEED, entry).find("item")
    assert found is not None
    return found


def texts(element: etree._Element, tag: str) -> list[str | None]:
    return [each.text for each in element.findall(tag)]


def test_a_channel_has_title_link_and_description() -> None:
    """Conformance 2."""
    made = channel()
    assert texts(made, "title") == [FEED.title]
    assert texts(made, "link") == [FEED.link]
    assert texts(made, "description") == [FEED.subtitle]


@pytest.mark.parametrize("entry", [ENTRY, BARE, replace(BARE, summary="words")])
def test_an_item_has_a_title_or_a_description(entry: Entry) -> None:
    """Conformance 2."""
    made = item(entry)
    assert made.find("title") is not None or made.find("description") is not None


def test_an_item_without_a_title_has_no_title_element() -> None:
    """Conformance 2: the validator rejects empty titles."""
    assert item(BARE).find("title") is None
    assert item(replace(BARE, title="\t ")).find("title") is None


def test_dates_are_rfc_822_in_gmt() -> None:
    """Conformance 3."""
    made = channel(FEED, ENTRY)
    assert texts(made, "item/pubDate") == ["Thu, 17 Feb 2022 09:30:15 GMT"]
    assert texts(made, "lastBuildDate") == ["Sun, 20 Feb 2022 09:30:00 GMT"]
    date = made.findtext("item/pubDate")
    assert date is not None
    assert parsedate_to_datetime(date) == ENTRY.published.replace(microsecond=0)


@pytest.mark.parametrize(
    ("id", "permalink"),
    [
        ("tag:news.example.org,2022-02-17:wells", "false"),
        ("urn:uuid:2f1ad2a8-8b1f-4d5c-9e63-0d5f3a7b1c11", "false"),
        ("https://news.example.org/articles/other", "false"),
        (ENTRY.link, "true"),
    ],
)
def test_only_the_link_itself_is_a_permalink(id: str, permalink: str) -> None:  # noqa: A002
    """Conformance 4."""
    guid = item(replace(ENTRY, id=id)).find("guid")
    assert guid is not None
    assert (guid.text, guid.get("isPermaLink")) == (id, permalink)


def test_a_tag_uri_is_never_a_permalink() -> None:
    """Conformance 4."""
    guid = item(replace(ENTRY, link=ENTRY.id)).find("guid")
    assert guid is not None
    assert guid.get("isPermaLink") == "false"


def test_the_channel_links_to_itself() -> None:
    """Conformance 5."""
    links = channel().findall(f"{ATOM}link")
    assert [dict(each.attrib) for each in links] == [
        {"href": FEED.self_url, "rel": "self", "type": "application/rss+xml"}
    ]
    tags = [each.tag for each in channel()]
    assert tags.index(f"{ATOM}link") < tags.index("link")


def test_an_item_about_another_page_links_to_both() -> None:
    """Some readers use the first link of any namespace, and some the last."""
    made = [
        (each.tag, each.text or dict(each.attrib))
        for each in item(LINKED)
        if str(each.tag).endswith("link")
    ]
    assert made == [
        (f"{ATOM}link", {"href": ELSEWHERE, "rel": "alternate"}),
        (f"{ATOM}link", {"href": f"{BASE}/articles/look", "rel": "related"}),
        ("link", ELSEWHERE),
    ]


def test_a_later_update_is_dated() -> None:
    """Conformance 3, 16."""
    assert texts(item(ENTRY), f"{ATOM}updated") == ["2022-02-18T08:00:00Z"]
    same = replace(ENTRY, updated=ENTRY.published.replace(microsecond=0))
    assert texts(item(same), f"{ATOM}updated") == []


def test_comments_are_the_url_of_a_page() -> None:
    assert texts(item(replace(ENTRY, comments="https://a.org/é#c")), "comments") == [
        "https://a.org/%C3%A9#c"
    ]
    assert texts(item(ENTRY), "comments") == []


def test_the_description_precedes_the_content() -> None:
    """Conformance 6."""
    tags = [each.tag for each in item(ENTRY)]
    assert tags.index("description") < tags.index(f"{CONTENT}encoded")
    assert texts(item(ENTRY), "description") == [ENTRY.summary]
    assert texts(item(ENTRY), f"{CONTENT}encoded") == [ENTRY.content]


def test_html_is_the_description_of_an_item_without_summary() -> None:
    """Conformance 6."""
    made = item(replace(ENTRY, summary=""))
    assert texts(made, "description") == [ENTRY.content]
    assert made.find(f"{CONTENT}encoded") is None


def test_a_summary_is_escaped_as_html() -> None:
    """Conformance 6, 25: `1 < 2` is not valid HTML."""
    (description,) = texts(item(ODD), "description")
    assert description == "1 &lt; 2 &amp;&amp; ]]&gt; \N{GRINNING FACE} \u202bשלום\u202c"


@pytest.mark.parametrize(
    "wire",
    [
        b"    <title>AT&#x26;T &#x3C;b&gt;</title>",
        b"    <description>AT&#x26;T &#x3C;b&gt;</description>",
        b"    <copyright>AT&#x26;T &#x3C;b&gt;</copyright>",
        b"      <title>AT&#x26;T &#x3C;b&gt;</title>",  # the image's
    ],
)
def test_plain_text_of_a_channel_has_hexadecimal_references(wire: bytes) -> None:
    """Conformance 7."""
    feed = replace(FEED, title=ODD_TITLE, subtitle=ODD_TITLE, rights=ODD_TITLE)
    assert wire in render(Format.RSS, feed).split(b"\n")


def test_plain_text_of_an_item_has_hexadecimal_references() -> None:
    """Conformance 7."""
    document = render(
        Format.RSS, FEED, replace(ODD, categories=(Category("x", "https://x.org/", ODD_TITLE),))
    )
    assert b"<title>AT&#x26;T &#x3C;b&gt;</title>" in document
    assert b"<category>AT&#x26;T &#x3C;b&gt;</category>" in document
    assert feedparser.parse(document).entries[0].title == ODD_TITLE


@pytest.mark.parametrize(
    ("authors", "creators"),
    [
        ((), []),
        ((ADA,), ["Ada Lovelace"]),
        ((ADA, BO), ["Ada Lovelace and Bo 卜"]),
        ((ADA, BO, Person("C")), ["Ada Lovelace, Bo 卜 and C"]),
        ((ADA, BO, Person("C"), Person("D")), ["Ada Lovelace, Bo 卜, C and D"]),
    ],
)
def test_all_authors_are_in_one_dc_creator(
    authors: tuple[Person, ...], creators: list[str]
) -> None:
    """Conformance 8: most readers display only the first or last of several elements."""
    made = item(replace(ENTRY, authors=authors))
    assert texts(made, f"{DC}creator") == creators
    assert made.find("author") is None


def test_the_managing_editor_is_the_first_author_with_an_email_address() -> None:
    """Conformance 8."""
    made = channel(replace(FEED, authors=(BO, ADA, Person("Z", "z@example.org"))))
    assert texts(made, "managingEditor") == ["ada@example.org (Ada Lovelace)"]
    assert made.find(f"{DC}creator") is None


@pytest.mark.parametrize("email", [None, "", "desk", "a b@example.org", "desk@localhost", "@x.org"])
def test_channel_authors_without_email_addresses_are_in_dc_creator(email: str | None) -> None:
    """Conformance 8."""
    made = channel(replace(FEED, authors=(Person("Bo", email), Person("Cy"))))
    assert made.find("managingEditor") is None
    assert texts(made, f"{DC}creator") == ["Bo and Cy"]


def test_brackets_in_an_editors_name_are_quoted() -> None:
    """Conformance 8: RFC 822 3.4.3, a name is a comment."""
    made = channel(replace(FEED, authors=(Person("A) B\\", "a@example.org"),)))
    assert texts(made, "managingEditor") == [r"a@example.org (A\) B\\)"]


def test_categories_are_labels_without_a_domain() -> None:
    """npm's rss-parser does not read a category that has a domain."""
    found = [(each.xpath("string()"), dict(each.attrib)) for each in item(ENTRY).iter("category")]
    assert found == [(each.label, {}) for each in ENTRY.categories]


def test_duplicate_category_labels_are_merged() -> None:
    """Without a domain, they could not be distinguished."""
    twice = (Category("x", f"{BASE}/a", "X"), Category("x", f"{BASE}/b", "X"))
    assert texts(item(replace(ENTRY, categories=twice)), "category") == ["X"]


def test_the_term_is_the_default_label_of_a_category() -> None:
    """Conformance 9: feedgen writes an empty one."""
    made = item(replace(ENTRY, categories=(Category("water", "https://x.org/", ""),)))
    assert texts(made, "category") == ["water"]


@pytest.mark.parametrize("language", ["en-gb", "en_GB", "en-GB"])
def test_the_language_is_lower_case(language: str) -> None:
    """Conformance 10."""
    assert texts(channel(replace(FEED, language=language)), "language") == ["en-gb"]


@pytest.mark.parametrize(("minutes", "ttl"), [(15, ["15"]), (0, [])])
def test_the_ttl_is_a_positive_number_of_minutes(minutes: int, ttl: list[str]) -> None:
    """Conformance 10."""
    assert texts(channel(replace(FEED, ttl=minutes)), "ttl") == ttl


def test_an_image_has_the_title_and_link_of_the_channel() -> None:
    """Conformance 11."""
    (image,) = channel().findall("image")
    assert {each.tag: each.text for each in image} == {
        "url": f"{BASE}/logo.png",
        "title": FEED.title,
        "link": FEED.link,
        "width": "144",
        "height": "72",
    }


@pytest.mark.parametrize(
    ("image", "carried"),
    [
        (Image(f"{BASE}/a.PNG", 144, 400), True),
        (Image(f"{BASE}/a.gif?v=2"), True),
        (Image(f"{BASE}/a.jpeg", 100), True),
        (Image(f"{BASE}/a.png", 145, 72), False),
        (Image(f"{BASE}/a.png", 144, 401), False),
        (Image(f"{BASE}/a.png", None, 401), False),
        (Image(f"{BASE}/a.svg", 10, 10), False),
        (Image(f"{BASE}/a.webp"), False),
        (Image(f"{BASE}/a.webp?as=a.png"), False),
        (None, False),
    ],
)
def test_an_image_must_be_a_small_gif_jpeg_or_png(image: Image | None, carried: bool) -> None:
    """Conformance 11."""
    assert (channel(replace(FEED, image=image)).find("image") is not None) is carried


def test_an_unknown_size_of_an_image_is_omitted() -> None:
    """Conformance 11."""
    (image,) = channel(replace(FEED, image=Image(f"{BASE}/a.png", 144))).findall("image")
    assert texts(image, "width") == ["144"]
    assert image.find("height") is None


def test_an_item_has_the_first_enclosure_only() -> None:
    """Conformance 12: feedgen uses the last."""
    found = [dict(each.attrib) for each in item(ENTRY).iter("enclosure")]
    assert found == [{"url": f"{BASE}/files/wells.mp3", "type": "audio/mpeg", "length": "1234"}]


@pytest.mark.parametrize(
    ("enclosure", "type", "length"),
    [
        (Enclosure(f"{BASE}/a", ""), "application/octet-stream", "0"),
        (Enclosure(f"{BASE}/a", "no type", -1), "application/octet-stream", "0"),
        (Enclosure(f"{BASE}/a", "audio/ogg; codecs=opus"), "audio/ogg; codecs=opus", "0"),
    ],
)
def test_an_enclosure_has_a_type_and_a_length(
    enclosure: Enclosure,
    type: str,  # noqa: A002
    length: str,
) -> None:
    """Conformance 12: 0 means an unknown length."""
    (found,) = item(replace(ENTRY, enclosures=(enclosure,))).findall("enclosure")
    assert (found.get("type"), found.get("length")) == (type, length)


def test_links_are_uris() -> None:
    """Conformance 2: unlike Atom, RSS has no IRIs."""
    made = item(replace(ENTRY, link="https://bücher.example/é a?q=<x>&y=[1]#ü"))
    assert texts(made, "link") == [
        "https://xn--bcher-kva.example/%C3%A9%20a?q=%3Cx%3E&y=%5B1%5D#%C3%BC"
    ]


def test_an_image_of_an_entry_is_media_thumbnail_and_media_content() -> None:
    """Conformance 23: gofeed reads only the second."""
    made = [(each.tag, dict(each.attrib)) for each in item(ENTRY) if MEDIA in str(each.tag)]
    assert made == [
        (f"{MEDIA}thumbnail", {"url": ENTRY.image}),
        (f"{MEDIA}content", {"url": ENTRY.image, "medium": "image"}),
    ]


def test_feedparser_reads_back_all_values() -> None:
    """Conformance 23, 25."""
    read = feedparser.parse(render(Format.RSS, FEED, *ENTRIES))
    assert not read.bozo
    assert (read.feed.title, read.feed.subtitle, read.feed.link) == (
        FEED.title,
        FEED.subtitle,
        FEED.link,
    )
    assert read.feed.author_detail == {"name": "Newsroom", "email": "desk@example.org"}
    assert [each.id for each in read.entries] == [each.id for each in ENTRIES]
    assert [each.link for each in read.entries] == [each.link for each in ENTRIES]
    assert [each.get("title", "") for each in read.entries] == [each.title for each in ENTRIES]
    assert [html.unescape(each.summary) for each in read.entries] == [
        each.summary for each in ENTRIES
    ]
    rich = read.entries[0]
    assert rich.content[0].value == ENTRY.content
    assert rich.published_parsed[:6] == (2022, 2, 17, 9, 30, 15)
    assert rich.updated_parsed[:6] == (2022, 2, 18, 8, 0, 0)
    assert rich.author == "Ada Lovelace and Bo 卜"
    assert [each.term for each in rich.tags] == [each.label for each in ENTRY.categories]
    assert [each.href for each in rich.enclosures] == [ENTRY.enclosures[0].url]


def test_a_channel_without_items_is_valid() -> None:
    """Conformance 2."""
    read = feedparser.parse(render(Format.RSS, FEED))
    assert not read.bozo
    assert (read.version, read.feed.title, read.entries) == ("rss20", FEED.title, [])


def test_the_media_type_names_the_encoding_of_the_document() -> None:
    """Conformance 47."""
    assert rss.MEDIA_TYPE == "application/rss+xml; charset=utf-8"
    assert render(Format.RSS).startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
