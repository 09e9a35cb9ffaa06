"""With a watermark, any history of rows gives the articles of a full listing (scale 10)."""

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.database import source
from tests.database.shelf import Shelf
from tests.soak import examples

START = datetime(2022, 1, 1)  # noqa: DTZ001 - as in the database
OVERLAP = 10  # seconds
IDS = st.sampled_from(["1", "2", "a", "A", "a/b", "é", "%"])
Write = tuple[str, bool, int, str]
LOOKS = st.sampled_from(["for changes", "for changes", "fully", "never"])
WRITES = st.tuples(IDS, st.booleans(), st.integers(0, OVERLAP), LOOKS)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read few rows in each statement."""
    monkeypatch.setattr(source, "_KEYS", 2)
    monkeypatch.setattr(source, "_ROWS", 2)


@settings(max_examples=examples(10))
@given(st.lists(st.one_of(WRITES, WRITES, WRITES, IDS), min_size=5, max_size=20))
def test_any_history_gives_the_result_of_a_full_listing(steps: list[str | Write]) -> None:
    with TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder), watermark="changed", overlap=OVERLAP)
        shelf.table(", changed text, public integer", key="text PRIMARY KEY")
        shelf.look()
        for second, step in enumerate(steps):
            number = step if isinstance(step, str) else step[0]
            shelf.execute("DELETE FROM article WHERE id = :id", id=number)
            if isinstance(step, str):  # a deletion, which only a full listing detects
                shelf.look()
                continue
            _, is_public, late, look = step
            # The transaction began some seconds earlier.
            changed = str(START + timedelta(seconds=second - late, microseconds=second + 1))
            shelf.put(number, title=f"T{second}", changed=changed, public=is_public)
            if look != "never":
                shelf.look(fully=look == "fully")
        shelf.look(fully=False)
        known = dict(shelf.view)
        shelf.source = shelf.make()
        shelf.forget()
        shelf.look()
        assert known == shelf.view


@settings(max_examples=examples(8))
@given(st.lists(IDS, unique=True), st.integers(1, 3))
def test_chunks_contain_every_row_once(ids: list[str], size: int) -> None:
    with TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder)).table(key="text COLLATE NOCASE")
        for number in ids:
            shelf.put(number)
        assert len(shelf.look().fingerprints) == len(ids)
        assert sorted(shelf.titles().values()) == sorted(f"T{number}" for number in ids)
