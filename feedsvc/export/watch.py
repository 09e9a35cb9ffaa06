"""Keeps a target up to date while articles are saved."""

import logging
import signal
import time
from collections.abc import Callable

from feedsvc.errors import FeedsvcError
from feedsvc.export.targets import Target
from feedsvc.publication import Publication

logger = logging.getLogger("feedsvc.export")

_SQLITE_INTERVAL = 0.1  # seconds between polls of SQLite, which reports no changes
_LONGEST_WAIT = 1.0  # seconds, for a change that is not reported
_RETRY_INTERVAL = 5.0  # seconds after a failure


def keep_up_to_date(
    publication: Publication, target: Target, announce: Callable[[str], None]
) -> None:
    """Update a target after each revision by any process, until SIGINT or SIGTERM.

    Failures are logged, once while they repeat, and retried. announce: called with a line about
    each update.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    changes = publication.changes(_SQLITE_INTERVAL)
    current, failure = "", ""
    try:
        while True:
            try:
                state, _ = publication.state()
                if state != current:
                    start = time.monotonic()
                    _, sentence = target.update(publication)
                    current, failure = state, ""
                    announce(f"{sentence[:-1]}, {time.monotonic() - start:.2f} s.")
            except FeedsvcError as error:
                if str(error) != failure:
                    failure = str(error)
                    logger.error("event=failed reason=%r", failure)  # noqa: TRY400
                time.sleep(_RETRY_INTERVAL)
            changes.wait(_LONGEST_WAIT)
    except KeyboardInterrupt:
        pass
    finally:
        changes.close()
