"""The contents of Atom 1.0 entries and feeds."""

import html
from dataclasses import replace

import feedparser
import pytest
from lxml import etree

from feedsvc.model import Category, Enclosure, Entry, Feed, Format, Person
from feedsvc.render import atom
from tests.render.samples import (
    ADA,
    ATOM,
    BARE,
    BASE,
    BO,
    ELSEWHERE,
    ENTRIES,
    ENTRY,
    FEED,
    LINKED,
    MEDIA,
    ODD,
    ODD_TITLE,
    XML,
    render,
)

FEED_ATOM = replace(FEED, self_url=f"{BASE}/feeds/all.atom")


def feed(value: Feed = FEED_ATOM, *entries: Entry) -> etree._Element:
    return etree.fromstring(render(Format.ATOM, value, *entries))


def entry(value: Entry) -> etree._Element:
    found = feed(FEED_ATOM, value).find(f"{ATOM}entry")
    assert found is not None
    return found


def text(element: etree._Element, tag: str) -> str:
    (found,) = element.findall(ATOM + tag)
    return str(found.xpath("string()"))


@pytest.mark.parametrize("value", ENTRIES)
def test_an_entry_has_one_id_title_and_update(value: Entry) -> None:
    """Conformance 14, 15."""
    made = entry(value)
    assert text(made, "id") == value.id
    assert text(made, "title").strip() == value.title
    assert text(made, "updated")


def test_a_feed_has_one_id_title_and_update() -> None:
    """Conformance 14."""
    made = feed()
    assert text(made, "id") == FEED.id
    assert text(made, "title") == FEED.title
    assert text(made, "subtitle") == FEED.subtitle
    assert text(made, "updated") == "2022-02-20T09:30:00Z"


def test_a_feed_has_its_authors() -> None:
    """Conformance 14."""
    (author,) = feed().findall(f"{ATOM}author")
    assert {each.tag.removeprefix(ATOM): each.text for each in author} == {
        "name": "Newsroom",
        "email": "desk@example.org",
        "uri": f"{BASE}/about",
    }


@pytest.mark.parametrize("authors", [(), (Person(" ", "x@example.org"),)])
def test_a_feed_without_authors_names_itself_as_the_author(authors: tuple[Person, ...]) -> None:
    """Conformance 14: its entries may have none either."""
    (author,) = feed(replace(FEED_ATOM, authors=authors), BARE).findall(f"{ATOM}author")
    assert text(author, "name") == FEED.title


def test_an_entry_has_all_authors_with_their_known_details() -> None:
    """Conformance 14."""
    found = [
        {each.tag.removeprefix(ATOM): each.text for each in author}
        for author in entry(ENTRY).findall(f"{ATOM}author")
    ]
    assert found == [{"name": ADA.name, "email": ADA.email, "uri": ADA.uri}, {"name": BO.name}]


@pytest.mark.parametrize("id", ["HTTP://Example.org/%7ea/../b", "tag:a,2020:é", "urn:x:1"])
def test_ids_are_unchanged(id: str) -> None:  # noqa: A002
    """Conformance 15: they are compared character by character."""
    assert text(entry(replace(ENTRY, id=id)), "id") == id
    assert text(feed(replace(FEED_ATOM, id=id)), "id") == id


def test_dates_are_rfc_3339_without_a_fraction() -> None:
    """Conformance 16."""
    made = entry(ENTRY)
    assert text(made, "published") == "2022-02-17T09:30:15Z"
    assert text(made, "updated") == "2022-02-18T08:00:00Z"


def test_summary_and_content_are_escaped_html() -> None:
    """Conformance 17, 25: several readers interpret every summary as HTML."""
    made = entry(ODD)
    kinds = {each.tag: each.get("type") for each in made if each.get("type")}
    assert kinds[f"{ATOM}summary"] == "html"
    assert kinds[f"{ATOM}content"] == "html"
    assert html.unescape(text(made, "summary")) == ODD.summary
    assert "<" not in text(made, "summary")
    assert text(made, "content") == ODD.content


