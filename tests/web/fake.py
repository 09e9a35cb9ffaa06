"""A fake publication, to test views and the edge without a catalog."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import create_engine

from feedsvc import routes, urls
from feedsvc.catalog.changes import Changes
from feedsvc.config.feeds import FeedSettings
from feedsvc.config.settings import Settings
from feedsvc.errors import CatalogError
from feedsvc.model import Category, Document, Enclosure, Entry, FeedRef, Format, Kind, Person
from feedsvc.publication import ArticlePage, FeedSummary, Health, Neighbour, Publication
from feedsvc.publication.files import Files
from feedsvc.render import RENDERERS

BASE = "https://news.example.org"
SITE = FeedRef(Kind.ALL)
TAG = FeedRef(Kind.TAG, "c++")
WHEN = datetime(2025, 11, 20, 17, 30, tzinfo=UTC)
SENT_DATE = "Thu, 20 Nov 2025 17:30:00 GMT"
SETTINGS = Settings(
    site=Path("site"),
    title="The Sahel Report",
    subtitle="News from between the desert and the savanna",
    base_url=BASE,
    id_authority="news.example.org,2022",
    content=Path("site/content"),
    database="sqlite:///catalog.db",
    article_link="/articles/{slug}",
    language="en",
    copyright="© The Sahel Report",
    feeds={"tag/c++": FeedSettings(max_age=60)},
)
LABELS: Mapping[FeedRef, str] = {
    SITE: SETTINGS.title,
    FeedRef(Kind.NAMED, "security"): "Security",
    FeedRef(Kind.CATEGORY, "élection"): "Élection",
    TAG: "C++",
    FeedRef(Kind.TAG, "node.js"): "node.js",
    FeedRef(Kind.TAG, "<b>&"): "<b>&",
    FeedRef(Kind.AUTHOR, "aïcha-diallo"): "Aïcha Diallo",
    FeedRef(Kind.LANGUAGE, "ar"): "ar",
}
_FIRST = 7  # the initial revision of the fake


def entry(slug: str, title: str, **changes: object) -> Entry:
    """Return an entry with a value in every field."""
    whole = Entry(
        id=f"tag:news.example.org,2022:{slug}",
        title=title,
        link=urls.absolute(BASE, urls.article_path("/articles/{slug}", slug, WHEN)),
        published=WHEN,
        updated=WHEN,
        summary="What it is <about> & why.",
        content=f'<p>Read <a href="{BASE}/files/a.pdf">this</a>.</p>',
        authors=(Person("Aïcha Diallo"), Person("A Guest")),
        categories=(Category("c++", routes.category_scheme(BASE, Kind.TAG), "C++"),),
        enclosures=(Enclosure(f"{BASE}/files/Le%20son.mp3", "audio/mpeg", 1_234_567),),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


RAIN = entry("rain", "Rain & <wind>")
ARABIC = entry(
    "نهر",
    "النهر يفيض",
    language="ar",
    content="<p>فاض النهر.</p>",
    link="https://x.org/",
    external="https://x.org/",
)


class FakeFiles(Files):
    """Files by path, and derived ones."""

    def __init__(self, of: "FakePublication") -> None:
        self._of = of
        self._settings = of.settings

    def find(self, path: str) -> Path | None:
        return self._of._files.get(path)

    def derived(self, path: str) -> tuple[bytes, str] | None:
        return self._of._derived.get(path)


class FakePublication(Publication):
    """Two articles in eight feeds, the site feed with one archive; one article withdrawn.

    due: what `state` says. lost: the catalog cannot be used. asked: the documents that were asked
    for, deltas and archives too. length: bytes of a document, about.
    """

    def __init__(
        self,
        settings: Settings = SETTINGS,
        *,
        files: Iterable[tuple[str, Path]] = (),
        derived: Mapping[str, tuple[bytes, str]] = {},
    ) -> None:
        self.settings = settings
        self.hubs = ()
        self.due: datetime | None = None
        self.lost = False
        self.asked: list[str] = []
        self.length = 2_000
        self._files = dict(files)
        self.files = FakeFiles(self)
        self._derived = derived
        self._shown = {"rain": RAIN, "نهر": ARABIC}
        self._newest = _FIRST
        self._states = {ref: [_FIRST] for ref in LABELS}
        self._severed: set[int] = set()

    def mark_published(self) -> None:
        """Do nothing: the fake has no ids to keep."""

    def changes(self, every: float = 0.001) -> Changes:
        return Changes(create_engine("sqlite://"), every)

    def publish(self, ref: FeedRef = SITE, *, removal: bool = False) -> None:
        """Commit a revision that changes one feed; no delta spans a removal."""
        self._newest += 1
        self._states[ref].append(self._newest)
        if removal:
            self._severed.add(self._newest)

    def tag(self, ref: FeedRef) -> str:
        """Return the tag of a feed's document."""
        return _tag(ref, self._states[ref][-1])

    def document(self, ref: FeedRef, format: Format) -> Document | None:
        self._ask(routes.feed_path(ref, format))
        if ref not in LABELS:
            return None
        state = self._states[ref][-1]
        body = f"<{ref.key}.{format} {state}>".ljust(self.length).encode()
        return self._document(body, format, state, _tag(ref, state))

    def archive(self, ref: FeedRef, format: Format, number: int) -> Document | None:
        self._ask(routes.archive_path(ref, format, number))
        if (ref, number) != (SITE, 1):
            return None
        return self._document(b"<archive>", format, 3, "3.abcdef01")

    def delta(self, ref: FeedRef, format: Format, tag: str) -> Document | None:
        self._ask(f"{routes.feed_path(ref, format)} since {tag}")
        states = self._states[ref]
        held = next((state for state in states[:-1] if _tag(ref, state) == tag), None)
        if held is None or any(held < severed <= states[-1] for severed in self._severed):
            return None
        body = f"<since {held}>".encode()
        return self._document(body, format, states[-1], _tag(ref, states[-1]))

    def feeds(self) -> list[FeedSummary]:
        self._ask("feeds")
        titles = {ref: f"{SETTINGS.title}: {label}" for ref, label in LABELS.items()}
        titles[SITE] = SETTINGS.title
        return [
            FeedSummary(ref, label, titles[ref], 2, WHEN, archives=int(ref == SITE))
            for ref, label in LABELS.items()
        ]

    def feed(self, ref: FeedRef) -> FeedSummary | None:
        if "\0" in ref.term:
            raise ValueError("PostgreSQL cannot store this text")
        return next((feed for feed in self.feeds() if feed.ref == ref), None)

    def entries(self, ref: FeedRef, page: int | None = None) -> list[Entry]:
        return [] if ref.kind is Kind.CATEGORY else list(self._shown.values())

    def article(self, slug: str) -> ArticlePage | None:
        self._ask(slug)
        if slug not in self._shown:
            return None
        path = urls.article_path(self.settings.article_link, slug, WHEN)
        link = urls.absolute(self.settings.base_url, path)
        older = Neighbour("Wind & <sand>", f"{BASE}/articles/rain") if slug != "rain" else None
        return ArticlePage(self._shown[slug], link, tuple(self.feeds()[:3]), older)

    def sitemap(self, first: int, count: int) -> list[tuple[str, datetime]]:
        self._ask("sitemap")
        found = [(urls.absolute(BASE, f"/articles/{slug}"), WHEN) for slug in self._shown]
        return found[first : first + count]

    def withdrawn(self, slug: str) -> bool:
        return slug == "gone"

    def newest(self) -> tuple[int, datetime]:
        return self._newest, _instant(self._newest)

    def state(self) -> tuple[str, datetime | None]:
        self._refuse_if_lost()
        return str(self._newest), self.due

    def health(self) -> Health:
        self._refuse_if_lost()
        return Health(self._newest, WHEN, 2)

    def _ask(self, what: str) -> None:
        self._refuse_if_lost()
        self.asked.append(what)

    def _refuse_if_lost(self) -> None:
        if self.lost:
            raise CatalogError("the catalog cannot be used: it is lost")

    def _document(self, body: bytes, format: Format, state: int, tag: str) -> Document:
        return Document(body, RENDERERS[format].media_type, state, _instant(state), tag)


def _instant(state: int) -> datetime:
    return WHEN + timedelta(minutes=state - _FIRST)


def _tag(ref: FeedRef, state: int) -> str:
    return f"{state:x}.{blake2b(f'{ref.key} {state}'.encode(), digest_size=4).hexdigest()}"
