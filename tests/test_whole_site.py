"""The sample site from its files to its bytes: every feed, every format, item by item.

feedparser reads the rendered feeds like an independent reader.
"""

import calendar
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree
from lxml import html as lxml_html

from feedsvc import routes, sources, syntax, urls
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.model import FeedRef, Format, Kind
from feedsvc.publication import Publication
from feedsvc.web import create_app

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
RFC822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d (GMT|[+-]\d{4})"
)
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publication]:
    folder = tmp_path_factory.mktemp("catalog")
    site = sources.load(ROOT, {"FEEDSVC_DATABASE": f"sqlite:///{folder}/catalog.db"})
    catalog = Catalog(site.database)
    catalog.create()
    report = sync(catalog, site, NOW)
    assert report.problems == ()
    assert report.published.new >= 8
    yield Publication(site, catalog)
    catalog.close()


@pytest.fixture(scope="module")
def refs(publication: Publication) -> list[FeedRef]:
    found = [feed.ref for feed in publication.feeds()]
    assert {ref.kind for ref in found} == set(Kind) - {Kind.SECTION}  # it has no sections
    return found


def body(publication: Publication, ref: FeedRef, format: Format) -> bytes:
    document = publication.document(ref, format)
    assert document is not None
    return document.body


@dataclass(frozen=True)
class Item:
    """An item as a reader parses it. categories: label and, if the format has one, scheme."""

    id: str
    title: str
    link: str
    published: int
    summary: str
    content: str
    authors: str
    categories: tuple[str, ...]
    enclosure: tuple[str, str, int] | None


def read_xml(data: bytes) -> list[Item]:
    """Read RSS or Atom with feedparser, without its sanitising and resolving."""
    found = feedparser.parse(data, sanitize_html=False, resolve_relative_uris=False)
    assert not found.bozo, found.get("bozo_exception")
    return [_item(each) for each in found.entries]


