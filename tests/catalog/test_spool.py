"""Articles wait on disk, and leave the spool in the order of publication."""

import json
import re
import tempfile
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from feedsvc.catalog import publish, schema
from feedsvc.catalog import spool as module
from feedsvc.catalog import sync as syncing
from feedsvc.catalog.feed_rows import FeedRows
from feedsvc.catalog.identity import Claim
from feedsvc.catalog.rows import Columns, Texts
from feedsvc.catalog.spool import Spool, pack
from feedsvc.catalog.state import ArticleState
from feedsvc.cli import reports
from feedsvc.errors import FeedsvcError
from feedsvc.sources import look
from tests.catalog.test_atomicity import dump
from tests.desk import Desk
from tests.sites import article

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
TERMS = st.lists(st.tuples(WORDS, WORDS), max_size=2).map(tuple)
SECONDS = st.integers(-(2**40), 2**40)


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    columns = Columns(
        path=draw(WORDS),
        slug=draw(WORDS),
        pinned=draw(st.booleans()),
        published=draw(st.one_of(st.integers(0, 2), SECONDS)),
        utc_offset=draw(st.integers(-50_000, 50_000)),
        expires=draw(st.none() | SECONDS),
        terms=draw(TERMS),
        draft=draw(st.booleans()),
        feeds=draw(st.booleans()),
        text_hash=draw(WORDS),
        fingerprint=draw(WORDS),
    )
    return Claim(draw(st.none() | WORDS), draw(WORDS), columns, (draw(WORDS), 3), (draw(WORDS), 0))


def texts_of(claim: Claim) -> Texts:
    return Texts(claim.path, claim.minted, (claim.slug,), "é" * 20)


@given(st.lists(claims(), max_size=6, unique_by=lambda claim: claim.path), st.integers(1, 4))
def test_articles_leave_the_spool_unchanged_and_in_order(found: list[Claim], size: int) -> None:
    ordered = sorted(found, key=lambda claim: (claim.columns.published, claim.path))
    with Spool() as spool:
        for claim in found:
            spool.add(pack(claim, texts_of(claim)))
        for _ in range(2):
            batches = [(some, list(texts)) for some, texts in spool.batches(size)]
            assert list(chain.from_iterable(some for some, _ in batches)) == ordered
            assert [len(some) for some, _ in batches[:-1]] == [size] * (len(batches) - 1)
            for some, texts in batches:
                assert texts == list(map(texts_of, some))
        ((whole, of_whole),) = spool.batches()
        assert (whole, list(of_whole)) == (ordered, list(map(texts_of, ordered)))


def test_the_error_for_a_full_disk_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the folder that SQLite uses, not that of `tempfile`."""
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path / "absent"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", "/elsewhere")
    monkeypatch.setattr(module, "_WAITING", 1)
    with Spool() as spool:
        spool._disk.execute("PRAGMA max_page_count = 3")
        big = Columns("a.md", "a", False, 0, 0, None, (), False, True, "", "x" * 50_000)
        expected = f"{re.escape(str(tmp_path))}: .* full; free disk space or set SQLITE_TMPDIR"
        with pytest.raises(FeedsvcError, match=expected):
            spool.add(pack(Claim(None, "", big), Texts("a.md", "", (), "")))


def test_nothing_is_left_in_the_folder_of_temporary_files(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    monkeypatch.setenv("SQLITE_TMPDIR", str(folder))
    with Spool() as spool:
        for number in range(1500):
            columns = Columns(f"{number}", "a", False, 0, 0, None, (), False, True, "", "")
            spool.add(pack(Claim(None, "", columns), Texts("", "", (), "x" * 5000)))
        assert list(folder.iterdir()) == []  # the file has no name even while it is in use


def write_many(desk: Desk) -> None:
    """Write articles that are invalid, share a text, a slug or an id, are drafts, or expire."""
    for number in range(12):
        day = f"2022-01-{1 + number * 5 % 11:02} 10:00"
        desk.write(f"{number}.md", article(f"A{number}", day, tags=["x", f"T{number % 3}"]))
    desk.write("same-text.md", article("A1", "2022-01-06 10:00", tags=["x", "T1"]))
    desk.write("slug-1.md", article("S1", "2022-01-09 10:00", slug="s"))
    desk.write("slug-2.md", article("S2", "2022-01-02 10:00", slug="s"))
    desk.write("slug-3.md", article("S3", "2022-01-02 10:00", slug="s"))
    desk.write("id-1.md", article("I1", "2022-01-11 10:00", id="urn:x:1", tags=["t2"]))
    desk.write("id-2.md", article("I2", "2022-01-01 09:00", id="urn:x:1", tags=["t2"]))
    desk.write("draft.md", article("D", "2022-01-03", draft=True, slug="a3"))
    desk.write("later.md", article("L", "2026-02-01", tags=["x"]))
    desk.write("expired.md", article("E", "2022-01-04", expires="2022-02-01", tags=["x"]))
    desk.write("wrong.md", article("W", None))


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_first_sync_stores_the_same_in_any_number_of_batches(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    write_many(desk)
    desk.configure("[feeds]\nlimit = 3\n")
    monkeypatch.setattr(look, "_SETTLED", -60)  # the files are old
    with syncing.rehearsing(desk.catalog, desk.settings, desk.now) as (report, connection):
        whole = {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in schema.metadata.sorted_tables
        }
    monkeypatch.setattr(syncing, "_BATCH", size)
    batched = syncing.sync(desk.catalog, desk.settings, desk.now)
    assert batched == report
    assert {code.code for code in batched.problems} >= {"duplicate-slug", "duplicate-id"}
    stored = dump(desk)
    for name, rows in whole.items():
        assert sorted((tuple(row.values()) for row in stored[name]), key=repr) == rows
    if connection.dialect.name == "postgresql":  # has statistics of articles
        with desk.catalog.reading() as reading:
            query = text("SELECT reltuples FROM pg_class WHERE oid = 'article'::regclass")
            assert 0 < (reading.scalar(query) or 0) <= size
    again = desk.sync()  # in one batch, as articles are known
    assert again.published.revision is None
    assert again.problems == batched.problems


def test_a_first_sync_does_not_hold_all_rows_in_memory(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even for a feed that is stored already, by a sync before any article was written."""
    desk.configure("[feeds]\nlimit = 3\n")
    desk.sync()
    assert list(desk.feeds()) == ["all"]
    waiting = []
    place = FeedRows.place

    def watched(rows: FeedRows, state: ArticleState, *given: Any) -> None:
        place(rows, state, *given)
        waiting.append(max(map(len, rows._new.values())))

    monkeypatch.setattr(FeedRows, "place", watched)
    for number in range(1, 13):
        desk.write(f"{number}.md", article(f"A{number}", f"2022-01-{number:02}"))
    assert desk.sync().published.new == 12
    assert max(waiting) == 3
    assert desk.feed("all").archives == 3


def test_a_report_lists_only_the_first_of_many_changes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Except articles whose ids changed, which the user has to confirm."""
    monkeypatch.setattr(publish, "MOST_CHANGES", 2)
    for name in "abcd":
        desk.write(f"{name}.md", article(slug=name))
    first = desk.sync()
    assert (first.published.new, len(first.published.changes)) == (4, 2)
    assert list(reports.details(first))[:3] == ["new: a.md", "new: b.md", "new: 2 more"]
    assert json.loads(reports.as_json(first, dry_run=False))["omitted"] == 2
    for name in "abcd":
        desk.write(f"{name}.md", article(slug=name, id=f"urn:x:{name}"))
    again = desk.sync()
    assert [change.former_id is not None for change in again.published.changes] == [True] * 4
