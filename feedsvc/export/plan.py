"""Plans which URL paths a build requests, and the file of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from feedsvc import routes, urls
from feedsvc.export import names
from feedsvc.export.manifest import Resource
from feedsvc.export.names import FileNames
from feedsvc.http.representation import CODINGS
from feedsvc.model import TERM_KINDS, FeedRef, Format, Kind
from feedsvc.publication import FeedSummary, Publication
from feedsvc.render import sitemap
from feedsvc.routes import Routes
from feedsvc.web import assets
from feedsvc.web.oldfeeds import OldFeeds

_TEXTS = (".css", ".html", ".svg")


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Options of a build.

    only: build only documents in these formats, and the files that articles use; () for everything.
    archives: whether to include them. codings: for precompressed documents and texts.
    """

    only: tuple[Format, ...] = ()
    archives: bool = True
    codings: tuple[str, ...] = CODINGS


@dataclass(frozen=True, slots=True)
class Job:
    """A path to request. path: percent-encoded, from the root of the host.

    file: '' if none is expected, as for a redirect. codings: of additional files. version: changes
    with the response; '' if it is unknown. known: the result of the previous build.
    """

    path: str
    file: str = ""
    codings: tuple[str, ...] = ()
    version: str = ""
    known: Resource | None = None

    @property
    def files(self) -> list[str]:
        """The names of all possible files."""
        codings = ("", *self.codings) if self.file else ()
        return [names.coded(self.file, coding) for coding in codings]


@dataclass(frozen=True, slots=True)
class _Path:
    """A path below base_url. is_text: worth compressing. version: see Job."""

    path: str
    is_page: bool = False
    is_text: bool = True
    version: str = ""


def plan(
    publication: Publication, options: BuildOptions, known: Mapping[str, Resource]
) -> list[Job]:
    """Return the jobs of a build, one for each decoded path.

    known: the results of the previous build, by path.
    """
    site = Routes(publication.settings)
    feeds = publication.feeds()
    documents = _documents(publication, feeds, options)
    others = () if options.only else _others(publication, feeds, site)
    file_names = FileNames()
    jobs: dict[bytes, Job] = {}  # by decoded path
    for each in (*documents, *others, *_files(publication, site)):
        path = site.here(each.path)
        if (decoded := unquote_to_bytes(path)) not in jobs:
            file = file_names.assign(path, each.is_page)
            codings = options.codings if each.is_text else ()
            jobs[decoded] = Job(path, file, codings, each.version, known.get(path))
    if not options.only:
        for path in map(site.here, _moved(publication, feeds, site)):
            # The redirect to a page may have the path of a feed, an alias the path of an article.
            jobs.setdefault(unquote_to_bytes(path), Job(path))
    return list(jobs.values())


def _documents(
    publication: Publication, feeds: Sequence[FeedSummary], options: BuildOptions
) -> Iterator[_Path]:
    """Yield the subscription documents, which come first to get their natural names."""
    formats = options.only or tuple(Format)
    for feed in feeds:
        for format in formats:
            yield _Path(routes.feed_path(feed.ref, format), version=feed.tag)
    if not options.archives:
        return
    for feed in feeds:
        if feed.archives:
            for number, tag in enumerate(publication.archive_tags(feed.ref), 1):
                for format in formats:
                    yield _Path(routes.archive_path(feed.ref, format, number), version=tag)


def _others(
    publication: Publication, feeds: Sequence[FeedSummary], site: Routes
) -> Iterator[_Path]:
    yield _Path(routes.OPML)
    yield from map(_Path, _sitemaps(feeds))
    yield _Path(urls.INDEX, is_page=True)
    articles, of_feeds = publication.page_versions()
    for kind in TERM_KINDS:
        yield _Path(routes.kind_path(kind), is_page=True)
    for feed in feeds:
        for page in (routes.page_path(feed.ref), *_older_pages(feed)):
            yield _Path(page, is_page=True, version=of_feeds.get(feed.ref, ""))
    for name in assets.TYPES:
        yield _Path(routes.asset_path(name))
    if not publication.settings.icon:
        for name in assets.ICONS:
            yield _Path(routes.icon_path(name), is_text=False)
    for page, version in sorted(_below(site, articles).items()):
        yield _Path(page, is_page=True, version=version)


def _files(publication: Publication, site: Routes) -> Iterator[_Path]:
    """Yield the files that articles use; feed entries refer to them, too."""
    for file in sorted(_below(site, dict.fromkeys(publication.files.urls(), ""))):
        yield _Path(file, is_text=file.lower().endswith(_TEXTS))


def _moved(publication: Publication, feeds: Sequence[FeedSummary], site: Routes) -> Iterator[str]:
    """Yield paths of redirects and of withdrawn articles."""
    lists = (*map(routes.kind_path, TERM_KINDS), *(routes.page_path(feed.ref) for feed in feeds))
    yield from (page.removesuffix("/") for page in lists)
    yield from map(routes.icon_path, assets.ICONS)
    _, past = publication.article_urls()
    yield from sorted(_below(site, dict.fromkeys(past, "")))
    settings = publication.settings
    yield from map(quote, settings.aliases)
    yield from OldFeeds(publication, site).paths()
    for ref in map(FeedRef.of, (*settings.moved, *settings.retired)):
        page = routes.page_path(ref)
        yield from (page, page.removesuffix("/"))
        if feed := publication.feed(ref):
            yield from _older_pages(feed)
        archives = range(1, len(publication.archive_tags(ref)) + 1)
        for format in Format:
            yield routes.feed_path(ref, format)
            yield from (routes.archive_path(ref, format, number) for number in archives)


def _older_pages(feed: FeedSummary) -> Iterator[str]:
    return (routes.page_path(feed.ref, number + 1) for number in range(feed.pages))


def _sitemaps(feeds: Sequence[FeedSummary]) -> Iterator[str]:
    yield routes.sitemap_path()
    site = next((feed for feed in feeds if feed.ref.kind is Kind.ALL), None)
    parts = sitemap.parts(site.entries) if site else 1
    if parts > 1:
        yield from (routes.sitemap_path(number + 1) for number in range(parts))


def _below(site: Routes, site_urls: Mapping[str, str]) -> dict[str, str]:
    """Return the paths, below base_url, of URLs on this site, with the values of the URLs."""
    here = site.here(urls.INDEX)
    paths = ((site.here(url), value) for url, value in site_urls.items())
    return {
        f"/{path[len(here) :]}": value
        for path, value in paths
        if path.startswith(here) and "?" not in path
    }
