"""The deliverer's access to the catalog: records results, and claims deliveries.

All of it may block on the database, and runs in a single thread.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from feedsvc.catalog.store import Transaction
from feedsvc.model import FeedRef, Format
from feedsvc.publication import Publication
from feedsvc.push.messages import Message, Messages
from feedsvc.push.store import deliveries
from feedsvc.push.store.deliveries import DeliveryClaim, DueFeed, Result

logger = logging.getLogger("feedsvc.push")

SETTLE = 0.4  # seconds in which usually every origin shows a revision; see Publication.lag
_MAX_SETTLE = 2.0  # the same while revisions follow one another without a pause
_LOOK = 1.0  # seconds between queries for deliveries that are due again
_IDLE = 0.2  # seconds between polls of the newest revision in SQLite
_BATCH = 500  # maximum of claims for one feed in one transaction
_FEEDS = 50  # maximum of feeds from which one transaction claims


class Claimed(NamedTuple):
    """A claim with its message; None if the message cannot be made."""

    claim: DeliveryClaim
    message: Message | None


class Exchange(NamedTuple):
    """The answer of the ledger.

    now: the instant by the clock of the database; at: the same by the monotonic clock. is_busy:
    whether more is due, or may be soon.
    """

    claimed: Sequence[Claimed]
    now: int
    at: float
    is_busy: bool


class Ledger:
    """Claims deliveries of a site and records their results. Raises CatalogError."""

    def __init__(self, publication: Publication) -> None:
        self._catalog = publication.catalog
        self._publication = publication
        self._messages = Messages(publication)
        self._changes = publication.changes(_IDLE)
        self._due: list[DueFeed] = []
        self._state = ""
        self._changed = self._unsettled = self._looked = 0.0

    def exchange(
        self, results: Sequence[Result], postponed: Mapping[str, int], room: int
    ) -> Exchange:
        """Record results and claim deliveries, in one transaction.

        postponed: the seconds for which due deliveries to a host are postponed. room: the maximum
        number of deliveries to claim.
        """
        at = time.monotonic()
        settled = self._is_settled(at)
        if not settled:
            room = 0
        elif not self._due and at >= self._looked + _LOOK:
            self._looked = at
            self._due = self._find_due()
        if not results and not postponed and not (room and self._due):
            return Exchange((), int(time.time()), at, bool(self._due) or not settled)
        with self._catalog.concurrent() as connection:
            at = time.monotonic()  # before the clock, as the end of the claims is reckoned from it
            now = deliveries.clock(connection)
            deliveries.record(connection, results)
            until = {host: now + seconds for host, seconds in postponed.items()}
            deliveries.postpone(connection, until, now)
            claims = self._claim(connection, now, room)
        return Exchange(self._with_messages(claims), now, at, bool(self._due) or not settled)

    def wait(self) -> None:
        """Block until something may be due; call it in a thread of its own. Raises nothing."""
        self._changes.wait(_LOOK)

    def headers(self, message: Message, secret: str) -> Mapping[str, str]:
        """Return the headers of a message to a subscriber. See Messages.headers."""
        return self._messages.headers(message, secret)

    def _is_settled(self, at: float) -> bool:
        """Return whether the newest revision has settled, or the maximum wait for that is over."""
        state, _ = self._publication.state()
        if state != self._state:
            if at >= self._changed + SETTLE:
                self._unsettled = at
            self._state, self._changed = state, at
            self._due, self._looked = [], 0.0
        return at >= min(self._changed + SETTLE, self._unsettled + _MAX_SETTLE)

    def _find_due(self) -> list[DueFeed]:
        """Return the due feeds, except those that changed after the state was read."""
        settled = int(self._state.partition(".")[0])
        with self._catalog.reading() as connection:
            due = deliveries.due_feeds(connection, deliveries.clock(connection))
        return [feed for feed in due if feed.revision <= settled]

    def _claim(
        self, connection: Transaction, now: int, room: int
    ) -> dict[DueFeed, list[DeliveryClaim]]:
        """Claim deliveries of some due feeds; the others follow in the next exchanges."""
        claims: dict[DueFeed, list[DeliveryClaim]] = {}
        turn, self._due = self._due[:_FEEDS], self._due[_FEEDS:]
        for feed in turn:
            count = min(_BATCH, room)
            found = deliveries.claim(connection, feed, now, count) if count else []
            claims[feed] = found
            room -= len(found)
            if len(found) == count:  # there may be more
                self._due.append(feed)
        return claims

    def _with_messages(self, claims: Mapping[DueFeed, Sequence[DeliveryClaim]]) -> list[Claimed]:
        claimed = []
        for feed, some in claims.items():
            messages = {
                format: self._message(feed.ref, format) for format in {c.format for c in some}
            }
            claimed += [Claimed(claim, messages[claim.format]) for claim in some]
        return claimed

    def _message(self, ref: FeedRef, format: Format) -> Message | None:
        try:
            return self._messages.newest(ref, format)
        except Exception:
            logger.exception("event=failed")  # the claims are returned, and tried again
            return None
