"""Reading a file results in an Article with the values of front matter and text."""

import hashlib
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import html, urls
from feedsvc.model import MAX_TERM, Article, ContentChoice, FeedRef, Kind, Person
from feedsvc.sources import ArticleReader, scan
from tests.sites import article, make_site
from tests.sources.reading import many_per_folder, published_article, refused, warned

CET = timezone(timedelta(hours=1))
CEST = timezone(timedelta(hours=2))


def test_a_title_and_a_date_are_enough(tmp_path: Path) -> None:
    assert published_article(tmp_path, article(), "2022/some text.md") == Article(
        path="2022/some text.md",
        slug="some-text",
        id=None,
        title="T",
        published=datetime(2022, 2, 17, 9, 30, tzinfo=CET),
        updated=datetime(2022, 2, 17, 9, 30, tzinfo=CET),
        expires=None,
        summary="Text.",
        html="<p>Text.</p>",
        link="https://news.example.org/articles/some-text",
        authors=(),
        terms=((FeedRef(Kind.LANGUAGE, "en"), "en"),),
        language="en",
        text_hash=hashlib.blake2b(article().encode(), digest_size=16).hexdigest(),
    )


def test_front_matter_may_be_toml(tmp_path: Path) -> None:
    text = (
        '+++\ntitle = "T"\npublished = 2022-02-17T09:30:00\nexpires = 2023-01-01\ntags = ["a"]\n'
        'draft = true\nfeeds = false\nslug = 1\n[authors]\nname = "Ada"\n+++\nText.\n'
    )
    found = published_article(tmp_path, text)
    assert found.published == datetime(2022, 2, 17, 9, 30, tzinfo=CET)
    assert found.expires == datetime(2023, 1, 1, tzinfo=CET)
    assert (found.draft, found.feeds, found.slug) == (True, False, "1")
    assert found.authors == (Person("Ada"),)


def test_line_ends_and_byte_order_marks_are_ignored(tmp_path: Path) -> None:
    text = article(body="One\n\nTwo")
    plain = published_article(tmp_path / "lf", text)
    assert published_article(tmp_path / "crlf", text.replace("\n", "\r\n")) == plain
    assert published_article(tmp_path / "cr", text.replace("\n", "\r")) == plain
    assert published_article(tmp_path / "bom", f"\ufeff{text}") == plain


def test_folders_configured_as_sections_are_terms(tmp_path: Path) -> None:
    """Conformance 10."""
    toml = 'sections = ["notes", "/notes/Old Ones/", "new"]'
    found = published_article(tmp_path, article(), "notes/Old Ones/a.md", toml)
    assert found.terms[1:] == (
        (FeedRef(Kind.SECTION, "notes"), "notes"),
        (FeedRef(Kind.SECTION, "notes-old-ones"), "notes/Old Ones"),
    )


def test_a_long_novel_is_an_article(tmp_path: Path) -> None:
    text = article(body="A line of a long novel.\n" * 100_000)
    assert len(published_article(tmp_path, text).html) > 2_000_000


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("2022/Some Text.md", "some-text"),
        ("2022/some-text/index.md", "some-text"),
        ("index.md", "index"),
        ("node.js.markdown", "node.js"),
        ("élan.html", "élan"),
        ("e\u0301lan.md", "élan"),
        ("日本語.md", "日本語"),
    ],
)
def test_the_default_slug_is_derived_from_the_file_name(
    tmp_path: Path, path: str, slug: str
) -> None:
    assert published_article(tmp_path, article(), path).slug == slug


def test_a_slug_in_front_matter_is_normalized(tmp_path: Path) -> None:
    found = published_article(tmp_path, article(slug="Other Words"))
    assert (found.slug, found.link) == (
        "other-words",
        "https://news.example.org/articles/other-words",
    )


def test_an_articles_url_follows_article_link(tmp_path: Path) -> None:
    toml = 'article_link = "/{year}/{month}/{day}/{slug}/"'
    found = published_article(tmp_path, article(published="2022-02-17 00:30"), toml=toml)
    assert found.link == "https://news.example.org/2022/02/17/a/"


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://example.org/b", "https://example.org/b"),
        ("/b", "https://news.example.org/b"),
        ("b", "https://news.example.org/articles/b"),
    ],
)
def test_a_link_may_point_to_an_external_url(tmp_path: Path, link: str, url: str) -> None:
    found = published_article(tmp_path, article(link=link))
    assert (found.link, found.external) == ("https://news.example.org/articles/a", url)


def test_a_link_to_the_article_itself_is_not_external(tmp_path: Path) -> None:
    assert published_article(tmp_path, article(link="/articles/a")).external is None


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://talk.example/1#c", "https://talk.example/1#c"),
        ("#comments", "https://news.example.org/articles/a#comments"),
        ("true", None),
        (False, None),
    ],
)
def test_comments_may_be_a_url_and_flags_are_ignored(
    tmp_path: Path, written: object, url: str | None
) -> None:
    """Other programs enable comments by a flag of this name."""
    assert published_article(tmp_path, article(comments=written)).comments == url