def test_references_in_plain_text_are_escaped_hexadecimally() -> None:
    """Conformance 7, 17: the validator guesses from named references that the text is HTML."""
    words = "The &nbsp; entity"
    document = render(
        Format.ATOM,
        replace(FEED_ATOM, title=words, subtitle=words, rights=words),
        replace(ENTRY, title=words),
    )
    assert document.count(b">The &#x26;nbsp; entity</") == 4


@pytest.mark.parametrize("content", [None, "", " "])
def test_an_entry_without_text_has_no_blank_summary(content: str | None) -> None:
    """RFC 4287 4.1.1.1 requires a summary, but readers would display a blank one."""
    made = entry(replace(BARE, content=content))
    assert made.find(f"{ATOM}content") is None
    assert made.find(f"{ATOM}summary") is None
    assert [each.get("rel") for each in made.iter(f"{ATOM}link")] == ["alternate"]


def test_atom_categories_have_their_label_as_term() -> None:
    """Conformance 17: several readers display the term."""
    assert [dict(each.attrib) for each in entry(ENTRY).iter(f"{ATOM}category")] == [
        {"term": each.label, "scheme": each.scheme, "label": each.label}
        for each in ENTRY.categories
    ]


def test_a_category_without_a_term_is_omitted() -> None:
    """Conformance 17."""
    made = entry(replace(ENTRY, categories=(Category("", f"{BASE}/", "x"),)))
    assert made.find(f"{ATOM}category") is None


def test_a_feed_links_to_its_page_and_then_to_itself() -> None:
    """Conformance 18: some readers use the first link as that of the site."""
    assert [dict(each.attrib) for each in feed().findall(f"{ATOM}link")] == [
        {"href": FEED.link, "rel": "alternate", "type": "text/html"},
        {"href": FEED_ATOM.self_url, "rel": "self", "type": "application/atom+xml"},
    ]


def test_metadata_precedes_the_entries() -> None:
    """Conformance 18."""
    tags = [each.tag == f"{ATOM}entry" for each in feed(FEED_ATOM, *ENTRIES)]
    assert tags == sorted(tags)
    assert sum(tags) == len(ENTRIES)


def test_an_entrys_links_keep_their_attributes() -> None:
    """Conformance 19: feedgen drops all but href."""
    assert [dict(each.attrib) for each in entry(ENTRY).findall(f"{ATOM}link")] == [
        {"href": ENTRY.link, "rel": "alternate", "type": "text/html"},
        {
            "href": f"{BASE}/files/wells.mp3",
            "rel": "enclosure",
            "type": "audio/mpeg",
            "length": "1234",
        },
        {"href": f"{BASE}/files/map.pdf", "rel": "enclosure", "type": "application/pdf"},
    ]


def links(value: Entry) -> list[tuple[str | None, str | None]]:
    return [(each.get("rel"), each.get("href")) for each in entry(value).findall(f"{ATOM}link")]


def test_an_entry_about_another_page_links_to_both() -> None:
    assert links(LINKED) == [("alternate", ELSEWHERE), ("related", LINKED.page)]
    own = replace(LINKED, link=f"{BASE}/articles/look", page=None)
    assert links(own) == [("alternate", own.link), ("related", ELSEWHERE)]


def test_comments_are_a_link_of_replies() -> None:
    """RFC 4685 4."""
    assert links(replace(BARE, comments=f"{BASE}/talk#c")) == [
        ("alternate", BARE.link),
        ("replies", f"{BASE}/talk#c"),
    ]


def test_an_enclosure_without_a_url_is_omitted() -> None:
    """Conformance 19."""
    made = entry(replace(ENTRY, enclosures=(Enclosure("", "audio/mpeg", 1),)))
    assert [each.get("rel") for each in made.findall(f"{ATOM}link")] == ["alternate"]


def test_xml_lang_is_on_the_feed_and_on_entries_of_other_languages() -> None:
    """Conformance 20."""
    made = feed(FEED_ATOM, ENTRY, BARE)
    assert made.get(f"{XML}lang") == "en-gb"
    assert [each.get(f"{XML}lang") for each in made.iter(f"{ATOM}entry")] == ["fr", None]


