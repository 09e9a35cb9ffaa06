"""Gets a feed to validate, from a file, a stream or over HTTP; validates nothing."""

from pathlib import Path
from typing import BinaryIO

from feedsvc import fetch
from feedsvc.check.exchange import Exchange

MOST = 20_000_000  # bytes


def read_file(path: Path) -> bytes:
    """Return the bytes of a file. Raises FetchError."""
    return fetch.read_file(path, MOST)


def read_stream(source: BinaryIO, name: str) -> bytes:
    """Return all bytes of a stream. Raises FetchError if there are too many."""
    return fetch.read_stream(source, name, MOST)


def exchange(url: str, patience: float = 60) -> Exchange:
    """Get a feed over HTTP, and again with the validators of the answer. Raises FetchError.

    patience: seconds for each request.
    """
    limits = fetch.Limits(MOST, patience)
    answer = fetch.get(url, limits)
    again = None
    if answer.status == 200 and answer.conditions:
        again = fetch.get(answer.url, limits, answer).status
    return Exchange(answer.url, answer.redirects, answer.status, answer.headers, answer.body, again)
