"""Reading a file results in an Article or in Problems with remedies, never in an exception."""

import hashlib
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc import html, urls
from feedsvc.config.settings import Settings
from feedsvc.errors import Problem, Severity
from feedsvc.model import MAX_TERM, Article, ContentChoice, FeedRef, Kind, Person
from feedsvc.sources import ArticleReader, Reading, scan
from feedsvc.sources.article import KEYS, MAX_SIZE
from tests.sites import article, make_site

many_per_folder = hypothesis_settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
CET = timezone(timedelta(hours=1))
CEST = timezone(timedelta(hours=2))


def read(settings: Settings, path: str = "a.md") -> Reading:
    """Read one file of a site."""
    return ArticleReader(settings).read(path)


def published_article(
    folder: Path, text: str | bytes, path: str = "a.md", toml: str = ""
) -> Article:
    """Return the article of a file that causes no Problems."""
    reading = read(make_site(folder, {path: text}, toml), path)
    assert reading.problems == ()
    assert reading.article
    return reading.article


def refused(folder: Path, text: str | bytes, path: str = "a.md") -> Problem:
    """Return the one Problem of a file that is refused."""
    reading = read(make_site(folder, {path: text}), path)
    assert reading.article is None
    (problem,) = reading.problems
    assert problem.path == f"content/{path}"
    assert problem.severity == "error"
    return problem


def warned(folder: Path, text: str | bytes, path: str = "a.md") -> tuple[Article, list[Problem]]:
    """Return the article and the Problems of a file that is published with warnings."""
    reading = read(make_site(folder, {path: text}), path)
    assert reading.article
    assert {problem.severity for problem in reading.problems} == {"warning"}
    return reading.article, list(reading.problems)


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


