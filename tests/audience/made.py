"""A small store of generated figures, with hostile User-Agents and addresses."""

from pathlib import Path

from msgspec import structs

from feedsvc.audience import daily
from feedsvc.audience.criteria import Act
from feedsvc.audience.demo import Model, days
from feedsvc.audience.records import Record
from feedsvc.audience.rows import Kind
from feedsvc.audience.store import DAY, Batch, Store
from feedsvc.config.settings import Settings
from feedsvc.config.statistics import StatisticsSettings
from tests.web.fake import SETTINGS

HOSTILE = '=cmd|"/C calc"!A1<script>alert(1)</script>\u202e'
FEEDS = {"all": 0.7, "tag/c++": 0.3}


def settings(base_url: str = "http://127.0.0.1:8000", **statistics: object) -> Settings:
    """Return settings, by default those of a site on this machine."""
    return structs.replace(
        SETTINGS,
        base_url=base_url,
        statistics=StatisticsSettings(**statistics),  # type: ignore[arg-type]
    )


def store(folder: Path, today: int, count: int = 12, readers: int = 500) -> tuple[Store, Model]:
    """Return a store with stored figures of some days until yesterday, and its model."""
    made = Store(f"sqlite:///{folder / 'statistics.db'}")
    model = Model(FEEDS, readers, today - 1)
    made.add(days(model, count))
    made.add([hostile(today - 1)])
    daily.catch_up(made, today)
    return made, model


def hostile(day: int) -> Batch:
    """Return polls of a program that claims readers and whose name is a formula with markup."""
    record = Record(start=day * DAY + 1, end=day * DAY + 2)
    record.polls[HOSTILE, "rss", 200, False] = [50, 50_000, 0]
    record.reported[HOSTILE, "rss", "k"] = 999_999, record.end, False
    site = Record(acts={(HOSTILE, Act.POLL): 50, (HOSTILE, Act.COOKIE): 50})
    agents = {HOSTILE: (Kind.UNKNOWN, HOSTILE)}
    return Batch(day, "live", {"all": record, "": site}, agents=agents)
