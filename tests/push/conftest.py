"""Fixtures of the tests of push."""

from collections.abc import Iterator

import pytest

from tests.push.sink import Sink, sink


@pytest.fixture(scope="module")
def running() -> Iterator[Sink]:
    """The server of subscribers, shared by all tests of a module."""
    with sink() as server:
        yield server
