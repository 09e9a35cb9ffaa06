"""Items are written as files that cause no Problems; existing files are not changed."""

import errno
import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedsvc import html, syntax, urls
from feedsvc.errors import FeedsvcError
from feedsvc.importers import names, plaintext
from feedsvc.importers.item import FileType, Origin
from feedsvc.model import (
    MAX_ID,
    MAX_LANGUAGE,
    MAX_TERM,
    MAX_URL,
    Enclosure,
    FeedRef,
    Kind,
    Person,
    Tree,
)
from feedsvc.sources import ArticleReader, scan
from feedsvc.sources.article import MAX_SIZE
from tests.importers.desk import Site, as_item
from tests.soak import examples

moments = st.builds(
    lambda naive, seconds: naive.replace(tzinfo=timezone(timedelta(seconds=seconds))),
    st.datetimes(datetime(1000, 1, 3), datetime(9999, 12, 29)),  # noqa: DTZ001
    st.sampled_from([0, 3600, -5 * 3600 - 1800, 561, 14 * 3600]),
)
anything = st.text(st.characters())  # including lone surrogates, which JSON can represent
texts = anything | st.sampled_from(
    ["---", "a: b # c", "yes", "12:30", "2022-02-17", "'", '"', "a\nb", "\u2028", "\x85", "*a", "~"]
)
web = st.from_regex(r"https?://[a-z]{1,9}\.example/[a-zé/?#%&=: \"'<>\\]{0,20}", fullmatch=True)


def one_line(text: str) -> str:
    return " ".join(html.xml_safe(text).split())


@settings(max_examples=examples(30))
@given(
    id=web
    | anything.map("urn:x:".__add__)
    | st.sampled_from(["urn:x:1", "tag:a.example,2022:é'\"#: x"])
    | texts,
    title=texts.filter(one_line),
    published=moments,
    updated=moments,
    slug=texts,
    link=web,
    summary=texts,
    categories=st.lists(texts, max_size=3).map(tuple),
    tags=st.lists(texts, max_size=3).map(tuple),
    authors=st.lists(st.builds(Person, texts, texts, web | texts), max_size=2).map(tuple),
    image=web | texts,
    enclosures=st.lists(st.builds(Enclosure, web | texts, texts, st.integers(0, 9**15))).map(tuple),
    language=st.sampled_from(["", "fr", "pt_BR", "English", "no"]),
    draft=st.booleans(),
    only_summary=st.booleans(),
    keep_links=st.booleans(),
)
@example(
    id="urn:x:1", title="\U0010ffff\u0085\ufeff a", published=datetime(2022, 2, 17, tzinfo=UTC),
    updated=datetime(2022, 2, 17, tzinfo=UTC), slug="index", link="", summary="", categories=(),
    tags=(), authors=(), image="", enclosures=(), language="", draft=False, only_summary=False,
    keep_links=False,
)  # fmt: skip
def test_written_items_are_read_back(keep_links: bool, **values: object) -> None:
    """Conformance 15, 54: each value as in the source, without Problems."""
    item = as_item(**values)
    with TemporaryDirectory() as folder:
        site = Site(Path(folder))
        result = site.writer("a", keep_links=keep_links).write(item)
        assert result.path
        ((path, article),) = site.articles().items()
    assert path == f"a/{article.slug}.html"
    assert article.title == one_line(item.title)
    assert article.published == item.published.replace(microsecond=0)  # type: ignore[union-attr]
    later = max(item.published, item.updated)  # type: ignore[type-var]
    assert article.updated == later.replace(microsecond=0)  # type: ignore[union-attr]
    assert article.draft == item.draft
    assert article.summary == (one_line(item.summary) or "Text.")
    assert article.html == "<p>Text.</p>"
    if syntax.is_iri(item.id) and one_line(item.id) == item.id:
        assert article.id == item.id
    else:
        assert article.id
        assert article.id.startswith("urn:uuid:")
    if keep_links and syntax.is_url(item.link):
        assert article.external == item.link
    labels = dict(article.terms)
    for kind, written in ((Kind.CATEGORY, item.categories), (Kind.TAG, item.tags)):
        short = (label for label in map(one_line, written) if not urls.term_excess(label))
        wanted = set(map(urls.term, short))
        found = {ref.term for ref in labels if ref.kind is kind}
        assert found == {term for term in wanted if urls.is_addressable(term)}
    assert {person.name for person in article.authors} <= {one_line(p.name) for p in item.authors}


