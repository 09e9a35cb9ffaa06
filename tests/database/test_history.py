"""With a watermark, any history of rows leads to the articles that a full look finds (scale 10)."""

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
ROW = st.tuples(IDS, st.integers(0, 9), st.booleans(), st.integers(0, OVERLAP))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read few rows in each statement."""
    monkeypatch.setattr(source, "_KEYS", 2)
    monkeypatch.setattr(source, "_ROWS", 2)


@settings(max_examples=examples(8))
@given(st.data())
def test_any_history_leads_to_what_a_full_look_finds(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder), watermark="changed", overlap=OVERLAP)
        shelf.table(", changed text, public integer", key="text PRIMARY KEY")
        shelf.look()
        clock = START
        for step in data.draw(st.lists(st.one_of(ROW, st.none(), IDS), max_size=25)):
            if step is None:
                shelf.look(fully=data.draw(st.booleans()))
            elif isinstance(step, str):  # is deleted, which only a full look finds
                shelf.execute("DELETE FROM article WHERE id = :id", id=step)
                shelf.look()
            else:  # is written by a transaction that began some seconds before
                number, title, is_public, late = step
                clock += timedelta(seconds=1)
                shelf.execute("DELETE FROM article WHERE id = :id", id=number)
                changed = str(clock - timedelta(seconds=late))
                shelf.put(number, title=f"{title} {clock}", changed=changed, public=is_public)
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
