"""A sync is atomic: with other writers, for readers, and when it is killed."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count, pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from feedsvc import sources
from feedsvc.catalog import queries, schema
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import release, sync
from feedsvc.errors import CatalogError
from feedsvc.model import FeedRef, Kind
from tests.desk import Desk
from tests.serving import PATIENCE
from tests.sites import article

ALL = FeedRef(Kind.ALL)
SPAWN = get_context("spawn")


def run_concurrently(*tasks: Callable[[], object]) -> None:
    """Run tasks at once; raise the first exception of any of them."""
    raised: list[BaseException] = []
    start = threading.Barrier(len(tasks))

    def run(task: Callable[[], object]) -> None:
        start.wait()
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - raised below
            raised.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def await_that(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def dump(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table."""
    return {table.name: desk.rows(table) for table in schema.metadata.sorted_tables}


def check(desk: Desk) -> None:
    """Check that the stored rows are consistent."""
    stored: list[dict[str, Any]] = desk.rows(schema.feed)
    feeds = {row["number"]: row for row in stored}
    rows: list[dict[str, Any]] = desk.rows(schema.feed_row)
    archives: list[dict[str, Any]] = desk.rows(schema.archive)
    history: list[dict[str, Any]] = desk.rows(schema.feed_history)
    articles = {row.number: row for row in desk.every_article()}
    revisions = [number for number, _ in desk.revisions()]
    assert revisions == list(range(1, len(revisions) + 1))
    assert all(a < b for a, b in pairwise(instant for _, instant in desk.revisions()))
    for number, feed in feeds.items():
        own = [row for row in rows if row["feed"] == number]
        assert feed["entries"] == sum(not row["gone"] for row in own)
        unarchived = [row for row in own if row["archive"] is None and not row["gone"]]
        assert feed["unarchived"] == len(unarchived)
        assert feed["unarchived"] <= desk.settings.feed(feed["key"]).limit
        numbers = [row["number"] for row in archives if row["feed"] == number]
        assert numbers == list(range(1, feed["archives"] + 1))
        assert {row["archive"] for row in own} <= {None, *numbers}
        assert feed["revision"] in revisions
        remembered = [row for row in history if row["feed"] == number]
        assert remembered[-1]["revision"] == feed["revision"]
        assert remembered[-1]["window"] == feed["window"]
    assert {row["feed"] for row in rows} <= set(feeds)
    assert {row["revision"] for row in archives + history} <= set(revisions)
    for row in rows:
        assert row["revision"] in revisions
        assert row["gone"] or articles[row["article"]].visible
    live = [row for row in articles.values() if not row.removed]
    assert len({row.slug for row in live}) == len({row.id for row in live}) == len(live)


# Writers and readers at once


def test_writers_take_turns(desk: Desk, database: str) -> None:
    """Each syncs what it has written: no article is lost, and no number is used twice."""

    def write(name: str, catalog: Catalog) -> None:
        for n in range(4):
            desk.write(f"{name}{n}.md", article(f"{name}{n}", tags=[name]))
            sync(catalog, desk.settings, desk.now, force=True)
            release(catalog, desk.settings, desk.now)

    other = Catalog(database)
    run_concurrently(
        lambda: write("a", desk.catalog),
        lambda: write("b", desk.catalog),
        lambda: write("c", other),
    )
    other.close()
    check(desk)
    assert sorted(desk.titles()) == sorted(f"{name}{n}" for name in "abc" for n in range(4))
    assert desk.sync().published.revision is None


def test_readers_never_see_a_partial_sync(desk: Desk) -> None:
    """Every sync gives all articles another title and another tag."""
    versions, articles, done = 8, 12, threading.Event()

    def save(version: int) -> None:
        for n in range(articles):
            text = article(f"Version {version}", slug=f"s{n}", tags=[f"v{version % 2}"])
            desk.write(f"{n}.md", text)

    def write() -> None:
        try:
            for version in range(2, versions + 1):
                save(version)
                desk.sync()
                await_that(lambda version=version: version in seen)  # type: ignore[misc]
        finally:
            done.set()

    seen: list[int] = []

    def read() -> None:
        while not done.is_set():
            with desk.catalog.reading() as connection:
                revision, *_ = queries.newest(connection)
                row = queries.feed(connection, ALL)
                time.sleep(0.002)  # gives the writer a chance to commit
                assert row is not None
                shown = queries.current_entries(connection, row.number, row.unarchived, 50)
                stored = queries.articles(connection, [number for number, _ in shown])
                feeds = {each.ref.key: each for each in queries.feeds(connection)}
            assert row.revision == revision
            assert {each.title for each in stored.values()} == {f"Version {revision}"}
            assert {each for _, each in shown} == {revision}
            assert feeds[f"tag/v{revision % 2}"].entries == articles
            assert feeds.get(f"tag/v{1 - revision % 2}", row).entries == (
                0 if revision > 1 else articles
            )
            seen.append(revision)

    save(1)
    desk.sync()
    run_concurrently(write, read, read)
    assert set(seen) >= {*range(2, versions + 1)}
    assert desk.titles() == [f"Version {versions}"] * articles