def test_relative_urls_are_resolved_against_the_article_not_its_external_link(
    tmp_path: Path,
) -> None:
    """Conformance 13."""
    found = published_article(
        tmp_path, article(link="https://example.org/x/", body="[a](b) [c](#d)")
    )
    assert 'href="https://news.example.org/articles/b"' in found.html
    assert 'href="https://news.example.org/articles/a#d"' in found.html


@pytest.mark.parametrize(
    "written", ["urn:uuid:1", "tag:b.example,2019:a", "https://b.example/?p=1"]
)
def test_an_id_in_front_matter_is_used(tmp_path: Path, written: str) -> None:
    """Conformance 15."""
    assert published_article(tmp_path, article(id=written)).id == written


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2022-02-17", datetime(2022, 2, 17, tzinfo=CET)),
        ("2022-07-17 09:30", datetime(2022, 7, 17, 9, 30, tzinfo=CEST)),
        ("2022-03-27 02:30", datetime(2022, 3, 27, 3, 30, tzinfo=CEST)),
        ("2022-10-30 02:30", datetime(2022, 10, 30, 2, 30, tzinfo=CEST)),
        ("2022-02-17T09:30:00Z", datetime(2022, 2, 17, 9, 30, tzinfo=UTC)),
        ("17 Feb 2022 09:30 CET", datetime(2022, 2, 17, 9, 30, tzinfo=CET)),
    ],
)
def test_a_time_without_a_zone_is_in_the_zone_of_the_site(
    tmp_path: Path, written: str, moment: datetime
) -> None:
    """Conformance 52, 53: in the gap, forward by the gap; in the fold, the first."""
    found = published_article(
        tmp_path, article(published=written), toml='[timezones]\nCET = "+01:00"'
    )
    assert found.published == moment
    assert found.published.utcoffset() == moment.utcoffset()


def test_updated_defaults_to_published_if_absent_or_earlier(tmp_path: Path) -> None:
    """Conformance 54."""
    assert published_article(tmp_path / "a", article()).updated == datetime(
        2022, 2, 17, 9, 30, tzinfo=CET
    )
    later = published_article(tmp_path / "b", article(updated="2022-03-01"))
    assert later.updated == datetime(2022, 3, 1, tzinfo=CET)
    earlier, _ = warned(tmp_path / "c", article(updated="2021-01-01"))
    assert earlier.updated == earlier.published


def test_the_first_heading_becomes_a_missing_title(tmp_path: Path) -> None:
    found = published_article(tmp_path, article(title=None, body="# A *bold* title\n\nText."))
    assert (found.title, found.html) == ("A bold title", "<p>Text.</p>")


def test_headings_are_kept_if_there_is_a_title(tmp_path: Path) -> None:
    found = published_article(tmp_path, article(body="# Heading\n\nText."))
    assert (found.title, found.html) == ("T", "<h1>Heading</h1>\n<p>Text.</p>")


def test_a_heading_after_other_text_is_not_a_title(tmp_path: Path) -> None:
    assert refused(tmp_path, article(title=None, body="Text.\n\n# A")).code == "missing-title"


def test_a_title_is_plain_text_on_one_line(tmp_path: Path) -> None:
    """Conformance 7, 25."""
    assert published_article(tmp_path, article(title="AT&T\n <b> &amp;")).title == "AT&T <b> &amp;"


@pytest.mark.parametrize(
    ("written", "body", "summary"),
    [
        ("Said & done", "Text.\n\n<!--more-->\n\nRest.", "Said & done"),
        (None, "Some *text*.\n\n<!-- more -->\n\nRest.", "Some text."),
        (None, "# H\n\nSome *text*.\n\n- a list", "Some text."),
        (None, "`<!--more-->` is a mark.", "<!--more--> is a mark."),
        (None, "", ""),
    ],
)
def test_a_summary_is_explicit_or_precedes_the_more_mark_or_is_an_excerpt(
    tmp_path: Path, written: str | None, body: str, summary: str
) -> None:
    found = published_article(tmp_path, article(body=body, summary=written))
    assert found.summary == summary
    assert "more" not in found.html or "&lt;!--more--&gt;" in found.html


@pytest.mark.parametrize("choice", ContentChoice)
def test_an_article_may_choose_its_content(tmp_path: Path, choice: ContentChoice) -> None:
    assert published_article(tmp_path, article(content=choice)).content is choice


def test_terms_may_be_a_list_or_a_string(tmp_path: Path) -> None:
    """Conformance 9."""
    found = published_article(
        tmp_path, article(categories="World News", tags=["C++", "C#", "C", "c++"])
    )
    assert found.terms == (
        (FeedRef(Kind.CATEGORY, "world-news"), "World News"),
        (FeedRef(Kind.TAG, "c++"), "C++"),
        (FeedRef(Kind.TAG, "c#"), "C#"),
        (FeedRef(Kind.TAG, "c"), "C"),
        (FeedRef(Kind.LANGUAGE, "en"), "en"),
    )


