"""A site that tests import into, and its results."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from feedsvc.config.settings import Settings
from feedsvc.importers.item import Hints, Item, Origin
from feedsvc.importers.run import Report, run
from feedsvc.importers.sources import SourceFormat
from feedsvc.importers.write import ArticleWriter
from feedsvc.model import Article
from feedsvc.sources import ArticleReader, scan
from tests.sites import make_site

SOURCES = Path(__file__).parent / "sources"
PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HINTS = Hints(PARIS, {}, NOW)


class Site:
    """A site and its content folder."""

    def __init__(self, folder: Path, toml: str = "") -> None:
        self.settings: Settings = make_site(folder, {}, toml)
        self.content = self.settings.content

    def writer(self, into: str | None = None, *, keep_links: bool = False) -> ArticleWriter:
        """Return the writer of a new import."""
        return ArticleWriter(self.settings, into, keep_links=keep_links)

    def run(self, *named: Path, hints: Hints = HINTS, format: SourceFormat | None = None) -> Report:
        """Import files as the command would."""
        return run(named, self.writer(), hints, format)

    def put(self, source: str, content: str | bytes) -> Path:
        """Write a source beside the content folder."""
        path = self.settings.site / "sources" / source
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def articles(self) -> dict[str, Article]:
        """Read all articles, which must not cause any Problem."""
        found = scan(self.content, self.settings.site)
        assert found.problems == ()
        readings = [ArticleReader(self.settings).read(file) for file in found.fingerprints]
        assert [problem for reading in readings for problem in reading.problems] == []
        articles = [reading.article for reading in readings if reading.article]
        assert len({article.slug for article in articles}) == len(articles)
        return {article.path: article for article in articles}

    def files(self) -> dict[str, bytes]:
        """Return all files below content/, including hidden ones."""
        return {
            path.relative_to(self.content).as_posix(): path.read_bytes()
            for path in sorted(self.content.rglob("*"))
            if path.is_file()
        }


def codes(report: Report) -> list[str]:
    """Return the codes of the problems of an import, in order."""
    return [problem.code for problem in report.problems]


def as_item(**values: object) -> Item:
    """Return an item with the values that an article requires, and those given."""
    usual: dict[str, object] = {
        "origin": Origin("feed.xml", 3, 1),
        "id": "urn:x:1",
        "seed": "1",
        "title": "Title",
        "published": datetime(2022, 2, 17, 9, 30, tzinfo=UTC),
        "body": "<p>Text.</p>",
    }
    return Item(**(usual | values))  # type: ignore[arg-type]
