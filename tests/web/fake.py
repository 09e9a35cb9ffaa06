"""A publication made by hand, so that views are tested without a catalog."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from feedsvc import urls
from feedsvc.model import Category, Document, Enclosure, Entry, FeedRef, Format, Kind, Person
from feedsvc.publication import ArticlePage, FeedSummary, Publication
from feedsvc.render import RENDERERS
from feedsvc.settings import FeedSettings, Settings

BASE = "https://news.example.org"
SITE = FeedRef(Kind.ALL)
WHEN = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
SETTINGS = Settings(
    site=Path("site"),
    title="The Sahel Report",
    subtitle="News from between the desert and the savanna",
    base_url=BASE,
    id_authority="news.example.org,2022",
    content=Path("site/content"),
    database="sqlite:///catalog.db",
    language="en",
    copyright="© The Sahel Report",
    feeds={"tag/c++": FeedSettings(max_age=60)},
)
LABELS: Mapping[FeedRef, str] = {
    SITE: SETTINGS.title,
    FeedRef(Kind.CATEGORY, "élection"): "Élection",
    FeedRef(Kind.TAG, "c++"): "C++",
    FeedRef(Kind.TAG, "node.js"): "node.js",
    FeedRef(Kind.TAG, "<b>&"): "<b>&",
    FeedRef(Kind.AUTHOR, "aïcha-diallo"): "Aïcha Diallo",
    FeedRef(Kind.LANGUAGE, "ar"): "ar",
}


def entry(slug: str, title: str, **changes: object) -> Entry:
    """Return an entry with something in every field."""
    whole = Entry(
        id=f"tag:news.example.org,2022:{slug}",
        title=title,
        link=urls.absolute(BASE, urls.article_path("/articles/{slug}", slug, WHEN)),
        published=WHEN,
        updated=WHEN,
        summary="What it is <about> & why.",
        content=f'<p>Read <a href="{BASE}/files/a.pdf">this</a>.</p>',
        authors=(Person("Aïcha Diallo"), Person("A Guest")),
        categories=(Category("c++", urls.category_scheme(BASE, Kind.TAG), "C++"),),
        enclosures=(Enclosure(f"{BASE}/files/Le%20son.mp3", "audio/mpeg", 1_234_567),),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


RAIN = entry("rain", "Rain & <wind>")
ARABIC = entry(
    "نهر", "النهر يفيض", language="ar", content="<p>فاض النهر.</p>", link="https://x.org/"
)


class FakePublication(Publication):
    """Two articles in seven feeds, one article withdrawn, one file shown."""

    def __init__(
        self, settings: Settings = SETTINGS, *, files: Iterable[tuple[str, Path]] = ()
    ) -> None:
        self.settings = settings
        self._files = dict(files)
        self._entries = {"rain": RAIN, "نهر": ARABIC}

    def document(self, ref: FeedRef, format: Format) -> Document | None:
        if ref not in LABELS:
            return None
        body = f"<{ref.key}.{format}>".encode()
        return Document(body, RENDERERS[format].media_type, 7, WHEN)

    def feeds(self) -> list[FeedSummary]:
        return [
            FeedSummary(ref, label, label if ref == SITE else f"{SETTINGS.title}: {label}", 2, WHEN)
            for ref, label in LABELS.items()
        ]

    def feed(self, ref: FeedRef) -> FeedSummary | None:
        if "\0" in ref.term:
            raise ValueError("PostgreSQL knows no such text")
        return next((feed for feed in self.feeds() if feed.ref == ref), None)

    def entries(self, ref: FeedRef) -> list[Entry]:
        return [] if ref.kind is Kind.CATEGORY else list(self._entries.values())

    def article(self, slug: str) -> ArticlePage | None:
        if slug not in self._entries:
            return None
        path = urls.article_path(self.settings.article_link, slug, WHEN)
        link = urls.absolute(self.settings.base_url, path)
        return ArticlePage(self._entries[slug], link, tuple(self.feeds()[:3]))

    def withdrawn(self, slug: str) -> bool:
        return slug == "gone"

    def file(self, path: str) -> Path | None:
        return self._files.get(path)

    def last_modified(self) -> datetime:
        return WHEN

    def revision(self) -> int:
        return 7
