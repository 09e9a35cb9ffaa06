"""Makes the Article of an item of a feed or database. Pure."""

from collections.abc import Iterator

from feedsvc import html, urls
from feedsvc.config.settings import Settings
from feedsvc.errors import ArticleError, Problem
from feedsvc.importers import texts
from feedsvc.importers.clean import Cleaner, one_line
from feedsvc.importers.item import FileType, Item
from feedsvc.importers.source.collect import Found
from feedsvc.model import Article, ContentChoice, Enclosure, FeedRef, Kind, Person
from feedsvc.sources.article import MAX_SIZE
from feedsvc.sources.attachments import guess_type


def read(key: str, found: Found, item: Item, settings: Settings) -> tuple[Article, list[Problem]]:
    """Return the article of an item, and warnings. Raises ArticleError if there is none."""
    _check(item)
    assert item.published is not None  # noqa: S101 - for mypy; checked
    cleaner = Cleaner(item)
    written = html.markdown(item.body) if item.file_type is FileType.MARKDOWN else item.body
    raw, lost = html.shallow(written)
    if lost:
        cleaner.warn("bad-markup", f"nests too deeply, so {lost} is left out; make it flatter")
    content = html.sanitise(raw, lambda url: urls.resolve(item.base, url)).strip()
    title = one_line(item.title) or texts.beginning(content)
    if not title:
        raise ArticleError("no-title", "has neither a title nor a text; write one")
    own = urls.article_path(settings.article_link, found.slug, item.published, found.slug)
    language = cleaner.language() or settings.language
    authors = tuple(cleaner.authors()) or ((settings.author,) if settings.author else ())
    article = Article(
        path=key,
        slug=found.slug,
        id=found.id,
        title=title,
        published=item.published,
        updated=max(item.updated or item.published, item.published),
        expires=None,
        summary=one_line(item.summary) or html.excerpt(content),
        html=content,
        link=cleaner.url("link", item.link) or urls.absolute(settings.base_url, own),
        authors=authors,
        terms=tuple(_terms(item, cleaner, authors, language)),
        language=language,
        external=cleaner.url("external URL", item.external),
        image=cleaner.url("image", item.image),
        enclosures=tuple(
            Enclosure(each.url, each.type or guess_type(each.url), each.length)
            for each in cleaner.enclosures()
        ),
        content=ContentChoice.SUMMARY if item.only_summary else None,
        draft=item.draft,
        text_hash=found.fingerprint,
        episode=cleaner.episode()[1],
    )
    return article, cleaner.warnings


def _check(item: Item) -> None:
    if item.published is None:
        raise ArticleError("no-date", "has no date; write its date of publication")
    if len(item.body) + len(item.summary) > MAX_SIZE:
        raise ArticleError("too-large-item", "exceeds 5 MB, the limit of an article; split it")


def _terms(
    item: Item, cleaner: Cleaner, authors: tuple[Person, ...], language: str
) -> Iterator[tuple[FeedRef, str]]:
    for kind, labels in (
        (Kind.CATEGORY, cleaner.labels("category", item.categories)),
        (Kind.TAG, cleaner.labels("tag", item.tags)),
        (Kind.AUTHOR, (author.name for author in authors)),
    ):
        for label in labels:
            yield FeedRef(kind, urls.term(label)), label
    yield FeedRef(Kind.LANGUAGE, language), language
