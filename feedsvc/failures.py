"""Logs a failure once while it repeats."""

from logging import Logger


class Failures:
    """The latest failure at one place in the program."""

    def __init__(self, logger: Logger, event: str) -> None:
        self._logger = logger
        self._event = event
        self._reason = ""

    def __bool__(self) -> bool:
        """Whether the latest attempt failed."""
        return bool(self._reason)

    def failed(self, reason: str) -> None:
        """Log why something failed, unless it failed for the same reason the last time."""
        if reason != self._reason:
            self._logger.error("event=%s reason=%r", self._event, reason)
        self._reason = reason

    def ended(self) -> None:
        """Record that it works again."""
        self._reason = ""
