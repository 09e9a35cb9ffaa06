"""Knows in each serving process how the catalog is, without asking it for each request."""

import logging
import threading
import time
from collections.abc import Callable

from feedsvc import dates
from feedsvc.errors import CatalogError, SchemaError
from feedsvc.publication import Health, Publication

logger = logging.getLogger("feedsvc.serve")

_LOOK = 0.05  # seconds between two looks at the catalog
_LOST = 1.0  # seconds between two while it cannot be reached
_TICK = 1.0


class Watch(threading.Thread):
    """The watching thread. Its answers are of one look, at most so old as a look takes to come.

    newest: how many newest revisions have been seen, the present one included; coming: the same, or
    one more while that one is being prepared for. prepare: called while that is so. due: when
    something is released or expires next, in seconds since the epoch, or None. health: about a
    second old, None for unknown. lost: the catalog cannot be used; newest and due are as they
    were. reason: why, for anybody to read, where the catalog is of another program. tick: called
    every second, about.
    """

    def __init__(self, publication: Publication, tick: Callable[[], None] | None = None) -> None:
        super().__init__(name="feedsvc-watch", daemon=True)
        self.newest = self.coming = 0
        self._seen = ""
        self.prepare: Callable[[], None] = lambda: None
        self.due: int | None = None
        self.health: Health | None = None
        self.lost = False
        self.reason: str | None = None
        self._publication = publication
        self._tick = tick
        self._ticked = 0.0
        self.look()

    def is_new(self, revision: int) -> bool:
        """Tell whether what was so at a revision, as counted here, may still be shown."""
        return revision in (self.newest, self.coming)

    def look(self) -> None:
        """Ask the catalog now."""
        try:
            seen, due = self._publication.state()
            if seen != self._seen:  # maybe not a higher number: a catalog can be made anew
                self._seen = seen
                self.coming += 1
            if self.lost:
                logger.warning("event=catalog-found")
            self.lost, self.reason = False, None
            if self.coming != self.newest:
                self.prepare()
                self.newest = self.coming
            self.due = dates.epoch(due) if due else None
            if time.monotonic() > self._ticked + _TICK:
                self._ticked = time.monotonic()
                self.health = self._publication.health()
                if self._tick:
                    self._tick()
        except CatalogError as error:
            if not self.lost:
                logger.error("event=catalog-lost reason=%r", str(error))  # noqa: TRY400
            self.lost, self.health = True, None
            self.reason = error.reason if isinstance(error, SchemaError) else None

    def run(self) -> None:
        """Look until the process ends."""
        while True:
            time.sleep(_LOST if self.lost else _LOOK)
            try:
                self.look()
            except Exception:
                logger.exception("event=failed")
