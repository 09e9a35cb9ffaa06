"""A site whose source is a feed, for tests."""

import json
from datetime import timedelta

from feedsvc.catalog.sync import SyncReport, sync
from feedsvc.importers.source.feed import FeedSource
from feedsvc.sources import ContentFolder, Sources
from tests.desk import Desk

BASE = "https://news.example.org"


FILE = "public/articles.json"


def item(name: str, day: int = 1, **values: object) -> dict[str, object]:
    """Return an item of a JSON feed."""
    usual: dict[str, object] = {
        "id": f"{BASE}/{name}/",
        "url": f"{BASE}/{name}/",
        "title": name.title(),
        "content_html": f"<p>{name}</p>",
        "date_published": f"2022-02-{day:02}T09:30:00+01:00",
    }
    return {key: value for key, value in (usual | values).items() if value is not None}


def document(*items: object, **values: object) -> bytes:
    version = "https://jsonfeed.org/version/1.1"
    feed = {"version": version, "title": "News", "items": items, "home_page_url": f"{BASE}/"}
    return json.dumps(feed | values).encode()


class Site:
    """A site whose articles are the items of feeds."""

    def __init__(self, desk: Desk, **options: object) -> None:
        self.desk = desk
        desk.configure('content = ""')
        self.options = options or {"path": FILE}
        self.source = self.make()

    def make(self) -> FeedSource:
        return FeedSource("posts", self.options, self.desk.settings)

    def write(self, *items: object, file: str = FILE) -> None:
        self.put(document(*items), file)

    def put(self, content: bytes, file: str = FILE) -> None:
        path = self.desk.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def sync(self) -> SyncReport:
        desk = self.desk
        desk.now += timedelta(minutes=1)
        sources = Sources(ContentFolder(desk.settings), self.source)
        return sync(desk.catalog, desk.settings, desk.now, force=True, sources=sources)

    def titles(self) -> list[str]:
        return self.desk.titles()


def codes(report: SyncReport) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in report.problems]


def only(report: SyncReport) -> str:
    (problem,) = report.problems
    return str(problem)