# Common mistakes: the file, the reported line, the code and the remedy.
BAD: dict[str, tuple[str | bytes, int, str, str]] = {
    "empty": (b"", 0, "empty", "write the article or remove the file"),
    "white space": (b" \r\n\t\n", 0, "empty", "write the article"),
    "byte order mark alone": (b"\xef\xbb\xbf\n", 0, "empty", "write the article"),
    "latin 1": (b"---\ntitle: A\n---\ncaf\xe9\n", 4, "not-utf8", "save it as UTF-8"),
    "utf 16": ("---\ntitle: é".encode("utf-16"), 1, "not-utf8", "save it as UTF-8"),
    "utf 8 surrogate": (b"a\n\xed\xa0\x80", 2, "not-utf8", "save it as UTF-8"),
    "binary": (bytes(range(256)), 2, "not-utf8", "save it as UTF-8"),
    "broken yaml": ("---\ntitle: A: B\n---\n", 2, "bad-front-matter", "put quotes around"),
    "broken toml": ("+++\na = 1\ntitle = A\n+++\n", 3, "bad-front-matter", "put texts in quotes"),
    "unclosed": ("---\ntitle: A\n", 1, "bad-front-matter", "close it with a line ---"),
    "list": ("---\n- title\n---\n", 2, "bad-front-matter", "`key: value` lines"),
    "no title": (article(title=None), 1, "missing-title", "add `title: ...` or begin"),
    "blank title": (article(title=" "), 1, "missing-title", "add `title: ...`"),
    "blank date": (article(published=""), 1, "missing-date", "write one, as `published: 2022-02-"),
    "misspelt date": (
        article(published=None, publised="2022-02-17"),
        1,
        "missing-date",
        "did you mean `published` by `publised`?",
    ),
    "time alone": ("---\ntitle: A\npublished: 12:30\n---\n", 3, "bad-date", "write it as"),
    "toml time": ("+++\npublished = 12:30:00\n+++\n", 2, "bad-date", "a time without a date"),
    "flag as date": ("+++\npublished = true\n+++\n", 2, "bad-date", "write it as"),
    "number as date": ("+++\npublished = 750\n+++\n", 2, "bad-date", "write it as"),
    "list as date": ("---\npublished: [2022-02-17]\n---\n", 2, "bad-date", "write it as"),
    "no year": (article(published="February 17"), 3, "bad-date", "has no year"),
    "two readings": (article(published="03/04/2022"), 3, "bad-date", "2022-03-04 or 2022-04-03"),
    "no such day": (article(published="2022-02-30"), 3, "bad-date", "does not exist"),
    "unknown zone": (article(published="2022-02-17 09:30 EST"), 3, "bad-date", "timezones"),
    "bad update": (article(updated="soon"), 4, "bad-date", "`updated` 'soon'"),
    "bad expiry": (article(expires="never"), 4, "bad-date", "`expires` 'never'"),
    "expires first": (article(expires="2022-02-17"), 4, "bad-date", "not after `published`"),
    "expires at once": (article(expires="2022-02-17 09:30"), 4, "bad-date", "correct one of them"),
    "slug of dots": (article(slug=".."), 4, "bad-slug", "write `slug: some-words`"),
    "list as slug": (article(slug=["a"]), 4, "bad-value", "write it in quotes"),
    "id without scheme": (article(id="my-id"), 4, "bad-id", "`urn:uuid:...`, `tag:...`"),
    "id with spaces": (article(id="tag:a b"), 4, "bad-id", "is not an absolute IRI"),
    "language name": (article(language="English"), 4, "bad-value", "write `en` or `pt-br`"),
    "link to a script": (article(link="javascript:alert(1)"), 4, "bad-url", "write it in full"),
    "link to mail": (article(link="mailto:a@b.example"), 4, "bad-url", "write it in full"),
    "invalid link": (article(link="http://["), 4, "bad-url", "write it in full"),
    "link with a space": (article(link="https://b.example/a b"), 4, "bad-url", "write it in full"),
    "flag": (article(draft="maybe"), 4, "bad-value", "`draft` is `true` or `false`"),
    "flag list": (article(feeds=["no"]), 4, "bad-value", "`feeds` is `true` or `false`"),
    "choice": (article(content="half"), 4, "bad-value", "`full`, `summary`, `none`"),
    "tag of dots": (article(tags=["..."]), 4, "bad-value", "write a word"),
    "table as tag": (article(tags=[{"a": "b"}]), 4, "bad-value", "write it in quotes"),
    "table as title": (article(title={"a": "b"}), 2, "bad-value", "write it in quotes"),
    "flag as title": ("+++\ntitle = true\npublished = 2022-02-17\n+++\n", 2, "bad-value", "quotes"),
    "huge number": (
        f"+++\ntitle = 0x{'f' * 5000}\npublished = 2022-02-17\n+++\n",
        2,
        "bad-value",
        "shorten it",
    ),
    "person's key": (article(authors={"nam": "A"}), 4, "bad-value", "allows only name, email, uri"),
    "person's email": (article(authors={"name": "A", "email": "a"}), 4, "bad-value", "no email"),
    "person's uri": (article(authors={"name": "A", "uri": "javascript:a"}), 4, "bad-url", "full"),
    "person in lists": (article(authors=[["A"]]), 4, "bad-value", "write it in quotes"),
    "no enclosure": (
        article(enclosures="a.mp3"),
        4,
        "missing-file",
        "'a.mp3', which does not",
    ),
    "enclosure's key": (article(enclosures={"href": "a"}), 4, "bad-value", "url, type, length"),
    "enclosure's url": (article(enclosures={"type": "a"}), 4, "bad-value", "without a url"),
    "enclosure's length": (
        article(enclosures={"url": "https://b.example/a", "length": "1 MB"}),
        4,
        "bad-value",
        "no number of bytes",
    ),
    "enclosure's long length": (
        article(enclosures={"url": "https://b.example/a", "length": "9" * 5000}),
        4,
        "bad-value",
        "no number of bytes",
    ),
    "image url": (article(image="http://["), 4, "bad-url", "'http://[', which is not a URL"),
    "image data": (article(image="data:image/png,a"), 4, "bad-url", "write it in full"),
}


@pytest.mark.parametrize(("text", "line", "code", "remedy"), BAD.values(), ids=BAD)
def test_a_bad_file_is_one_error_that_names_the_remedy(
    tmp_path: Path, text: str | bytes, line: int, code: str, remedy: str
) -> None:
    """Conformance 51, 53."""
    problem = refused(tmp_path, text)
    assert (problem.line, problem.code) == (line, code)
    assert remedy in problem.message


