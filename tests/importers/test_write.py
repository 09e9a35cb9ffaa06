"""Items are written as files that cause no Problems; existing files are not changed."""

import errno
import os
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedsvc import html, syntax, urls
from feedsvc.errors import FeedsvcError
from feedsvc.importers import names, plaintext
from feedsvc.importers.item import FileType
from feedsvc.model import (
    Enclosure,
    Kind,
    Person,
    Tree,
)
from feedsvc.sources import ArticleReader, scan
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


def test_files_are_utf_8_with_lf_and_readable(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.writer().write(as_item(body="<p>é</p>\r\n<p>\r</p>", title="é"))
    ((path, content),) = site.files().items()
    assert b"\r" not in content
    assert "é" in content.decode()
    assert (site.content / path).stat().st_mode & 0o400
    assert (site.content / path).stat().st_nlink == 1


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