@pytest.mark.parametrize(
    ("authors", "people"),
    [
        ("Ada", (Person("Ada"),)),
        (["Ada", "Ben"], (Person("Ada"), Person("Ben"))),
        ({"name": "Ada", "email": "a@b.example"}, (Person("Ada", "a@b.example"),)),
        (
            ["Ada", {"name": "Ben", "uri": "https://b.example/"}],
            (Person("Ada"), Person("Ben", None, "https://b.example/")),
        ),
        ([], (Person("Desk"),)),
        ("", (Person("Desk"),)),
        (None, (Person("Desk"),)),
    ],
)
def test_authors_may_be_names_or_tables_and_default_to_the_site(
    tmp_path: Path, authors: object, people: tuple[Person, ...]
) -> None:
    found = published_article(tmp_path, article(authors=authors), toml='author = "Desk"')
    assert found.authors == people
    assert {ref for ref, _ in found.terms if ref.kind is Kind.AUTHOR} == {
        FeedRef(Kind.AUTHOR, person.name.lower()) for person in people
    }


@pytest.mark.parametrize(
    ("written", "flag"),
    [("true", True), ("yes", True), ("On", True), ("false", False), ("no", False), ("", None)],
)
def test_flags_accept_the_booleans_of_yaml(tmp_path: Path, written: str, flag: bool | None) -> None:
    text = f"---\ntitle: T\npublished: 2022-02-17\ndraft: {written}\nfeeds: {written}\n---\n"
    found = published_article(tmp_path, text)
    assert found.draft is (flag or False)
    assert found.feeds is (True if flag is None else flag)


def test_a_language_is_lower_case_and_has_a_feed(tmp_path: Path) -> None:
    """Conformance 10."""
    found = published_article(tmp_path, article(language="pt-BR"))
    assert found.language == "pt-br"
    assert (FeedRef(Kind.LANGUAGE, "pt-br"), "pt-br") in found.terms


def test_html_files_are_not_markdown(tmp_path: Path) -> None:
    assert (
        published_article(tmp_path, article(body="<p>a *b*</p>"), "a.html").html.strip()
        == "<p>a *b*</p>"
    )
    assert (
        published_article(tmp_path, article(body="a *b*"), "b.markdown").html
        == "<p>a <em>b</em></p>"
    )


def test_only_the_body_of_an_html_document_is_published(tmp_path: Path) -> None:
    """Conformance 13."""
    body = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Not this</title>\n'
        '<style>p { color: red }</style><script>alert("no")</script>\n'
        '<link rel="stylesheet" href="a.css"></head>\n'
        '<body class="a"><p>Only this.</p></body></html>'
    )
    found = published_article(tmp_path, article(body=body), "a.html")
    assert found.html.strip() == "<p>Only this.</p>"
    assert found.summary == "Only this."


def test_html_is_sanitised(tmp_path: Path) -> None:
    """Conformance 13."""
    body = '<script>a</script><p onclick="b">c <a href="javascript:d">e</a></p>'
    assert published_article(tmp_path, article(body=body)).html.strip() == "<p>c <a>e</a></p>"


def folded(text: str) -> str:
    return " ".join(html.xml_safe(text).split())


# As JSON writes it within YAML, which allows no other characters that are not printable.
WRITABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"])).filter(
    lambda text: not set(text) & {"\ufffe", "\uffff"}
)
SHORT = WRITABLE.filter(lambda text: len(urls.term(text).encode()) < MAX_TERM - 10)


@many_per_folder
@given(WRITABLE, WRITABLE, SHORT)
def test_any_text_in_front_matter_reaches_the_article(
    tmp_path: Path, title: str, summary: str, name: str
) -> None:
    """Conformance 25."""
    text = article(f"T{title}", summary=f"S{summary}", categories=[f"C{name}"], authors=f"A{name}")
    found = published_article(tmp_path, text)
    assert found.title == folded(f"T{title}")
    assert found.summary == folded(f"S{summary}")
    assert found.authors == (Person(folded(f"A{name}")),)
    assert folded(f"C{name}") in [label for _, label in found.terms]


def test_reading_an_article_takes_at_most_3_ms_of_cpu_time(tmp_path: Path) -> None:
    """The limit is ten times the usual CPU time, to detect accidental slowness."""
    names = [f"{number}.md" for number in range(300)]
    body = "A paragraph of *some* words with a [link](https://example.org/).\n\n" * 8
    settings = make_site(tmp_path, dict.fromkeys(names, article(tags=["a", "b"], body=body)))
    files = scan(settings.content, settings.site).fingerprints
    reader = ArticleReader(settings)
    before = os.times().user
    assert all(reader.read(file).article for file in files)
    assert os.times().user - before < 300 * 0.003
