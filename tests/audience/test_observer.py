"""Counting in a server: statistics 1, 11 and 12."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from feedsvc.audience.database import StatisticsError
from feedsvc.audience.observer import StatisticsObserver, create
from feedsvc.audience.store import Store
from feedsvc.catalog.store import Catalog
from feedsvc.publication import Publication
from tests.audience.test_tally import FEEDLY, READER, Clock
from tests.serving import serving
from tests.sites import article, make_site


def test_counts_of_workers_are_added_and_survive_a_stop(tmp_path: Path) -> None:
    """Statistics 1, 4: a number that both workers received is not added."""
    settings = make_site(tmp_path, {"a.md": article(tags=["x"])})
    with serving(tmp_path, "--workers", "2") as server:
        for _ in range(10):
            server.get("/feeds/all.rss", User_Agent=FEEDLY.format(109))
            server.get("/feeds/tag/x.atom", User_Agent=READER, Accept_Encoding="gzip")
            server.get("/feeds/tag/absent.atom", User_Agent=READER)
        server.stop()
    with Store(settings.statistics.database) as store:
        assert {row.number for row in store.reported(0, 10**6)} == {109}
        by_feed = {row.feed: row.polls for row in store.polls(0, 10**6, by=("feed",))}
        assert by_feed == {"all": 10, "tag/x": 10}
        assert {row.readers for row in store.direct(0, 10**6, "tag/x")} == {1}
        assert store.conduct(0, 10**6).acts["NetNewsWire", "invented-url"] == 10
    assert b"127.0.0.1" not in (tmp_path / ".feedsvc" / "statistics.db").read_bytes()


@pytest.fixture
def observer(tmp_path: Path) -> StatisticsObserver:
    made = StatisticsObserver(make_site(tmp_path))
    made._tally = clock = Clock()
    clock.poll()
    return made


def path_of(observer: StatisticsObserver) -> Path:
    return Path(observer._store.place.removeprefix("sqlite:///"))


def test_polls_continue_while_the_file_is_damaged_with_one_warning(
    observer: StatisticsObserver, caplog: pytest.LogCaptureFixture
) -> None:
    path = path_of(observer)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"no database" * 1000)
    for _ in range(3):
        observer.flush()
        observer._tally.poll()  # type: ignore[attr-defined]
    assert [record.message.split()[0] for record in caplog.records] == ["event=statistics-lost"]
    path.unlink()
    observer.flush()
    assert sum(row.polls for row in observer._store.polls(0, 10**6)) == 4
    observer.stop()


def test_a_file_that_is_damaged_while_it_is_used_can_be_moved_away(
    observer: StatisticsObserver,
) -> None:
    observer.flush()
    path = path_of(observer)
    for each in path.parent.glob("statistics.db*"):
        with each.open("r+b") as file:
            file.write(b"no database" * 400)
    observer._tally.poll()  # type: ignore[attr-defined]
    observer.flush()
    assert observer._failure
    for each in path.parent.glob("statistics.db*"):
        each.rename(each.with_name(f"moved-{each.name}"))
    observer.flush()
    assert not observer._failure
    assert sum(row.polls for row in observer._store.polls(0, 10**6)) == 1
    observer.stop()


def test_an_unexpected_error_does_not_end_the_thread(
    observer: StatisticsObserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("dictionary changed size during iteration")

    with monkeypatch.context() as patch:
        patch.setattr(observer._tally, "collect", fail)
        observer.flush()
    assert "RuntimeError" in observer._failure
    observer.flush()
    assert sum(row.polls for row in observer._store.polls(0, 10**6)) == 1
    observer.stop()


def test_polls_continue_while_the_file_is_locked_or_the_disk_is_full(
    observer: StatisticsObserver,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("feedsvc.audience.database._WAIT", 0)
    observer.flush()
    clock = observer._tally
    assert isinstance(clock, Clock)
    with closing(sqlite3.connect(path_of(observer), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        clock.poll()
        observer.flush()
        other.execute("ROLLBACK")
    assert "locked" in caplog.text
    for number in range(600):  # more than fits into the pages that there are
        clock.poll(f"Reader{number}x", feed=f"tag/{number}", path=f"/feeds/tag/{number}.rss")
    with observer._store.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    observer.flush()
    assert "full" in observer._failure
    with observer._store.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    observer.flush()
    assert sum(row.polls for row in observer._store.polls(0, 10**6)) == 602
    observer.stop()


def test_pending_batches_are_limited_to_three_days(
    observer: StatisticsObserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = observer._tally
    assert isinstance(clock, Clock)

    def fail(*_: object) -> None:
        raise StatisticsError("no")

    monkeypatch.setattr(observer._store, "add", fail)
    for _ in range(6):
        clock.poll(after=86_400)
        observer.flush()
    assert len(observer._pending) == 3


def test_statistics_can_be_disabled(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = make_site(tmp_path, toml="[statistics]\nenabled = false")
    assert create(Publication(settings, Catalog(settings.database))) is None


def test_statistics_are_disabled_without_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("feedsvc.audience.observer.find_spec", lambda _: None)
    settings = make_site(tmp_path)
    assert create(Publication(settings, Catalog(settings.database))) is None
    assert "crawleruseragents is not installed" in caplog.text
