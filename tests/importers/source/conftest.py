"""Fixtures of the tests of feeds as sources."""

from pathlib import Path

import pytest

from tests.desk import Desk
from tests.importers.source.feeds import Site


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The URL of an SQLite database: these tests do not depend on the kind."""
    return f"sqlite:///{tmp_path / 'catalog.db'}"


@pytest.fixture
def site(desk: Desk) -> Site:
    return Site(desk)
