"""Which URL paths a build asks for, and which file each is written to; writes nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from feedsvc import routes, urls
from feedsvc.export import names
from feedsvc.export.manifest import Resource
from feedsvc.export.names import Names
from feedsvc.http.representation import CODINGS
from feedsvc.model import TERM_KINDS, FeedRef, Format
from feedsvc.publication import FeedSummary, Publication
from feedsvc.routes import Routes
from feedsvc.web import assets

_TEXTS = (".css", ".html", ".svg")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be built. only: documents in these formats and nothing else; none for everything.

    archives: with them. codings: in which documents and texts lie ready.
    """

    only: tuple[Format, ...] = ()
    archives: bool = True
    codings: tuple[str, ...] = CODINGS


@dataclass(frozen=True, slots=True)
class Job:
    """One path to ask for. path: percent-encoded, from the root of the host.

    file: '' where none is expected, as of a path that moved. codings: to write beside it. tag: of
    the document, where that is known. known: what the last build wrote.
    """

    path: str
    file: str = ""
    codings: tuple[str, ...] = ()
    tag: str | None = None
    known: Resource | None = None

    @property
    def files(self) -> list[str]:
        """The names of all files that it may lead to."""
        return [names.coded(self.file, each) for each in ("", *self.codings)] if self.file else []


@dataclass(frozen=True, slots=True)
class _Path:
    """A path below base_url. is_text: it compresses well. tag: see Job."""

    path: str
    is_page: bool = False
    is_text: bool = True
    tag: str | None = None


def plan(publication: Publication, wanted: Wanted, known: Mapping[str, Resource]) -> list[Job]:
    """Return the jobs of a build, one for each decoded path, however that may be encoded.

    known: by path, what an earlier build wrote.
    """
    site = Routes(publication.settings)
    feeds = publication.feeds()
    documents = _documents(publication, feeds, wanted)
    others = () if wanted.only else _others(publication, feeds, site)
    given = Names()
    jobs: dict[bytes, Job] = {}  # by decoded path
    for each in (*documents, *others):
        path = site.here(each.path)
        if (decoded := unquote_to_bytes(path)) not in jobs:
            file = given.give(path, each.is_page)
            codings = wanted.codings if each.is_text else ()
            jobs[decoded] = Job(path, file, codings, each.tag, known.get(path))
    if not wanted.only:
        for path in map(site.here, _moved(publication, feeds, site)):
            # The way to a page may be the path of a feed, and an alias that of an article.
            jobs.setdefault(unquote_to_bytes(path), Job(path))
    return list(jobs.values())


def _documents(
    publication: Publication, feeds: Sequence[FeedSummary], wanted: Wanted
) -> Iterator[_Path]:
    """The subscription documents come first, so that nothing takes the plain name from one."""
    formats = wanted.only or tuple(Format)
    for feed in feeds:
        for format in formats:
            yield _Path(routes.feed_path(feed.ref, format), tag=feed.tag)
    if not wanted.archives:
        return
    for feed in feeds:
        if feed.archives:
            for number, tag in enumerate(publication.archive_tags(feed.ref), 1):
                for format in formats:
                    yield _Path(routes.archive_path(feed.ref, format, number), tag=tag)


def _others(
    publication: Publication, feeds: Sequence[FeedSummary], site: Routes
) -> Iterator[_Path]:
    yield _Path(routes.OPML)
    yield _Path(urls.INDEX, is_page=True)
    for page in (*_kind_pages(), *_feed_pages(feeds)):
        yield _Path(page, is_page=True)
    for name in assets.TYPES:
        yield _Path(routes.asset_path(name))
    visible, _ = publication.article_urls()
    for page in sorted(_below(site, visible)):
        yield _Path(page, is_page=True)
    for file in sorted(_below(site, publication.files())):
        yield _Path(file, is_text=file.lower().endswith(_TEXTS))


def _moved(publication: Publication, feeds: Sequence[FeedSummary], site: Routes) -> Iterator[str]:
    """Yield paths that lead elsewhere, or to what has been withdrawn."""
    for page in (*_kind_pages(), *_feed_pages(feeds)):
        yield page.removesuffix("/")
    _, past = publication.article_urls()
    yield from sorted(_below(site, past))
    settings = publication.settings
    yield from map(quote, settings.aliases)
    for ref in map(FeedRef.of, (*settings.moved, *settings.retired)):
        page = routes.page_path(ref)
        yield from (page, page.removesuffix("/"))
        archives = range(1, len(publication.archive_tags(ref)) + 1)
        for format in Format:
            yield routes.feed_path(ref, format)
            yield from (routes.archive_path(ref, format, number) for number in archives)


def _kind_pages() -> Iterable[str]:
    return (routes.kind_path(kind) for kind in TERM_KINDS)


def _feed_pages(feeds: Sequence[FeedSummary]) -> Iterable[str]:
    return (routes.page_path(feed.ref) for feed in feeds)


def _below(site: Routes, found: Iterable[str]) -> set[str]:
    """Return the paths below base_url of those URLs that are paths of this site."""
    here = site.here(urls.INDEX)
    paths = (site.here(url) for url in found)
    return {f"/{path[len(here) :]}" for path in paths if path.startswith(here) and "?" not in path}