def _joined(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _item(entry: Any) -> Item:
    content = entry.content[0].value if entry.get("content") else ""
    enclosures = [(each.href, each.type, int(each.length)) for each in entry.get("enclosures", ())]
    return Item(
        id=entry.id,
        title=entry.title,
        link=entry.link,
        published=calendar.timegm(entry.published_parsed),
        summary=html.unescape(entry.get("summary", "")),
        content=content,
        authors=_joined(each.name for each in entry.get("authors", ())),
        categories=tuple(each.label or each.term for each in entry.get("tags", ())),
        enclosure=enclosures[0] if enclosures else None,
    )


def read_json(data: bytes) -> list[Item]:
    """Read JSON Feed."""
    return [
        Item(
            id=each["id"],
            title=each["title"],
            link=each.get("external_url", each["url"]),
            published=int(datetime.fromisoformat(each["date_published"]).timestamp()),
            summary=each.get("summary", ""),
            content=each.get("content_html", ""),
            authors=_joined(person["name"] for person in each["authors"]),
            categories=tuple(each.get("tags", ())),
            enclosure=next(
                (
                    (file["url"], file["mime_type"], file.get("size_in_bytes", 0))
                    for file in each.get("attachments", ())
                ),
                None,
            ),
        )
        for each in json.loads(data)["items"]
    ]


READERS = {Format.RSS: read_xml, Format.ATOM: read_xml, Format.JSON: read_json}


@pytest.mark.parametrize("format", [Format.RSS, Format.ATOM])
def test_every_format_has_the_same_items(
    publication: Publication, refs: list[FeedRef], format: Format
) -> None:
    """Conformance 23, 25."""
    for ref in refs:
        found = READERS[format](body(publication, ref, format))
        assert found == READERS[Format.JSON](body(publication, ref, Format.JSON)), ref.key
        assert found, ref.key


def test_ids_are_absolute_and_unique(publication: Publication, refs: list[FeedRef]) -> None:
    """Conformance 4, 15."""
    link_of: dict[str, str] = {}
    for ref in refs:
        items = read_json(body(publication, ref, Format.JSON))
        assert len({each.id for each in items}) == len(items)
        for each in items:
            assert syntax.is_iri(each.id)
            assert link_of.setdefault(each.id, each.link) == each.link


def test_entries_are_sorted_newest_first(publication: Publication, refs: list[FeedRef]) -> None:
    for ref in refs:
        dates = [each.published for each in read_json(body(publication, ref, Format.JSON))]
        assert dates == sorted(dates, reverse=True)


def test_content_has_absolute_urls_and_no_active_markup(
    publication: Publication, refs: list[FeedRef]
) -> None:
    """Conformance 13."""
    for item in read_json(body(publication, FeedRef(Kind.ALL), Format.JSON)):
        if not item.content:
            continue
        tree = lxml_html.fragment_fromstring(item.content, create_parent="div")
        assert not tree.xpath("//script | //iframe | //style | //object | //embed | //form")
        for element in tree.iter():
            assert not [name for name in element.attrib if name.startswith("on") or name == "style"]
            for name in ("href", "src", "poster", "cite"):
                if url := element.get(name):
                    assert syntax.is_url(url) or url.startswith("mailto:"), url


def test_rss_documents_conform_to_the_specification(
    publication: Publication, refs: list[FeedRef]
) -> None:
    """Conformance 2 to 12."""
    site = publication.settings
    for ref in refs:
        channel = etree.fromstring(body(publication, ref, Format.RSS))[0]
        url = urls.absolute(site.base_url, routes.feed_path(ref, Format.RSS))
        [self_link] = channel.findall(f"{ATOM}link[@rel='self']")
        assert self_link.get("href") == url
        for name in ("title", "link", "description", "language", "lastBuildDate", "ttl"):
            assert channel.findtext(name), (ref.key, name)
        assert int(str(channel.findtext("ttl"))) * 60 == site.feed(ref.key).max_age
        assert channel.findtext("language") == str(channel.findtext("language")).lower()
        image = channel.find("image")
        assert image is not None
        assert image.findtext("title") == channel.findtext("title")
        assert image.findtext("link") == channel.findtext("link")
        width = image.findtext("width")  # artwork is larger, and has none
        assert width is None or int(width) <= 144
        for date in channel.iter("pubDate", "lastBuildDate"):
            assert RFC822.fullmatch(str(date.text))
        for item in channel.iter("item"):
            names = [child.tag for child in item]
            assert names.count("guid") == names.count("pubDate") == 1
            assert names.count("enclosure") <= 1
            assert "author" not in names
            [guid] = item.findall("guid")
            assert guid.get("isPermaLink") == "false"
            encoded = "{http://purl.org/rss/1.0/modules/content/}encoded"
            if encoded in names:
                assert names.index("description") < names.index(encoded)


def test_atom_documents_conform_to_the_specification(
    publication: Publication, refs: list[FeedRef]
) -> None:
    """Conformance 14 to 20."""
    site = publication.settings
    for ref in refs:
        feed = etree.fromstring(body(publication, ref, Format.ATOM))
        url = urls.absolute(site.base_url, routes.feed_path(ref, Format.ATOM))
        assert feed.get(XML_LANG)
        assert [each.get("href") for each in feed.findall(f"{ATOM}link[@rel='self']")] == [url]
        tags = [child.tag for child in feed]
        assert f"{ATOM}entry" not in tags[: tags.index(f"{ATOM}entry")]
        assert set(tags[tags.index(f"{ATOM}entry") :]) == {f"{ATOM}entry"}
        for element in (feed, *feed.findall(f"{ATOM}entry")):
            for name in ("id", "title", "updated"):
                assert len(element.findall(f"{ATOM}{name}")) == 1
            assert len(element.findall(f"{ATOM}author")) >= 1
            assert len(element.findall(f"{ATOM}link[@rel='alternate']")) == 1
            for date in (*element.findall(f"{ATOM}updated"), *element.findall(f"{ATOM}published")):
                assert RFC3339.fullmatch(str(date.text))
        for category in feed.iter(f"{ATOM}category"):
            assert category.get("term") == category.get("label")
            assert syntax.is_url(str(category.get("scheme")))
        for content in feed.iter(f"{ATOM}content"):
            assert content.get("type") == "html"
            assert len(content) == 0


def test_an_entry_in_another_language_has_an_xml_lang(publication: Publication) -> None:
    """Conformance 20."""
    feed = etree.fromstring(body(publication, FeedRef(Kind.ALL), Format.ATOM))
    assert {entry.get(XML_LANG) for entry in feed.iter(f"{ATOM}entry")} == {None, "fr"}
    french = etree.fromstring(body(publication, FeedRef(Kind.LANGUAGE, "fr"), Format.ATOM))
    assert french.get(XML_LANG) == "fr"
    assert {entry.get(XML_LANG) for entry in french.iter(f"{ATOM}entry")} == {None}


def test_json_feeds_conform_to_the_specification(
    publication: Publication, refs: list[FeedRef]
) -> None:
    """Conformance 21, 22."""
    site = publication.settings
    for ref in refs:
        feed = json.loads(body(publication, ref, Format.JSON))
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert feed["feed_url"] == urls.absolute(site.base_url, routes.feed_path(ref, Format.JSON))
        assert feed["home_page_url"] == urls.absolute(site.base_url, routes.page_path(ref))
        assert feed.get("next_url") != feed["feed_url"]
        for item in feed["items"]:
            assert isinstance(item["id"], str)
            assert item["url"]
            assert ("content_html" in item) != ("content_text" in item)
            assert "&amp;" not in item["title"]
            assert item["authors"]


def test_articles_that_are_not_public_are_in_no_feed(
    publication: Publication, refs: list[FeedRef]
) -> None:
    """Conformance 55: drafts, scheduled, expired and `feeds: false`."""
    marks = {
        title
        for path in (ROOT / "content").rglob("*.md")
        for text in [path.read_text(encoding="utf-8").split("---")[1]]
        if re.search(r"^(draft: true|feeds: false|expires: 20[01]|published: 20[3-9])", text, re.M)
        for title in re.findall(r"^title: (.*)$", text, re.M)
    }
    assert len(marks) >= 3
    for ref in refs:
        for format in Format:
            titles = {item.title for item in READERS[format](body(publication, ref, format))}
            assert not titles & marks


def test_custom_feeds_are_listed_with_others_and_moved_feeds_are_not(
    publication: Publication,
) -> None:
    """Conformance 43, 45."""
    client = create_app(publication).test_client()

    def page_of(ref: FeedRef) -> str:
        newest = publication.entries(ref)[0]
        return newest.link.removeprefix(publication.settings.base_url)

    polls, archives = FeedRef(Kind.NAMED, "polls"), FeedRef(Kind.TAG, "archives")
    for path in ("/", "/feeds.opml", page_of(polls)):
        assert "/feeds/polls.rss" in client.get(path).text
    for path in ("/", "/feeds.opml", "/feeds/tag/", page_of(archives)):
        response = client.get(path)
        assert response.status_code == 200
        assert "tag/archives" in response.text
        assert "tag/rfc-5005" not in response.text
    for path in ("/feeds/polls.atom", "/feeds/polls/", "/feeds/tag/archives.atom"):
        assert client.get(path).status_code == 200
    assert (
        client.get("/feeds/tag/rfc-5005.atom").location
        == f"{publication.settings.base_url}/feeds/tag/archives.atom"
    )
    assert client.get("/feeds/tag/sample.atom").status_code == 410
    assert client.get("/feed/").location == f"{publication.settings.base_url}/feeds/all.rss"