bodies = anything | st.lists(
    st.sampled_from(
        ["<p>", "</p>", "a", " ", "<b>", "<a href='x'>", "<a href='#y'>", "</a>", "&#11;", "]]>",
         "<!--more-->", "<script>", "<img src=//b.example/c>", "&nbsp;", "\x0b", "---\n", "<pre>\n"]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@given(bodies)
@example("<a href=#>")
@example("<a href='#y'>a</a>\n---\n&#11;<pre>\n\nb")
def test_html_bodies_are_read_back(body: str) -> None:
    """Conformance 1, 13, 25."""
    with TemporaryDirectory() as folder:
        site = Site(Path(folder))
        site.writer().write(as_item(body=body, base="https://old.example/a/"))
        (article,) = site.articles().values()
    own = "https://news.example.org/articles/title"

    def resolve(url: str) -> str:
        return urls.resolve(own if url.startswith("#") else "https://old.example/a/", url)

    assert article.html == html.sanitise(body, resolve).strip()


@given(st.lists(st.text(), max_size=4))
@example(
    ["# a", "- b", "1. c", "2) d", "+ e", "= f", "> g", ": h", "*i* _j_ `k` [l](m) <n> &o; ~~p~~"]
)
@example(
    ["a\\", "![b](c)", "[^1]: d", "| e |", "|-|", "https://f.example/_g_", "&#11;", "<!--more-->"]
)
@example(["    code", "---", "+++", "***", "===", "\\# a", "a  ", "http://a", "<http://a>", "`"])
def test_a_line_of_text_is_displayed_literally(lines: list[str]) -> None:
    """Conformance 25: no part of a text becomes markup."""
    lines = [line for line in map(one_line, lines) if line]
    with TemporaryDirectory() as folder:
        site = Site(Path(folder))
        body = "\n\n".join(map(plaintext.escape, lines))
        site.writer().write(as_item(body=body, file_type=FileType.MARKDOWN))
        (article,) = site.articles().values()
    found = re.findall(r"<p>(.*?)</p>", article.html, re.DOTALL)
    assert [html.plain(each) for each in found] == lines


@given(st.text())
@example("../../etc/passwd")
@example("a/b\\c:d*e?\x00.md")
@example("." * 300)
@example("é" * 300)
@example("ÀÉ ﬀ ß ΐ")
@example("_draft.md")
@example("%2e%2e%2f")
def test_a_slug_is_a_valid_file_name_and_normalized(text: str) -> None:
    slug = names.slug(as_item(slug=text, title=text))
    assert urls.term(slug) == slug
    assert urls.is_addressable(slug)
    assert len(slug.encode()) <= 120
    assert not set(slug) & set('/\\:*?"<>| \x00')
    assert slug[0] not in "._-"


def test_many_items_with_the_same_title_have_different_slugs(tmp_path: Path) -> None:
    """Slugs are the same in every import of the same source."""
    number = 300
    for folder in ("a", "b"):
        writer = Site(tmp_path / folder).writer()
        for index in range(number):
            assert writer.write(as_item(id=f"urn:x:{index}")).path
    first, second = Site(tmp_path / "a"), Site(tmp_path / "b")
    assert first.files() == second.files()
    assert {f"2022/title{end}.html" for end in ("", "-2", f"-{number}")} <= first.files().keys()
    assert len(first.files()) == number
    again = first.writer()
    assert all(again.write(as_item(id=f"urn:x:{index}")).exists for index in range(number))


def test_an_existing_article_is_identified_by_its_id(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.writer().write(as_item())
    (path,) = site.files()
    edited = site.content / "elsewhere" / "renamed.md"
    edited.parent.mkdir()
    (site.content / path).rename(edited)
    text = edited.read_text(encoding="utf-8").replace("Title", "Another title")
    edited.write_text(text.replace("slug: title\n", ""), encoding="utf-8")
    before = site.files()
    result = site.writer().write(as_item(body="changed", title="changed"))
    assert (result.path, result.exists, result.problems) == (None, True, ())
    assert site.files() == before


def test_slugs_of_other_articles_are_not_reused(tmp_path: Path) -> None:
    site = Site(tmp_path)
    (site.content / "a.md").write_text("---\ntitle: A\npublished: 2022-01-01\nslug: title\n---\n")
    (site.content / "title-2").mkdir()
    (site.content / "title-2" / "index.md").write_text(
        "---\ntitle: B\npublished: 2022-01-01\n---\n"
    )
    assert site.writer().write(as_item()).path == "content/2022/title-3.html"
    assert len(site.articles()) == 3


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link"])
def test_existing_files_and_links_are_not_replaced(tmp_path: Path, kind: str) -> None:
    site = Site(tmp_path)
    existing = site.content / "2022" / "title.html"
    existing.parent.mkdir()
    outside = tmp_path / "outside.html"
    if kind == "folder":
        existing.mkdir()
    elif kind == "file":
        existing.write_bytes(b"\xff is no article")
    else:
        existing.symlink_to(outside)
    if kind == "link":
        outside.write_text("mine")
    assert site.writer().write(as_item()).path == "content/2022/title-2.html"
    assert outside.exists() == (kind == "link")
    assert kind != "file" or existing.read_bytes() == b"\xff is no article"
    assert not list(site.content.rglob(".*"))


def test_nothing_is_written_outside_the_content_folder(tmp_path: Path) -> None:
    site = Site(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (site.content / "2022").symlink_to(outside)
    (site.content / "2023").write_text("a file")
    writer = site.writer()
    result = writer.write(as_item())
    assert [problem.code for problem in result.problems] == ["unusable-folder"]
    result = writer.write(as_item(id="urn:x:2", published=datetime(2023, 1, 1, tzinfo=UTC)))
    assert [problem.code for problem in result.problems] == ["unusable-folder"]
    (result,) = [site.writer("2022/below").write(as_item())]
    assert [problem.code for problem in result.problems] == ["unusable-folder"]
    assert writer.write(as_item(id="urn:x:3", published=datetime(2021, 1, 1, tzinfo=UTC))).path
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("into", ["..", "../a", "/var", "a/../b", ".a", "_a", "", "a//b", "a/."])
def test_the_target_folder_must_be_below_the_content_folder(tmp_path: Path, into: str) -> None:
    with pytest.raises(FeedsvcError, match="name one below content/"):
        Site(tmp_path).writer(into)


@pytest.mark.parametrize("generator", ["jekyll", "pelican", "eleventy", "astro"])
def test_importing_into_a_tree_of_another_layout_is_refused(tmp_path: Path, generator: str) -> None:
    site = Site(tmp_path, f'generator = "{generator}"')
    with pytest.raises(FeedsvcError, match=f"as content of {generator}, which would not find"):
        site.writer()


def test_importing_into_a_detected_tree_of_another_layout_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pelicanconf.py").write_text("")
    with pytest.raises(FeedsvcError, match="as content of pelican"):
        Site(tmp_path).writer()


@pytest.mark.parametrize("generator", ["feedsvc", "hugo"])
def test_importing_twice_into_a_compatible_tree_writes_once(tmp_path: Path, generator: str) -> None:
    site = Site(tmp_path, f'generator = "{generator}"')
    assert site.writer().write(as_item()).path
    assert site.writer().write(as_item()).exists
    (file,) = scan(site.content, site.settings.site, Tree(generator)).fingerprints
    reading = ArticleReader(site.settings).read(file)
    assert reading.problems == ()
    assert reading.article
    assert (reading.article.id, reading.article.title) == ("urn:x:1", "Title")


def test_missing_required_values_are_reported(tmp_path: Path) -> None:
    writer = Site(tmp_path).writer()
    missing = [writer.write(as_item(title=" \x00", body="")), writer.write(as_item(published=None))]
    problems = [problem for result in missing for problem in result.problems]
    assert [(problem.line, problem.code) for problem in problems] == [
        (3, "no-title"),
        (3, "no-date"),
    ]
    assert "has neither a title nor a text" in problems[0].message
    assert "write one in the source, or give --date" in problems[1].message
    result = writer.write(as_item(body="a" * MAX_SIZE))
    assert [problem.code for problem in result.problems] == ["too-large-item"]


def test_an_id_that_is_not_an_iri_is_replaced_by_a_stable_one(tmp_path: Path) -> None:
    """Conformance 15."""
    site = Site(tmp_path)
    result = site.writer().write(as_item(id="123", seed="https://old.example/\n123"))
    (problem,) = result.problems
    assert (problem.code, problem.severity) == ("new-id", "warning")
    (article,) = site.articles().values()
    assert article.id == "urn:uuid:b1b3a03b-a8f6-5784-b62b-9e4c5ca29f4d"
    other = as_item(id="123", seed="https://other.example/\n123")
    assert site.writer().write(other).path


def test_unusable_values_are_reported_and_omitted(tmp_path: Path) -> None:
    site = Site(tmp_path)
    item = as_item(
        categories=("...", "A"),
        authors=(Person("Ada", "no mail", "javascript:a"),),
        language="English!",
        image="data:image/png,a",
        enclosures=(Enclosure("http://[", "a"), Enclosure("https://b.example/c d.mp3", "?", 3)),
    )
    result = site.writer().write(item)
    assert [problem.code for problem in result.problems] == ["unusable-value"] * 6
    (article,) = site.articles().values()
    assert article.authors == (Person("Ada"),)
    assert article.enclosures == (Enclosure("https://b.example/c%20d.mp3", "audio/mpeg", 3),)
    assert (FeedRef(Kind.CATEGORY, "a"), "A") in article.terms


def test_a_draft_with_an_ambiguous_date_lists_the_candidates(tmp_path: Path) -> None:
    """Conformance 53."""
    site = Site(tmp_path)
    days = tuple(datetime(year, 2, 17, tzinfo=UTC) for year in (2011, 2022))
    item = replace(as_item(published=days[0]), candidates=days, draft=True)
    site.writer().write(item)
    (content,) = site.files().values()
    assert b"# The text does not settle its day. These fit: 2011-02-17, 2022-02-17\n" in content
    (article,) = site.articles().values()
    assert article.draft


def test_files_are_utf_8_with_lf_and_readable(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.writer().write(as_item(body="<p>é</p>\r\n<p>\r</p>", title="é"))
    ((path, content),) = site.files().items()
    assert b"\r" not in content
    assert "é" in content.decode()
    assert (site.content / path).stat().st_mode & 0o400
    assert (site.content / path).stat().st_nlink == 1


@pytest.mark.parametrize(
    "written", ["", "123", "a b:c", "urn:x: y", "urn:x:\ud800", "urn:x:\ufffe"]
)
def test_an_id_that_is_invalid_in_feeds_is_never_written(written: str) -> None:
    """Conformance 1, 15."""
    identity, _ = names.identity(as_item(id=written))
    assert html.xml_safe(identity) == identity
    assert syntax.is_iri(identity)


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP])
def test_no_file_is_replaced_if_hard_links_are_unsupported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    site = Site(tmp_path)
    existing = site.content / "2022" / "title.html"
    existing.parent.mkdir()
    existing.symlink_to(tmp_path / "outside.html")
    assert site.writer().write(as_item()).path == "content/2022/title-2.html"
    assert not (tmp_path / "outside.html").exists()
    existing.unlink()
    ((path, content),) = site.files().items()
    assert (path, content[-13:]) == ("2022/title-2.html", b"<p>Text.</p>\n")


def test_other_write_errors_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    site = Site(tmp_path)
    with pytest.raises(FeedsvcError, match="cannot be written: No space left on device"):
        site.writer().write(as_item())
    assert site.files() == {}


LONG = "🐘" * 5000  # more than any limit


def test_values_at_their_limits_are_kept(tmp_path: Path) -> None:
    site = Site(tmp_path)
    entry_id = "urn:x:".ljust(MAX_ID, "y")
    link = "https://a.example/".ljust(MAX_URL, "y")
    term = "🐘" * (MAX_TERM // 4)
    language = ("en" + "-abcdefgh" * 20)[:MAX_LANGUAGE]
    item = as_item(id=entry_id, link=link, tags=(term,), authors=(Person(term),), language=language)
    assert site.writer(keep_links=True).write(item).problems == ()
    (article,) = site.articles().values()
    assert (article.id, article.external, article.language) == (entry_id, link, language)
    assert {FeedRef(Kind.TAG, term), FeedRef(Kind.AUTHOR, term)} <= dict(article.terms).keys()


@pytest.mark.parametrize(
    "value",
    [
        {"tags": (LONG,)},
        {"categories": (LONG,)},
        {"authors": (Person(LONG),)},
        {"authors": (Person("Ada", uri=f"https://a.example/{LONG}"),)},
        {"link": f"https://a.example/{LONG}"},
        {"image": f"https://a.example/{LONG}"},
        {"enclosures": (Enclosure(f"https://a.example/{LONG}", "audio/ogg"),)},
        {"language": ("en" + "-abcdefgh" * 20)[: MAX_LANGUAGE + 1]},
    ],
    ids=lambda value: "".join(value),
)
def test_a_value_beyond_its_limit_is_omitted_with_a_warning(
    tmp_path: Path, value: dict[str, object]
) -> None:
    site = Site(tmp_path)
    (problem,) = site.writer(keep_links=True).write(as_item(**value)).problems
    assert problem.code == "unusable-value"
    assert " bytes in UTF-8, and the limit is " in problem.message
    assert len(site.articles()) == 1


def test_an_id_beyond_its_limit_is_replaced_by_a_stable_one(tmp_path: Path) -> None:
    site = Site(tmp_path)
    item = as_item(id=f"urn:x:{LONG}", slug=LONG, title="words " * 1000)
    (problem,) = site.writer().write(item).problems
    assert problem.code == "new-id"
    (article,) = site.articles().values()
    assert article.id
    assert article.id.startswith("urn:uuid:")
    assert site.writer().write(item).exists


def test_a_target_folder_with_too_long_a_path_is_refused(tmp_path: Path) -> None:
    into = "/".join(["x" * 200] * 4)
    with pytest.raises(FeedsvcError, match="803 bytes in UTF-8, and the limit is 745"):
        Site(tmp_path).writer(into)


def test_two_articles_with_the_same_id_are_both_written(tmp_path: Path) -> None:
    site = Site(tmp_path)
    first = as_item(title="One", link="https://a.example/1")
    second = as_item(title="Two", link="https://a.example/2", origin=Origin("feed.xml", 9, 2))
    for _ in range(2):  # an import can be repeated
        writer = site.writer()
        results = [writer.write(item) for item in (first, second)]
    assert [result.exists for result in results] == [True, True]
    articles = {article.title: article.id for article in site.articles().values()}
    assert articles["One"] == "urn:x:1"
    assert str(articles["Two"]).startswith("urn:uuid:")


def test_a_duplicate_id_is_a_warning_that_names_both_articles(tmp_path: Path) -> None:
    site = Site(tmp_path)
    writer = site.writer()
    writer.write(as_item(title="One", link="https://a.example/1"))
    (problem,) = writer.write(
        as_item(title="Two", link="https://a.example/2", origin=Origin("feed.xml", 9, 2))
    ).problems
    assert (problem.line, problem.code) == (9, "duplicate-id")
    assert "item 2 has the id 'urn:x:1' of item 1 of feed.xml, 'One'" in problem.message
    assert "'Two' became urn:uuid:" in problem.message


def test_an_article_in_two_feeds_is_written_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    writer = site.writer()
    writer.write(as_item(link="https://a.example/1", body="<p>All</p>"))
    result = writer.write(as_item(link="https://a.example/1", body="", summary="Short"))
    assert (result.exists, result.problems) == (True, ())


def test_a_missing_title_is_the_beginning_of_the_text(tmp_path: Path) -> None:
    site = Site(tmp_path)
    (problem,) = site.writer().write(as_item(title=" ", body="<p>A short note.</p>")).problems
    assert problem.code == "made-title"
    (article,) = site.articles().values()
    assert article.title == "A short note."
