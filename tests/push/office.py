"""Delivers the documents of a site in a thread of the test."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from feedsvc.config import head
from feedsvc.publication import Publication
from feedsvc.push.client import Client
from feedsvc.push.deliver import Deliverer
from feedsvc.push.ledger import Ledger
from tests.desk import Desk
from tests.serving import PATIENCE

LOOPBACK = ("127.0.0.0/8",)


@dataclass
class Office:
    """A running deliverer. outcomes: in order, with the seconds since the commit."""

    outcomes: list[tuple[str, float | None]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def observe(self, outcome: str, lag: float | None) -> None:
        with self.changed:
            self.outcomes.append((outcome, lag))
            self.changed.notify_all()

    def count(self, outcome: str) -> int:
        return sum(name == outcome for name, _ in self.outcomes)

    def wait_for(self, outcome: str, count: int = 1) -> None:
        with self.changed:
            reached = self.changed.wait_for(lambda: self.count(outcome) >= count, PATIENCE)
        assert reached, self.outcomes


@contextmanager
def delivering(
    desk: Desk, timeout: float = PATIENCE, patience: float = PATIENCE
) -> Iterator[Office]:
    """Deliver until the end of the block, then finish deliveries in progress.

    timeout: of a request. patience: seconds for requests in progress at the end.
    """
    office = Office()
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()

    async def run() -> None:
        async with Client(LOOPBACK, timeout=timeout) as client:
            hubs = head.hubs(desk.settings, own=desk.settings.serves_hub)
            publication = Publication(desk.settings, desk.catalog, hubs=hubs)
            await Deliverer(Ledger(publication), client, office.observe).run(stopping, patience)

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        yield office
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
        loop.close()
