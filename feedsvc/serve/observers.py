"""Lets installed packages, such as the statistics, observe the polls of a server.

An entry point of the group `feedsvc.observers` names a function that takes the Publication and
returns an Observer, or None if the settings do not ask for one.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from flask import Response

from feedsvc import plugins
from feedsvc.http.conditional import Answer
from feedsvc.publication import Publication

GROUP = "feedsvc.observers"


@runtime_checkable
class Observer(Protocol):
    """Sees every poll of a process. All methods are called by several threads.

    views: additional views, by endpoint in `feedsvc.routes`.
    """

    @property
    def views(self) -> Mapping[str, Callable[..., Response]]: ...

    def start(self) -> None:
        """Start work. Called once in each process, after it was forked."""

    def count(
        self, environ: Mapping[str, Any], feed: str, path: str, sent: Answer, whole: int, /
    ) -> None:
        """Record the answer to a poll. feed: its key. whole: bytes of the plain document."""

    def miss(self, environ: Mapping[str, Any], /) -> None:
        """Record a request for a feed that does not exist."""


def observers(publication: Publication) -> list[Observer]:
    """Return the observers of the installed packages. Raises FeedsvcError."""
    found = plugins.results(GROUP, Observer, publication)  # type: ignore[type-abstract]
    return list(found.values())
