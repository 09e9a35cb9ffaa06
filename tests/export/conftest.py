"""Fixtures of the tests of builds."""

from pathlib import Path

import pytest

from tests.export.places import (
    PNG,
    Place,
)
from tests.sites import article


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A small site that can be changed and is quickly built."""
    files: dict[str, str | bytes] = {
        "one.md": article("One", "2022-02-17", "![](a.png)", tags=["x", "y"]),
        "two.md": article("Two", "2022-02-18", tags=["x"]),
        "a.png": PNG,
    }
    return Place(tmp_path, "", files)