# Killed


def sync_and_die(site: Path, last: int, pipe: Connection) -> None:
    """Sync on request; die before statement `last` (0: never); send the number of statements."""
    settings = sources.load(site, {})
    ran = 0

    def die(*_: object) -> None:
        nonlocal ran
        ran += 1
        if ran == last:
            os.kill(os.getpid(), signal.SIGKILL)

    with Catalog(settings.database) as catalog:
        with catalog.reading() as connection:
            connection.exec_driver_sql("SELECT 1")
        event.listen(Engine, "before_cursor_execute", die)
        event.listen(Engine, "commit", die)
        pipe.send("ready")
        pipe.recv()
        sync(catalog, settings, datetime(2026, 1, 2, tzinfo=UTC), force=True)
        pipe.send(ran)


@contextmanager
def syncing(desk: Desk, last: int = 0) -> Iterator[tuple[BaseProcess, Connection]]:
    """Start a process that waits for a request to sync; it must end."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=sync_and_die, args=(desk.folder, last, theirs))
    with ours:
        with theirs:
            process.start()
        assert ours.recv() == "ready"
        yield process, ours
        process.join()
    process.close()


def await_end_of_writing(catalog: Catalog) -> None:
    """Wait until PostgreSQL has ended the transaction of a killed process, which may be committed.

    Its last statement may be on the way to the server, which has yet to learn of its end.
    """
    with catalog.writing():
        pass


def rewrite(desk: Desk, generation: int) -> list[str]:
    """Add, edit, move and delete files; return the resulting titles."""
    for path in desk.content.glob("*.md"):
        path.unlink()
    titles = []
    for n in range(30):
        if (n + generation) % 3:
            title = f"Article {n:02} in generation {generation}"
            tags = [f"t{(n + generation) % 4}", f"only-{generation}"]
            desk.write(
                f"{(n + generation) % 5}-{n:02}.md", article(title, slug=f"{n:02}", tags=tags)
            )
            titles.append(title)
    return sorted(titles, reverse=True)


def settle(desk: Desk, before: dict[str, Any], old: list[str], new: list[str]) -> None:
    """Check that all or nothing changed, and that the next sync completes the change."""
    await_end_of_writing(desk.catalog)
    check(desk)
    if desk.titles() == old:
        assert dump(desk) == before
    assert desk.titles() in (old, new)
    report = desk.sync()
    assert report.problems == ()
    assert desk.titles() == new
    assert desk.sync().published.revision is None
    check(desk)


def test_a_sync_killed_at_any_statement_changes_nothing_and_can_be_repeated(desk: Desk) -> None:
    generations = count()
    for _ in range(2):  # from now on all feeds exist, and every sync executes the same statements
        rewrite(desk, next(generations))
        desk.sync()
    new = rewrite(desk, next(generations))
    with syncing(desk) as (_, pipe):
        pipe.send("go")
        statements = pipe.recv()
    assert desk.titles() == new
    assert statements > 10
    for last in sorted({2, statements // 2, statements}):
        old, new = new, rewrite(desk, next(generations))
        before = dump(desk)
        with syncing(desk, last) as (process, pipe):
            pipe.send("go")
            process.join()
            assert process.exitcode == -signal.SIGKILL
        assert desk.titles() == old
        settle(desk, before, old, new)


def test_a_sync_killed_at_any_instant_changes_all_or_nothing(desk: Desk) -> None:
    generations = count()
    old = rewrite(desk, next(generations))
    desk.sync()
    chance = random.Random(2026)
    for _ in range(2):
        new = rewrite(desk, next(generations))
        before = dump(desk)
        with syncing(desk) as (process, pipe):
            pipe.send("go")
            time.sleep(chance.uniform(0.0, 0.06))
            process.kill()
        settle(desk, before, old, new)
        old = new


def test_a_failing_sync_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    old = rewrite(desk, 0)
    desk.sync()
    before = dump(desk)
    new = rewrite(desk, 1)

    def fail(*_: object) -> None:
        raise CatalogError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("feedsvc.catalog.files.FileRows.write", fail)
        with pytest.raises(CatalogError, match="the disk is full"):
            desk.sync()
    assert dump(desk) == before
    settle(desk, before, old, new)
