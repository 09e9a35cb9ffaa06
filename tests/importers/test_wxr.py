"""Import of exports of WordPress 6, and quirks of older ones."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import html
from feedsvc.importers import sources, wpcontent, wxr
from feedsvc.importers.item import Item, ParseResult, Skipped
from feedsvc.importers.run import Report
from feedsvc.importers.sources import SourceFormat
from feedsvc.importers.stream import Stream
from feedsvc.model import Article, Enclosure, Kind, Person
from tests.importers.desk import HINTS, NOW, SOURCES, Site, codes

CET = timezone(timedelta(hours=1))
EXPORT = (
    '<rss xmlns:wp="http://wordpress.org/export/1.2/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>{}</channel></rss>'
)
FIGURE = (
    '<figure><img src="https://old.example/wp-content/old.jpg" width="300">'
    "<figcaption>A caption</figcaption></figure>"
)
POST = (
    "<item><title>T</title><guid>urn:x:1</guid><wp:post_date>2022-02-17 09:30:00</wp:post_date>"
    "<wp:post_type>post</wp:post_type>{}</item>"
)


@pytest.fixture
def articles(tmp_path: Path) -> dict[str, Article]:
    """The articles of the export, by the query of their ids."""
    site = Site(tmp_path)
    report = site.run(SOURCES / "wordpress.xml")
    assert codes(report) == ["shortcode"]
    assert report.skipped == {
        "attachment": 1,
        "nav_menu_item": 1,
        "page": 1,
        "private": 1,
        "trash": 1,
        "with a password": 1,
    }
    found = site.articles().values()
    return {str(article.id).removeprefix("https://old.example/"): article for article in found}


def read(inside: str, **hints: object) -> list[ParseResult]:
    """Return the contents of an export."""
    text = EXPORT.format(inside).encode()
    streams = [Stream("a.xml", io.BytesIO(text), lambda _: None) for _ in range(2)]
    lookup = wxr.look_up("a.xml", streams[0])
    return list(wxr.read("a.xml", streams[1], lookup, replace(HINTS, **hints)))  # type: ignore[arg-type]


def post(inside: str) -> Item:
    (item,) = read(POST.format(inside))
    assert isinstance(item, Item)
    return item


def test_a_post_of_the_block_editor_is_imported(articles: dict[str, Article]) -> None:
    """Conformance 15: the id is the guid, the offset is that of the site on that day."""
    article = articles["?p=12"]
    assert article.path == "2022/withdrawal-from-mali.html"
    assert article.title == "France & its partners announce their withdrawal from Mali"
    assert article.published == datetime(2022, 2, 17, 9, 30, tzinfo=CET)
    assert article.published.utcoffset() == timedelta(hours=1)
    assert article.updated == datetime(2022, 2, 18, 10, tzinfo=CET)
    assert article.summary == "The withdrawal is to be complete by June."
    assert article.authors == (Person("Ada Keïta"),)
    labels = [(ref.kind, label) for ref, label in article.terms]
    assert labels[:2] == [(Kind.CATEGORY, "News & Views"), (Kind.TAG, "Mali")]
    assert article.language == "en-gb"
    assert article.image == "https://old.example/wp-content/uploads/2022/02/map.jpg"
    assert article.enclosures == (
        Enclosure("https://old.example/audio/episode%2012.mp3", "audio/mpeg", 4821733),
    )
    assert '<a href="https://old.example/about/">about</a>' in article.html
    assert '<a href="https://news.example.org/articles/withdrawal-from-mali#later">' in article.html
    assert '<h2 id="later">Later</h2>' in article.html


def test_email_addresses_are_not_published(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.run(SOURCES / "wordpress.xml")
    assert not any(b"private@" in content for content in site.files().values())


def test_a_post_of_the_classic_editor_is_imported(articles: dict[str, Article]) -> None:
    article = articles["archive/an-old-text"]
    assert article.path == "2009/un-texte-écrit.html"
    assert article.authors == (Person("gone"),)
    assert article.html.split("\n") == [
        *("<p>The first paragraph,<br>", "on two lines.</p>"),
        FIGURE,
        "<p>A list:</p>",
        *("<ul>", "<li>One</li>", "<li>Two</li>", "</ul>", "<p>After it.</p>"),
        *("<pre>kept", "", "as it is", "</pre>", '<p>[gallery ids="1,2"]</p>'),
    ]


def test_drafts_and_scheduled_posts_keep_their_status(articles: dict[str, Article]) -> None:
    """Conformance 55."""
    draft, scheduled = articles["?p=20"], articles["?p=21"]
    assert draft.draft
    # Without a time in UTC, the local time is in the zone of the site.
    assert draft.published == datetime(2024, 2, 1, 18, tzinfo=CET)
    assert not scheduled.draft
    assert scheduled.published == datetime(2040, 12, 31, 23, tzinfo=UTC)


def test_pages_are_imported_on_request(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.run(SOURCES / "wordpress.xml", hints=replace(HINTS, pages=True))
    assert "2009/about.html" in site.articles()


def test_a_second_import_writes_no_files_and_reports_no_problems(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.run(SOURCES / "wordpress.xml")
    before = site.files()
    report = site.run(SOURCES / "wordpress.xml")
    assert (report.written, report.existing, report.problems) == (0, 4, [])
    assert site.files() == before


@pytest.mark.parametrize(
    ("dates", "moment"),
    [
        ("2022-02-17 09:30:00|2022-02-17 08:30:00", datetime(2022, 2, 17, 9, 30, tzinfo=CET)),
        ("2022-02-17 09:30:00|0000-00-00 00:00:00", datetime(2022, 2, 17, 9, 30, tzinfo=CET)),
        ("0000-00-00 00:00:00|2022-02-17 08:30:00", datetime(2022, 2, 17, 8, 30, tzinfo=UTC)),
        ("2022-02-17 09:30:00|1970-01-01 00:00:00", datetime(1970, 1, 1, tzinfo=UTC)),
        ("0000-00-00 00:00:00|0000-00-00 00:00:00", None),
        ("|", None),
    ],
)
def test_dates_consisting_of_zeros_are_ignored(dates: str, moment: datetime | None) -> None:
    local, _, utc = dates.partition("|")
    (item,) = read(
        f"<item><wp:post_date>{local}</wp:post_date><wp:post_date_gmt>{utc}</wp:post_date_gmt>"
        "<pubDate>Mon, 30 Nov -0001 00:00:00 +0000</pubDate></item>"
    )
    assert isinstance(item, Item)
    assert item.published == moment


def test_an_item_with_an_impossible_date_is_reported_and_others_are_read() -> None:
    bad = POST.format("<wp:post_date_gmt>2022-02-30 00:00:00</wp:post_date_gmt>")
    problem, item = read(bad + POST.format(""))
    assert "does not exist" in str(problem)
    assert isinstance(item, Item)


def test_an_attachment_may_follow_the_post_that_uses_it() -> None:
    meta = (
        "<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>7</wp:meta_value>"
        "</wp:postmeta>"
    )
    attachment = (
        "<item><wp:post_type>attachment</wp:post_type><wp:post_id>7</wp:post_id>"
        "<wp:attachment_url>https://a.example/7.png</wp:attachment_url></item>"
    )
    item, left_out = read(POST.format(meta) + attachment)
    assert isinstance(item, Item)
    assert item.image == "https://a.example/7.png"
    assert left_out == Skipped("attachment")


GALLERY = "".join(
    f"<item><wp:post_type>attachment</wp:post_type><wp:post_id>{number}</wp:post_id>"
    f"<wp:post_parent>{parent}</wp:post_parent><wp:menu_order>{10 - number}</wp:menu_order>"
    f"<wp:attachment_url>https://a.example/{number}.{suffix}</wp:attachment_url>"
    '<x:encoded xmlns:x="https://wordpress.org/export/1.2/excerpt/">A &lt;b&gt;c&lt;/b&gt;'
    "</x:encoded></item>"
    for number, parent, suffix in ((7, 5, "png"), (8, 5, "jpg"), (9, 6, "gif"), (6, 5, "pdf"))
)


@pytest.mark.parametrize(
    ("shortcode", "images"),
    [
        ("[gallery]", ["8.jpg", "7.png"]),
        ('[gallery columns="2" ids="9, 7"]', ["9.gif", "7.png"]),
        ('[gallery ids="70"]', []),
    ],
)
def test_galleries_become_figures_of_attachments(shortcode: str, images: list[str]) -> None:
    text = f"<wp:post_id>5</wp:post_id><content:encoded>{shortcode}</content:encoded>"
    item, *_ = read(POST.format(text) + GALLERY)
    assert isinstance(item, Item)
    figure = '<figure><img src="https://a.example/{}"><figcaption>A <b>c</b></figcaption></figure>'
    assert item.body == ("".join(map(figure.format, images)) or f"<p>{shortcode}</p>")
    assert len(item.warnings) == (not images)


def test_footnotes_are_read_from_metadata() -> None:
    """WordPress 6.3 and later."""
    stored = '[{"id":"a-1","content":"A &lt;em&gt;note&lt;/em&gt;"}]'
    meta = (
        "<wp:postmeta><wp:meta_key>footnotes</wp:meta_key><wp:meta_value>{}</wp:meta_value>"
        "</wp:postmeta>"
    )
    blocks = "<!-- wp:p --><p>A</p><!-- wp:footnotes /-->"
    text = f"<content:encoded><![CDATA[{blocks}]]></content:encoded>"
    item = post(text + meta.format(stored))
    note = '<li id="a-1">A <em>note</em> <a href="#a-1-link">↩︎</a></li>'
    assert item.body == f"<!-- wp:p --><p>A</p><ol>{note}</ol>"
    assert item.warnings == ()
    assert len(post(text + meta.format("[")).warnings) == 1


def test_dynamic_blocks_are_reported() -> None:
    item = post(
        "<content:encoded><![CDATA[<!-- wp:paragraph --><p>A</p><!-- /wp:paragraph -->"
        '<!-- wp:latest-posts {"postsToShow":3} /-->]]></content:encoded>'
    )
    (warning,) = item.warnings
    assert "has wp:latest-posts, which only WordPress can fill" in warning.message


def test_the_text_before_the_more_mark_is_the_summary() -> None:
    item = post("<content:encoded><![CDATA[Above.\n\n<!--more-->\n\nBelow.]]></content:encoded>")
    assert item.summary == "Above."
    assert item.body == "<p>Above.</p>\n<!--more-->\n<p>Below.</p>"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
        ("One,\r\nstill one.", "<p>One,<br>\nstill one.</p>"),
        ("<p>One.</p>\n\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
        ("<b>A</b>\n\n<ul><li>B</ul>", "<p><b>A</b></p>\n<ul><li>B</ul>"),
        (
            "<blockquote>A\nB\n\nC</blockquote>",
            "<blockquote>\n<p>A<br>\nB</p>\n<p>C</p>\n</blockquote>",
        ),
        ("<address>A\nB</address>", "<address>A<br>\nB</address>"),
        ("<td>A\nB\n\nC</td>", "<td>A<br>\nB\n<p>C</p></td>"),
        ("A<br />\nB", "<p>A<br>\nB</p>"),
        ("A <div>B</div> C", "<p>A</p>\n<div>B</div>\n<p>C</p>"),
        ("[audio https://a.example/v]", '<audio src="https://a.example/v" controls></audio>'),
        (
            '[video poster="https://a.example/p.png" mp4="https://a.example/v.mp4"][/video]',
            '<video src="https://a.example/v.mp4" controls></video>',
        ),
        (
            '[caption width="3" caption="A word"]<img src="a.png">[/caption]',
            '<figure><img src="a.png"><figcaption>A word</figcaption></figure>',
        ),
        ("A\n<h2>B</h2>\nC", "<p>A</p>\n<h2>B</h2>\n<p>C</p>"),
        ("<pre>a\n\nb</pre>", "<pre>a\n\nb</pre>"),
        ("İ<PRE>a\n\nb</Pre >c", "<p>İ</p>\n<PRE>a\n\nb</Pre >\n<p>c</p>"),
        ("<pre>a\n\nb", "<pre>a\n\nb"),
        ("[embed]https://a.example/v[/embed]", '<p><a href="https://a.example/v">https://a.example/v</a></p>'),
        ("[embed]javascript:a[/embed]", "<p>[embed]javascript:a[/embed]</p>"),
        ("<!-- wp:paragraph -->\n<p>A\n\nB</p>", "<!-- wp:paragraph -->\n<p>A\n\nB</p>"),
        ("", ""),
    ],
)  # fmt: skip
def test_content_is_rendered_like_wordpress(stored: str, shown: str) -> None:
    """Compared with the output of WordPress 6.1.9, except for white space and players."""
    assert wpcontent.to_html(stored) == shown


@pytest.mark.parametrize(
    "piece",
    [
        "<pre>",
        "[caption]<img>",
        "[caption ",
        "[embed]http://a",
        "[embed ",
        "\n ",
        "<p",
        "</p ",
        "[audio ",
        "[audio src=http://a",
        "[gallery ids=1",
        "[gallery]",
    ],
)
def test_rendering_time_is_linear(piece: str) -> None:
    """A pattern that restarts at each piece would exceed the timeout."""
    assert wpcontent.to_html(f"A{piece * 100_000}").startswith(("<p>A", "A"))
    wpcontent.left_over("[gallery " * 100_000)
    wpcontent.left_over("<!-- wp:a {" * 100_000)


@given(st.lists(st.text(st.characters(exclude_characters="<>&[]"), min_size=1)))
def test_all_words_of_a_plain_text_are_kept(blocks: list[str]) -> None:
    text = "\n\n".join(blocks)
    shown = html.plain(html.sanitise(wpcontent.to_html(text), str))
    assert shown == " ".join(html.xml_safe(text).split())


NAMESPACES = [
    *("http://wordpress.org/export/1.2/", "https://wordpress.org/export/1.2/"),
    *("https://www.wordpress.org/export/1.0/", "http://wordpress.org/export/2.0"),
    *("http://wordpress.org/export/", "https://wordpress.org/export"),
]
WITHHELD = [
    ("<wp:status>private</wp:status>", "private"),
    ("<wp:status>trash</wp:status>", "trash"),
    ("<wp:status>inherit</wp:status>", "inherit"),
    ("<wp:status>auto-draft</wp:status>", "auto-draft"),
    ("<wp:status>embargo</wp:status>", "embargo"),
    ("<wp:post_status>private</wp:post_status>", "private"),
    ("<wp:status>publish</wp:status><wp:post_status>trash</wp:post_status>", "trash"),
    ("<wp:status>publish</wp:status><wp:status>private</wp:status>", "private"),
    ("<wp:status>publish</wp:status><wp:post_password>p</wp:post_password>", "with a password"),
    ("<wp:status>draft</wp:status><wp:post_password>p</wp:post_password>", "with a password"),
    ("<wp:post_password>p</wp:post_password>", "with a password"),
]
IMPORTED = [
    *(("", False), ("<wp:status>publish</wp:status><wp:post_password/>", False)),
    ("<wp:status>future</wp:status>", True),
    ("<wp:status>publish</wp:status><wp:post_status>future</wp:post_status>", True),
    *(("<wp:status>draft</wp:status>", True), ("<wp:status>pending</wp:status>", True)),
    *(("<wp:post_status>draft</wp:post_status>", True), ("<wp:status/>", True)),
]


def written(
    folder: Path, namespace: str, inside: str, format: SourceFormat | None
) -> tuple[Site, Report]:
    """Import an export of one post in the detected or a given format."""
    site = Site(folder)
    version = "<wp:wxr_version>1.2</wp:wxr_version>"
    text = EXPORT.replace("http://wordpress.org/export/1.2/", namespace)
    return site, site.run(
        site.put("a.xml", text.format(version + POST.format(inside))), format=format
    )


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_an_export_is_detected_by_any_wordpress_namespace(tmp_path: Path, namespace: str) -> None:
    site = Site(tmp_path)
    text = EXPORT.replace("http://wordpress.org/export/1.2/", namespace).format(POST)
    (source,) = sources.find((site.put("a.xml", text),))
    assert isinstance(source, sources.Source)
    assert sources.detect(source) is SourceFormat.WORDPRESS


def test_an_export_is_detected_by_its_version_alone(tmp_path: Path) -> None:
    text = EXPORT.replace("wordpress.org", "export.example").format(
        "<wp:wxr_version>1.2</wp:wxr_version>"
    )
    (source,) = sources.find((Site(tmp_path).put("a.xml", text),))
    assert isinstance(source, sources.Source)
    assert sources.detect(source) is SourceFormat.WORDPRESS


@pytest.mark.parametrize("format", [None, SourceFormat.FEED, SourceFormat.WORDPRESS])
@pytest.mark.parametrize("namespace", NAMESPACES[:3])
@pytest.mark.parametrize(("inside", "reason"), WITHHELD)
def test_every_importer_skips_private_posts(
    tmp_path: Path, namespace: str, inside: str, reason: str, format: SourceFormat | None
) -> None:
    site, report = written(tmp_path, namespace, inside, format)
    assert report.skipped == {reason: 1}
    assert site.files() == {}


@pytest.mark.parametrize("format", [None, SourceFormat.FEED, SourceFormat.WORDPRESS])
@pytest.mark.parametrize("namespace", NAMESPACES[:3])
@pytest.mark.parametrize(("inside", "draft"), IMPORTED)
def test_every_importer_turns_unpublished_posts_into_drafts(
    tmp_path: Path, namespace: str, inside: str, draft: bool, format: SourceFormat | None
) -> None:
    dated = f"<pubDate>Thu, 17 Feb 2022 09:30:00 +0100</pubDate>{inside}"
    site, report = written(tmp_path, namespace, dated, format)
    assert (report.written, report.drafts) == (1, int(draft))
    (article,) = site.articles().values()
    assert article.draft is draft


@pytest.mark.parametrize("format", [SourceFormat.FEED, SourceFormat.WORDPRESS])
@pytest.mark.parametrize(("seconds", "draft"), [(1, False), (0, True), (-1, True)])
def test_a_missed_schedule_becomes_a_draft(
    tmp_path: Path, seconds: int, draft: bool, format: SourceFormat
) -> None:
    """Conformance 55: WordPress does not publish a post whose schedule it missed."""
    moment = NOW + timedelta(seconds=seconds)
    date = (
        f"<pubDate>{moment:%a, %d %b %Y %H:%M:%S} +0000</pubDate>"
        f"<wp:post_date_gmt>{moment:%Y-%m-%d %H:%M:%S}</wp:post_date_gmt>"
    )
    inside = f"{date}<wp:status>future</wp:status>"
    site, _ = written(tmp_path, NAMESPACES[0], inside, format)
    (article,) = site.articles().values()
    assert (article.published, article.draft) == (moment, draft)


@pytest.mark.parametrize("format", [SourceFormat.FEED, SourceFormat.WORDPRESS])
@pytest.mark.parametrize(("days", "draft"), [(1, False), (-1, True)])
def test_a_scheduled_post_without_a_date_uses_the_given_one(
    tmp_path: Path, days: int, draft: bool, format: SourceFormat
) -> None:
    site = Site(tmp_path)
    inside = "<item><title>T</title><wp:status>future</wp:status></item>"
    hints = replace(HINTS, date=NOW + timedelta(days=days))
    site.run(site.put("a.xml", EXPORT.format(inside)), hints=hints, format=format)
    (article,) = site.articles().values()
    assert article.draft is draft
