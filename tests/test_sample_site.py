"""The sample site of the repository is valid and demonstrates every feature of articles."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from feedsvc import features, sources
from feedsvc.model import Article, ContentChoice, FeedRef, Kind
from feedsvc.sources import ArticleReader, scan

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 2, 1, tzinfo=UTC)


@cache
def everything() -> dict[str, Article]:
    """Read the site, which must have no problems."""
    loaded = sources.load(ROOT, {})
    found = scan(loaded.content, loaded.site)
    assert found.problems == ()
    reader = ArticleReader(loaded)
    articles = {}
    for path in found.fingerprints:
        reading = reader.read(path)
        assert reading.problems == (), path
        assert reading.article, path
        articles[path] = reading.article
    return articles


def is_public(each: Article) -> bool:
    """Return whether an article is public at the time of these tests."""
    return not (each.draft or each.published > NOW or (each.expires and each.expires <= NOW))


def public() -> list[Article]:
    return [each for each in everything().values() if is_public(each)]


def test_slugs_and_ids_are_unique() -> None:
    slugs = [each.slug for each in everything().values()]
    assert len(set(slugs)) == len(slugs)
    ids = [each.id for each in everything().values() if each.id]
    assert len(set(ids)) == len(ids)


def test_the_site_has_enough_articles_languages_and_terms() -> None:
    assert len(public()) >= 8
    assert {each.language for each in public()} >= {"en", "fr"}
    assert len(refs(Kind.CATEGORY)) >= 3
    assert len(refs(Kind.AUTHOR)) >= 2


def refs(kind: Kind) -> set[FeedRef]:
    return {ref for each in public() for ref, _ in each.terms if ref.kind is kind}


def test_the_site_has_drafts_and_scheduled_and_expired_articles() -> None:
    """Conformance 55."""
    hidden = [each for each in everything().values() if not is_public(each)]
    assert [each.path for each in hidden if each.draft]
    assert [each.path for each in hidden if each.published > NOW]
    assert [each.path for each in hidden if each.expires and each.expires <= NOW]
    far = [each.published.year for each in hidden if each.published > NOW]
    assert min(far) >= 2036  # so that they stay in the future


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        ("a picture", lambda each: each.image),
        ("a picture in the text", lambda each: "<img" in each.html and each.files),
        ("audio", lambda each: any(e.type.startswith("audio/") for e in each.enclosures)),
        ("an update", lambda each: each.updated > each.published),
        ("an external link", lambda each: each.external),
        ("an id of its own", lambda each: each.id),
        ("a chosen content", lambda each: each.content is ContentChoice.SUMMARY),
        ("an article outside all feeds", lambda each: not each.feeds),
        ("an article in HTML", lambda each: each.path.endswith(".html")),
        ("front matter in TOML", lambda each: source(each).startswith("+++")),
        ("a summary above the mark", lambda each: "\n<!--more-->\n" in source(each)),
        ("a title that is a heading", lambda each: f"\n# {each.title}\n" in source(each)),
        ("right to left", lambda each: re.search("[\u0590-\u06ff]", each.title)),
        ("several authors", lambda each: len(each.authors) > 1),
        ("code", lambda each: "<pre><code" in each.html),
        ("a table", lambda each: "<table>" in each.html),
        ("a footnote", lambda each: "footnote" in each.html),
    ],
)
def test_the_site_demonstrates(name: str, shows: Callable[[Article], object]) -> None:
    assert [each.path for each in public() if shows(each)]


def test_the_site_has_a_custom_feed_and_moved_feeds() -> None:
    loaded = sources.load(ROOT, {})
    gathered = [
        each.path
        for each in public()
        if "polls" in loaded.feeds_of([ref.key for ref, _ in each.terms])
    ]
    assert 1 <= len(gathered) < len(public())
    assert loaded.moved
    assert loaded.retired
    assert loaded.aliases


def source(each: Article) -> str:
    return (ROOT / "content" / each.path).read_text(encoding="utf-8")


def test_the_site_has_similar_but_distinct_terms() -> None:
    terms = {ref.term for ref in refs(Kind.TAG)}
    assert {"c", "c++", "c#", "élection", "election", "node.js", "日本語"} <= terms


def is_made(file: str, article: Article) -> bool:
    made = (each.make(file, article, (ROOT / "content").joinpath) for each in features.installed())
    return any(made)


def test_every_file_is_referenced_and_every_referenced_file_exists() -> None:
    content = ROOT / "content"
    loaded = sources.load(ROOT, {})
    shown = {file for each in everything().values() for file in each.files}
    shown -= {file for each in everything().values() for file in each.files if is_made(file, each)}
    shown |= {url.partition("/files/")[2] for url in loaded.images}
    others = {
        path.relative_to(content).as_posix()
        for path in content.rglob("*")
        if path.is_file() and path.suffix not in {".md", ".html"}
    }
    assert shown == others


def test_email_addresses_are_reserved_for_examples() -> None:
    """RFC 2606."""
    for each in everything().values():
        for person in each.authors:
            assert (person.email or "a@feedsvc.example.org").endswith(".example.org")