@pytest.mark.parametrize("text", ["# A title\n", article(published=None), "---\ntags: a\n---\n"])
def test_a_file_without_a_date_is_reported_as_a_page(tmp_path: Path, text: str) -> None:
    reading = read(make_site(tmp_path, {"a.md": text}))
    assert reading.article is None
    (problem,) = reading.problems
    assert (problem.line, problem.code, problem.severity) == (1, "missing-date", "note")
    message = "has no date, so it is a page; add `published: 2022-02-17 09:30` to publish it"
    assert problem.message == message


def test_folders_configured_as_sections_are_terms(tmp_path: Path) -> None:
    """Conformance 10."""
    toml = 'sections = ["notes", "/notes/Old Ones/", "new"]'
    found = published_article(tmp_path, article(), "notes/Old Ones/a.md", toml)
    assert found.terms[1:] == (
        (FeedRef(Kind.SECTION, "notes"), "notes"),
        (FeedRef(Kind.SECTION, "notes-old-ones"), "notes/Old Ones"),
    )


def test_a_file_over_the_size_limit_is_refused(tmp_path: Path) -> None:
    settings = make_site(tmp_path)
    with (settings.content / "a.md").open("wb") as file:
        file.truncate(MAX_SIZE + 1)
    (problem,) = read(settings).problems
    assert problem.code == "too-large"
    assert problem.message.endswith("the limit is 5 MB; split it")


def test_a_long_novel_is_an_article(tmp_path: Path) -> None:
    text = article(body="A line of a long novel.\n" * 100_000)
    assert len(published_article(tmp_path, text).html) > 2_000_000


def test_a_missing_or_unreadable_file_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_site(tmp_path, {"a.md": article()})
    (file,) = scan(settings.content, settings.site).fingerprints
    (settings.content / "a.md").unlink()
    (gone,) = ArticleReader(settings).read(file).problems
    assert (gone.path, gone.code) == ("content/a.md", "unreadable")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    (problem,) = ArticleReader(settings).read(file).problems
    assert problem.message == "cannot be read: Permission denied; check its permissions"


TWICE = ("bad-front-matter", "the key `title` occurs twice, and the last is used; remove one")
# Mistakes that do not prevent publication: the file, the line, the code and the remedy.
ODD: dict[str, tuple[str, int, str, str]] = {
    "misspelt key": (article(titel="A"), 4, "unknown-key", "did you mean `title`?"),
    "key in capitals": (article(Tags="A"), 4, "unknown-key", "did you mean `tags`?"),
    "strange key": (
        article(xyzzy="A"),
        4,
        "unknown-key",
        "not a front-matter key; remove",
    ),
    "key twice": (article(title="A").replace("---\n", "---\ntitle: B\n", 1), 3, *TWICE),
    "no image": (article(image="a.png"), 4, "missing-file", "add the file"),
    "image outside": (article(image="../feedsvc.toml"), 4, "missing-file", "add the file"),
    "empty category": (article(categories=["A", " "]), 4, "empty-term", "write it or remove it"),
    "empty tag": (article(tags=[""]), 4, "empty-term", "`tags` has an empty item"),
    "nameless person": (article(authors=[{"uri": ""}]), 4, "empty-term", "a person without a name"),
    "updated first": (
        article(updated="2022-02-17 09:29"),
        4,
        "updated-before-published",
        "correct one",
    ),
    "control character": (article(body="One\n\nTwo\x0b."), 8, "control-character", "U+000B"),
    "noncharacter": (article(body="\uffff"), 6, "control-character", "U+FFFF"),
    "character of YAML": (
        article(slug="a\x07b"),
        4,
        "control-character",
        "`slug` contains",
    ),
    "in a tag": (article(tags=["a\x1fb"]), 4, "control-character", "`tags` contains"),
    "in a name": (
        article(authors=[{"name": "a\x00b"}]),
        4,
        "control-character",
        "`authors` cont",
    ),
    "reference": (article(body="One\n\nTwo&#11;."), 8, "control-character", "`&#11;`, which XML"),
    "hexadecimal": (article(body="&#x0000B;"), 6, "control-character", "`&#x0000B;`"),
    "reference in HTML": (article(body="<b title='&#x1f'>a</b>"), 6, "control-character", "`&#x1f"),
    "noncharacter reference": (article(body="&#65535;"), 6, "control-character", "`&#65535;`"),
}


