"""Converts an item of a feed or database to an Article. Pure."""

from collections.abc import Iterator

from feedsvc import html, urls
from feedsvc.config.settings import Settings
from feedsvc.errors import ArticleError
from feedsvc.importers import texts
from feedsvc.importers.clean import Cleaner, one_line
from feedsvc.importers.item import FileType, Item, check_size
from feedsvc.importers.source.collect import Found
from feedsvc.model import Article, ContentChoice, Enclosure, FeedRef, Kind, Person
from feedsvc.sources.attachments import guess_type
from feedsvc.sources.protocol import Reading


def read(key: str, found: Found, settings: Settings) -> Reading:
    """Return a Reading of the item with a key, including its article if that is valid."""
    if not found.item:
        return Reading(key, None, found.problems)
    cleaner = Cleaner(found.item)
    try:
        article = _article(key, found, found.item, cleaner, settings)
    except ArticleError as error:
        return Reading(key, None, (*found.problems, found.item.origin.failure(error)))
    return Reading(key, article, (*found.problems, *cleaner.warnings))


def _article(key: str, found: Found, item: Item, cleaner: Cleaner, settings: Settings) -> Article:
    if item.published is None:
        raise ArticleError("no-date", "has no date; write its date of publication")
    check_size(len(item.body) + len(item.summary))
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
    return Article(
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