@pytest.mark.parametrize(
    ("generator", "name", "version"),
    [
        ("feedsvc 0.1.0", "feedsvc", "0.1.0"),
        ("My feed maker 2", "My feed maker", "2"),
        ("feedsvc", "feedsvc", None),
    ],
)
def test_the_generator_has_name_and_version(generator: str, name: str, version: str | None) -> None:
    """Conformance 14: RFC 4287 4.2.4."""
    (found,) = feed(replace(FEED_ATOM, generator=generator)).findall(f"{ATOM}generator")
    assert (found.text, found.get("version"), len(found.attrib)) == (name, version, bool(version))


def test_a_feed_has_rights_and_a_logo() -> None:
    """Conformance 18."""
    made = feed()
    assert text(made, "rights") == FEED.rights
    assert text(made, "logo") == f"{BASE}/logo.png"
    plain = feed(replace(FEED_ATOM, rights="", image=None))
    assert plain.find(f"{ATOM}rights") is None
    assert plain.find(f"{ATOM}logo") is None
    assert plain.find(f"{ATOM}icon") is None


def test_the_icon_is_the_default_logo() -> None:
    icon = f"{BASE}/icon.png"
    both, only = (
        feed(replace(FEED_ATOM, icon=icon)),
        feed(replace(FEED_ATOM, icon=icon, image=None)),
    )
    assert (text(both, "icon"), text(both, "logo")) == (icon, f"{BASE}/logo.png")
    assert (text(only, "icon"), text(only, "logo")) == (icon, icon)


def test_an_image_of_an_entry_is_media_thumbnail_and_media_content() -> None:
    """Conformance 23: gofeed reads only the second."""
    made = [(each.tag, dict(each.attrib)) for each in entry(ENTRY) if MEDIA in str(each.tag)]
    assert made == [
        (f"{MEDIA}thumbnail", {"url": ENTRY.image}),
        (f"{MEDIA}content", {"url": ENTRY.image, "medium": "image"}),
    ]


def test_feedparser_reads_back_all_values() -> None:
    """Conformance 23, 25."""
    read = feedparser.parse(render(Format.ATOM, FEED_ATOM, *ENTRIES))
    assert not read.bozo
    assert (read.feed.title, read.feed.subtitle, read.feed.link, read.feed.id) == (
        FEED.title,
        FEED.subtitle,
        FEED.link,
        FEED.id,
    )
    assert [each.id for each in read.entries] == [each.id for each in ENTRIES]
    assert [each.link for each in read.entries] == [each.link for each in ENTRIES]
    assert [each.title for each in read.entries] == [each.title for each in ENTRIES]
    assert [html.unescape(each.get("summary", "")) for each in read.entries] == [
        each.summary for each in ENTRIES
    ]
    assert read.entries[2].title == ODD_TITLE
    rich = read.entries[0]
    assert rich.content[0].value == ENTRY.content
    assert rich.published_parsed[:6] == (2022, 2, 17, 9, 30, 15)
    assert rich.updated_parsed[:6] == (2022, 2, 18, 8, 0, 0)
    assert [each.name for each in rich.authors] == [ADA.name, BO.name]
    assert [(each.term, each.scheme, each.label) for each in rich.tags] == [
        (each.label, each.scheme, each.label) for each in ENTRY.categories
    ]
    assert [(each.href, each.type) for each in rich.enclosures] == [
        (each.url, each.type) for each in ENTRY.enclosures
    ]


def test_a_feed_without_entries_is_valid() -> None:
    """Conformance 14."""
    read = feedparser.parse(render(Format.ATOM, FEED_ATOM))
    assert not read.bozo
    assert (read.version, read.feed.title, read.entries) == ("atom10", FEED.title, [])


def test_the_media_type_names_the_encoding_of_the_document() -> None:
    """Conformance 47."""
    assert atom.MEDIA_TYPE == "application/atom+xml; charset=utf-8"
    assert render(Format.ATOM).startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