@pytest.mark.parametrize(("text", "line", "code", "remedy"), ODD.values(), ids=ODD)
def test_an_odd_file_is_published_with_a_warning(
    tmp_path: Path, text: str, line: int, code: str, remedy: str
) -> None:
    """Conformance 1, 54."""
    found, (problem,) = warned(tmp_path, text)
    assert (problem.line, problem.code) == (line, code)
    assert remedy in problem.message
    assert _texts(found) == html.xml_safe(_texts(found))


def _texts(found: Article) -> str:
    terms = [f"{ref.key} {label}" for ref, label in found.terms]
    names = [person.name for person in found.authors]
    return " ".join([found.title, found.slug, found.summary, found.html, *terms, *names])


@pytest.mark.parametrize(
    "body", ["`&#11;`", "    &#11;", "&#13;", "&#10;", "&#x9;", "&amp;#11;", "&#111;"]
)
def test_harmless_references_cause_no_problem(tmp_path: Path, body: str) -> None:
    published_article(tmp_path, article(body=body))


@pytest.mark.parametrize("path", ["a.md", "a.html"])
def test_references_to_control_characters_are_removed(tmp_path: Path, path: str) -> None:
    """Conformance 1."""
    text = article(title=None, body="<h1>Tit&#11;le</h1><p>Te&#x1;xt</p>")
    found, problems = warned(tmp_path, text, path)
    assert [problem.code for problem in problems] == ["control-character"]
    assert (found.title, found.summary, found.html) == ("Title", "Text", "<p>Text</p>")


def test_warnings_have_a_stable_order(tmp_path: Path) -> None:
    keys = dict.fromkeys([f"key{number:02}" for number in range(20)], "x")
    _, problems = warned(tmp_path, article(**keys))
    messages = [problem.message for problem in problems]
    assert messages == sorted(messages)
    assert len(messages) == 20


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


def test_a_reading_has_the_line_of_each_key(tmp_path: Path) -> None:
    reading = read(make_site(tmp_path, {"a.md": article(slug="b", body="a\x0b")}))
    assert [(reading.name(key), reading.line(key)) for key in ("slug", "id")] == [
        ("slug", 4),
        ("id", 1),
    ]


@many_per_folder
@given(
    content=st.binary()
    | st.text().map(lambda text: text.encode(errors="replace"))
    | st.text().map(lambda text: f"---\n{text}\n---\n".encode(errors="replace"))
    | st.text().map(lambda text: article(title=None, body=text).encode(errors="replace")),
    path=st.sampled_from(["a.md", "a.html"]),
)
def test_any_bytes_result_in_an_article_or_a_problem(
    tmp_path: Path, content: bytes, path: str
) -> None:
    """Conformance 1."""
    reading = read(make_site(tmp_path, {path: content}), path)
    assert reading.article or reading.problems
    if reading.article:
        assert _texts(reading.article) == html.xml_safe(_texts(reading.article))
    for problem in reading.problems:
        assert 0 <= problem.line <= content.count(b"\n") + content.count(b"\r") + 1


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"))
SCALARS = TEXTS | st.booleans() | st.integers() | st.none()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=5
)


@many_per_folder
@given(st.dictionaries(st.sampled_from(sorted(KEYS)) | TEXTS.filter("body".__ne__), VALUES))
def test_any_values_result_in_an_article_or_a_problem(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    text = article(**{"title": "T", "published": "2022-02-17"} | values)
    reading = read(make_site(tmp_path, {"a.md": text}))
    assert reading.article or any(each.severity != "warning" for each in reading.problems)


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


@pytest.mark.parametrize("body", [">" * 600 + " a", "<div>" * 600, "<span><p></span></p>" * 600])
def test_only_the_text_of_deeply_nested_markup_is_published(tmp_path: Path, body: str) -> None:
    site = make_site(tmp_path, {"a.md": article(body=body)})
    (file,) = scan(site.content, site.site, site.tree).fingerprints
    reading = ArticleReader(site).read(file)
    assert reading.article
    assert "<" not in reading.article.html
    (problem,) = reading.problems
    message = "is nested too deeply, so all markup is left out; make it flatter"
    assert (problem.code, problem.message) == ("bad-markup", message)
    assert problem.severity is Severity.WARNING
