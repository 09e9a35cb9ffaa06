"""Stores the figures of ended days, so that a year can be shown without its rows."""

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from sqlalchemy import func, select

from feedsvc.audience import figures
from feedsvc.audience.figures import TOTAL, Cell, Day, Figures
from feedsvc.audience.rows import Daily
from feedsvc.audience.store import Store
from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import Settings
from feedsvc.errors import CatalogError

logger = logging.getLogger("feedsvc.audience")

# Dimensions of the stored figures in addition to those of figures.Cell.
STATUS = "status"  # polls by status code
PUSH: Cell = ("clients", "push")  # `subscribers` counts subscriptions to the hub


def catch_up(store: Store, today: int, settings: Settings | None = None) -> int:
    """Store the missing figures of all days that have ended; return the number of these days.

    More polls of a day also change the seven-day figures of the days after it. settings: of the
    site, to count the subscriptions to its hub.
    """
    days = [day for day in store.days() if day < today]
    lacking = set(days) - store.rolled()
    due = [day for day in days if any(day - ago in lacking for ago in range(figures.WINDOW))]
    pushed = subscriptions(settings) if settings and due else 0
    for run in _runs(due):
        window = (day for day in days if run[0] - figures.WINDOW <= day <= run[-1])
        rows = (read(store, day) for day in window)
        for day, cells in figures.windows(rows, set(run)):
            if day == days[-1]:
                cells[PUSH] = Figures(subscribers=pushed)
            traffic = _traffic(store, day)
            stored = [
                Daily(day, *cell, *cells.get(cell, Figures()), *traffic.get(cell, (0, 0, 0)))
                for cell in cells.keys() | traffic.keys()
            ]
            store.put_daily(day, stored)
    return len(due)


def live(store: Store, today: int) -> Mapping[Cell, Figures] | None:
    """Return the figures of the seven days until today, which are not stored; None without any."""
    days = [day for day in store.days() if today - figures.WINDOW <= day <= today]
    rows = (read(store, day) for day in days)
    return next((cells for _, cells in figures.windows(rows, days[-1:])), None)


def read(store: Store, day: int) -> Day:
    """Read the rows of a day."""
    return Day(day, list(store.reported(day, day)), figures.by_cell(store.direct(day, day)))


def subscriptions(settings: Settings) -> int:
    """Return the number of subscriptions to the site's hub; 0 if the catalog cannot be read."""
    query = select(func.count()).where(schema.subscription.c.lease_end > int(time.time()))
    try:
        with Catalog(settings.database) as catalog, catalog.reading() as connection:
            return connection.scalar(query) or 0
    except CatalogError as error:
        logger.warning("event=subscriptions-not-counted reason=%r", str(error))
        return 0


def _runs(days: Sequence[int]) -> Iterator[Sequence[int]]:
    """Split days into runs of consecutive days."""
    splits = [index for index, (a, b) in enumerate(pairwise(days), 1) if b - a > 1]
    for start, end in pairwise((0, *splits, len(days))):
        if end > start:
            yield days[start:end]


def _traffic(store: Store, day: int) -> Mapping[Cell, Sequence[int]]:
    """Return the polls, and the bytes sent and saved, of one day."""
    sums: defaultdict[Cell, list[int]] = defaultdict(lambda: [0, 0, 0])
    of_feeds = store.polls(day, day, by=("feed",))
    for row in (*of_feeds, *store.polls(day, day, by=("family", "format", "status"))):
        cells = TOTAL, ("family", row.family), ("format", row.format), (STATUS, str(row.status))
        for cell in [("feed", row.feed)] if row.feed else cells:
            for index, number in enumerate((row.polls, row.sent, row.saved)):
                sums[cell][index] += number
    return sums
