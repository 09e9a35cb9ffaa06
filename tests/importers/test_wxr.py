"""Import of exports of WordPress 6, and quirks of older ones."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import html
from feedsvc.importers import wpcontent, wxr
from feedsvc.importers.item import Item, ParseResult, Skipped
from feedsvc.importers.stream import Stream
from feedsvc.model import Article, Enclosure, Kind, Person
from tests.importers.desk import HINTS, SOURCES, Site, codes
from tests.importers.documents import EXPORT, POST

CET = timezone(timedelta(hours=1))
FIGURE = (
    '<figure><img src="https://old.example/wp-content/old.jpg" width="300">'
    "<figcaption>A caption</figcaption></figure>"
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
