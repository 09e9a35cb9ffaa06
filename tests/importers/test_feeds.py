"""Import of feeds as real programs write them: RSS, Atom, Blogger exports, JSON Feed."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.importers import feeds, jsonfeed
from feedsvc.importers.item import Item, Skipped
from feedsvc.importers.sources import SourceFormat
from feedsvc.importers.stream import Stream
from feedsvc.model import Article, ContentChoice, Enclosure, FeedRef, Kind, Person
from tests.importers.desk import HINTS, SOURCES, Site, codes
from tests.soak import examples

CET = timezone(timedelta(hours=1))
MORNING = datetime(2022, 2, 17, 9, 30, tzinfo=CET)
RSS = '<rss version="2.0"><channel><link>https://a.example/</link>{}</channel></rss>'
ITEM = "<item><title>T</title><guid>urn:x:1</guid><pubDate>2022-02-17</pubDate>{}</item>"


def imported(folder: Path, name: str) -> dict[str, Article]:
    """Import one of the sources and return its articles by id."""
    site = Site(folder)
    site.run(SOURCES / name)
    return {str(article.id): article for article in site.articles().values()}


def found(xml: str) -> list[object]:
    """Return all items and problems of an XML feed."""
    stream = Stream("a.xml", io.BytesIO(xml.encode()), lambda _: None)
    return list(feeds.read("a.xml", stream, HINTS))


def item(*inside: str) -> Item:
    (only,) = found(RSS.format(ITEM.format("".join(inside))))
    assert isinstance(only, Item)
    return only


def labels(article: Article, kind: Kind) -> list[str]:
    return [label for ref, label in article.terms if ref.kind is kind]


def test_wordpress_rss_is_imported(tmp_path: Path) -> None:
    articles = imported(tmp_path, "wordpress.rss")
    first, second = articles["https://old.example/?p=12"], articles["https://old.example/?p=11"]
    assert first.title == "France & its partners leave Mali"
    assert first.published == datetime(2022, 2, 17, 8, 30, tzinfo=UTC)
    assert first.slug == "withdrawal-from-mali"
    assert labels(first, Kind.CATEGORY) == ["News & Views", "Mali"]
    assert first.authors == (Person("Ada Keïta"),)
    assert first.summary == "France and its partners said that they would withdraw. […]"
    assert '<img src="https://old.example/wp-content/uploads/map.jpg"' in first.html
    assert first.enclosures == (
        Enclosure("https://old.example/audio/12.mp3", "audio/mpeg", 4821733),
    )
    assert first.language == "en-gb"
    assert second.title == "Élections : C++ <3"
    assert (second.summary, second.content) == ("Only a summary.", ContentChoice.SUMMARY)
    assert second.html == "<p>Only a summary.</p>"


def test_wordpress_atom_is_imported(tmp_path: Path) -> None:
    (article,) = imported(tmp_path, "wordpress.atom").values()
    assert article.id == "https://old.example/?p=12"
    assert article.title == "France & its partners leave Mali"
    assert article.updated == datetime(2022, 2, 18, 9, tzinfo=UTC)
    assert article.authors == (Person("Ada Keïta", uri="https://ada.example/"),)
    more = 'href="https://old.example/2022/02/17/withdrawal-from-mali/more"'
    assert more in article.html
    assert article.enclosures[0].length == 4821733


def test_exports_of_blogger_are_imported(tmp_path: Path) -> None:
    site = Site(tmp_path)
    report = site.run(SOURCES / "blogger.xml")
    assert report.skipped == {"settings": 1, "page": 1, "comment": 1}
    articles = {article.id: article for article in site.articles().values()}
    post = articles["tag:blogger.com,1999:blog-771.post-1001"]
    assert (post.title, post.published, post.draft) == (
        "Ids <b> outlive URLs",
        datetime(2011, 2, 17, 9, 30, tzinfo=CET),
        False,
    )
    assert labels(post, Kind.CATEGORY) == ["Feeds", "Élan"]
    assert articles["tag:blogger.com,1999:blog-771.post-1002"].draft


def test_recent_exports_of_blogger_are_imported() -> None:
    entry = (
        "<feed xmlns='http://www.w3.org/2005/Atom' "
        "xmlns:blogger='http://schemas.google.com/blogger/2018'><entry><id>tag:b,1999:1</id>"
        "<blogger:type>{}</blogger:type><blogger:status>{}</blogger:status>"
        "<title>T</title><published>2022-02-17T08:30:00Z</published></entry></feed>"
    )
    (live,) = found(entry.format("POST", "LIVE"))
    (draft,) = found(entry.format("POST", "DRAFT"))
    assert isinstance(live, Item)
    assert isinstance(draft, Item)
    assert (live.draft, draft.draft) == (False, True)
    assert found(entry.format("COMMENT", "LIVE")) == [Skipped("comment")]
    assert found(entry.format("POST", "SOFT_TRASHED")) == [Skipped("trash")]


def test_hugo_rss_is_imported(tmp_path: Path) -> None:
    articles = imported(tmp_path, "hugo.xml")
    whole = articles["https://hugo.example/posts/static/"]
    assert whole.html == '<p>All of it, with an <img src="https://hugo.example/a.png">.</p>'
    assert (whole.content, whole.title, whole.published) == (None, "Static & fast", MORNING)
    # Readers identify an item without a guid by its link.
    short = articles["https://hugo.example/posts/short/"]
    assert (short.content, short.summary) == (ContentChoice.SUMMARY, "Just words.")


def test_jekyll_atom_is_imported(tmp_path: Path) -> None:
    (article,) = imported(tmp_path, "jekyll.xml").values()
    assert article.id == "https://jekyll.example/2022/02/17/use"
    assert (article.title, article.slug) == ("Use <b> & more", "use")
    assert article.authors == (Person("Benoît"),)  # the feed's
    assert article.image == "https://jekyll.example/a.png"


def test_ghost_rss_is_imported_with_new_ids(tmp_path: Path) -> None:
    """Conformance 15."""
    site = Site(tmp_path)
    report = site.run(SOURCES / "ghost.rss")
    assert codes(report) == ["new-id"]
    (article,) = site.articles().values()
    assert (article.title, article.summary) == ("Coming soon", "This is Ghost site.")
    assert article.image == "https://ghost.example/content/images/a.jpg"


def test_json_feed_is_imported(tmp_path: Path) -> None:
    """Conformance 21, 25."""
    site = Site(tmp_path)
    assert codes(site.run(SOURCES / "feed.json")) == ["new-id"]
    one, two = sorted(site.articles().values(), key=lambda each: each.slug == "deux")
    assert (one.id, one.title, one.slug) == ("https://json.example/1", "AT&T <b>", "un")
    assert (one.published, one.updated) == (MORNING, MORNING + timedelta(days=1))
    assert labels(one, Kind.TAG) == ["C++", "Élan"]
    assert one.html == '<p>Un <a href="https://json.example/deux">lien</a>.</p>'
    assert one.enclosures == (Enclosure("https://json.example/a.mp3", "audio/mpeg", 12),)
    assert one.authors == (Person("Ada", uri="https://ada.example/"),)
    assert (two.html, two.authors) == (
        "<p>Un &lt; deux.</p>\n<p>Et trois.</p>",
        (Person("Benoît"),),
    )
    assert two.language == "fr"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "broken-json"),
        (b'{"a": ' + b"[" * 100_000, "broken-json"),
        (b'{"a": "\xff"}', "broken-json"),
        (b'{"a": ' + b"9" * 5000 + b"}", "broken-json"),
        (b'{"version": "2"}', "unknown-source"),
        (b'{"items": [1, null, {}]}', "unknown-source"),
    ],
)
def test_json_that_is_not_a_feed_is_one_problem(tmp_path: Path, content: bytes, code: str) -> None:
    site = Site(tmp_path)
    assert codes(site.run(site.put("a.json", content))) == [code]


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(sorted("ab")), inner),
    max_leaves=5,
)
NAMES = ["id", "url", "title", "content_html", "summary", "tags", "authors", "attachments", "image"]


@settings(max_examples=examples(10))
@given(st.lists(st.dictionaries(st.sampled_from([*NAMES, "date_published"]), json_values)))
def test_any_json_results_in_items_or_problems(items: list[object]) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": items}
    assert len(list(jsonfeed.read("a.json", json.dumps(feed).encode(), HINTS))) == len(items)


DATES = {
    "Thu, 17 Feb 2022 09:30:00 +0100": MORNING,
    "Thu, 17 Feb 2022 03:30:00 EST": MORNING,  # RFC 822 5.1
    "17 Feb 22 08:30 GMT": MORNING,  # RFC 2822 4.3
    "Fri, 17 Feb 95 08:30:00 UT": datetime(1995, 2, 17, 8, 30, tzinfo=UTC),
    "2022-02-17T09:30:00.5+01:00": MORNING,
    "2022-02-17 09:30": MORNING,
}


@pytest.mark.parametrize(("written", "moment"), DATES.items())
def test_dates_of_feeds_are_read_leniently(written: str, moment: datetime) -> None:
    """Conformance 3, 52."""
    (only,) = found(RSS.format(f"<item><title>T</title><pubDate>{written}</pubDate></item>"))
    assert isinstance(only, Item)
    assert only.published == moment


@pytest.mark.parametrize(
    "written", ["Wed, 17 Feb 2022 09:30:00 GMT", "2022-02-30", "February 17", "03/04/2022", "soon"]
)
def test_an_item_with_a_bad_date_is_reported_and_others_are_imported(
    tmp_path: Path, written: str
) -> None:
    """Conformance 53."""
    site = Site(tmp_path)
    bad = f"<item>\n<title>B</title><pubDate>{written}</pubDate></item>"
    report = site.run(site.put("a.xml", RSS.format(bad + ITEM.format(""))))
    (problem,) = report.problems
    assert str(problem).startswith(f"{tmp_path}/sources/a.xml:1: error: item 1 has a bad date: ")
    assert problem.code == "bad-source-date"
    assert report.written == 1


def test_rss_1_0_is_imported() -> None:
    (only,) = found(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<channel><title>C</title><link>https://a.example/</link><dc:language>fr</dc:language>"
        '</channel><item rdf:about="https://a.example/1"><title>T</title>'
        "<link>https://a.example/1?x</link><dc:date>2022-02-17T09:30:00+01:00</dc:date>"
        "<dc:creator>Ada</dc:creator><dc:subject>S</dc:subject></item></rdf:RDF>"
    )
    assert isinstance(only, Item)
    assert (only.id, only.link) == ("https://a.example/1", "https://a.example/1?x")
    assert (only.published, only.language, only.categories) == (MORNING, "fr", ("S",))
    assert only.authors == (Person("Ada"),)


def test_xhtml_in_atom_becomes_html_and_xml_base_is_applied() -> None:
    """Conformance 13."""
    (only,) = found(
        '<a:feed xmlns:a="http://www.w3.org/2005/Atom" xml:base="https://a.example/x/">'
        "<a:entry><a:id>urn:x:1</a:id><a:title type='xhtml'><div xmlns='http://www.w3.org/1999/"
        "xhtml'>A <b>T</b></div></a:title><a:link href='1'/><a:updated>2022-02-17T08:30:00Z"
        "</a:updated><a:content type='xhtml' xml:base='y/'><h:div xmlns:h='http://www.w3.org/1999/"
        "xhtml'>B<h:br/><h:a href='z'>C</h:a> &lt;</h:div></a:content></a:entry></a:feed>"
    )
    assert isinstance(only, Item)
    assert (only.title, only.link) == ("A T", "https://a.example/x/1")
    assert only.base == "https://a.example/x/y/"
    assert only.body == '<div>B<br><a href="z">C</a> &lt;</div>'


def test_an_empty_item_is_read() -> None:
    (only,) = found(RSS.format("<item/>"))
    assert isinstance(only, Item)
    assert (only.id, only.title, only.published, only.body) == ("", "", None, "")


@pytest.mark.parametrize(
    ("inside", "person"),
    [
        ("<author>ada@news.example (Ada)</author>", Person("Ada", "ada@news.example")),
        ("<author>ada@news.example</author>", Person("ada@news.example")),
        ("<author>Ada</author>", Person("Ada")),
    ],
)
def test_authors_of_rss_are_parsed(inside: str, person: Person) -> None:
    """Conformance 8."""
    assert item(inside).authors == (person,)


def test_tags_are_distinguished_by_their_scheme() -> None:
    read = item(
        '<category domain="https://a.example/feeds/tag/">C++</category>',
        '<category domain="https://a.example/feeds/category/">News</category><category/>',
    )
    assert (read.tags, read.categories[0]) == (("C++",), "News")


@pytest.mark.parametrize("name", ["wordpress.rss", "wordpress.atom", "hugo.xml", "jekyll.xml"])
def test_values_equal_those_that_feedparser_reads(tmp_path: Path, name: str) -> None:
    """Conformance 15, 23: ids, links and dates."""
    parsed = feedparser.parse((SOURCES / name).read_bytes())
    with (SOURCES / name).open("rb") as file:
        items = list(feeds.read(name, Stream(name, file, lambda _: None), HINTS))
    assert len(items) == len(parsed.entries)
    for ours, theirs in zip(items, parsed.entries, strict=True):
        assert isinstance(ours, Item)
        assert ours.published
        assert (ours.id, ours.link) == (theirs.get("id", theirs.link), theirs.link)
        assert ours.published.astimezone(UTC).timetuple()[:6] == theirs.published_parsed[:6]


def test_overlapping_archive_pages_result_in_each_article_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    for number in range(3):
        items = "".join(
            f"<item><title>T{each}</title><guid>urn:x:{each}</guid>"
            "<pubDate>2022-02-17</pubDate></item>"
            for each in range(number, number + 2)
        )
        site.put(f"page{number}.xml", RSS.format(items))
    report = site.run(tmp_path / "sources")
    assert (report.written, report.existing, report.problems) == (4, 2, [])
    before = site.files()
    again = site.run(tmp_path / "sources")
    assert (again.written, again.existing) == (0, 6)
    assert site.files() == before
    site.put("page3.xml", RSS.format(ITEM.format("").replace("urn:x:1", "urn:x:9")))
    assert site.run(tmp_path / "sources").written == 1
    assert before.items() <= site.files().items()


def test_hints_supply_missing_values_of_a_feed(tmp_path: Path) -> None:
    site = Site(tmp_path)
    dated, bare = ITEM.format("<category>C</category>"), "<item><title>B</title></item>"
    hints = replace(HINTS, date=MORNING, categories=("D",), language="fr")
    site.run(site.put("a.xml", RSS.format(dated + bare)), hints=hints, format=SourceFormat.FEED)
    first, second = sorted(site.articles().values(), key=lambda each: each.title == "B")
    assert (first.published.day, labels(first, Kind.CATEGORY)) == (17, ["C"])
    assert (second.published, labels(second, Kind.CATEGORY)) == (MORNING, ["D"])
    assert (FeedRef(Kind.LANGUAGE, "fr"), "fr") in second.terms


@pytest.mark.parametrize(
    "other",
    [
        {"date_published": "2022-02-18"},
        {"content_text": "Other."},
        {"content_text": None, "summary": "Other."},
        {"title": "Other"},
    ],
)
def test_json_items_without_id_and_url_are_merged_only_if_equal(
    tmp_path: Path, other: dict[str, str | None]
) -> None:
    first = {"title": "Daily links", "date_published": "2022-02-17", "content_text": "Text."}
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [first, first, first | other]}
    site = Site(tmp_path)
    source = site.put("a.json", json.dumps(feed))
    report = site.run(source)
    assert (report.written, report.existing, report.problems) == (2, 1, [])
    assert site.run(source).existing == 3


ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.example/b/"><entry>'
    "<id>urn:x:1</id><title>T</title><updated>2022-02-17T00:00:00Z</updated>{}</entry></feed>"
)


@pytest.mark.parametrize("summary", ["", "<summary>Short.</summary>"])
def test_external_content_becomes_a_link_and_a_warning(tmp_path: Path, summary: str) -> None:
    site = Site(tmp_path)
    content = '<content type="text/html" src="c.html?a=1&amp;b=2"/>'
    report = site.run(site.put("a.xml", ATOM.format(content + summary)))
    (problem,) = report.problems
    assert (problem.code, problem.severity) == ("empty-text", "warning")
    assert "at https://a.example/b/c.html?a=1&b=2; " in problem.message
    assert len(site.articles()) == 1
    (written,) = site.files().values()
    assert b'href="https://a.example/b/c.html?a=1&amp;b=2"' in written
    assert (b"<p>Short.</p>" in written) == bool(summary)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<content/>",
        '<content type="html">&lt;p&gt; &lt;/p&gt;</content>',
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"> <br/></div></content>',
        '<content type="application/pdf">JVBERi0=</content>',
    ],
)
def test_an_entry_without_text_is_a_warning(tmp_path: Path, content: str) -> None:
    site = Site(tmp_path)
    report = site.run(site.put("a.xml", ATOM.format(content)))
    assert (report.written, codes(report)) == (1, ["empty-text"])


@pytest.mark.parametrize("content", ["a", "&lt;img src='https://a.example/a.png'&gt;"])
def test_an_entry_with_text_or_an_image_is_not_empty(tmp_path: Path, content: str) -> None:
    site = Site(tmp_path)
    source = ATOM.format(f'<content type="html">{content}</content>')
    assert codes(site.run(site.put("a.xml", source))) == []


def test_an_invalid_size_of_an_attachment_is_ignored() -> None:
    attachment = {"url": "https://a.example/b.mp3", "mime_type": "audio/mpeg"}
    items = [
        {"id": "1", "attachments": [attachment | {"size_in_bytes": size}]}
        for size in (12, "12", "\u00b2", -1, None, 10**20)
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": items}
    found = jsonfeed.read("a.json", json.dumps(feed).encode(), HINTS)
    lengths = [item.enclosures[0].length for item in found if isinstance(item, Item)]
    assert lengths == [12, 12, 0, 0, 0, 0]
