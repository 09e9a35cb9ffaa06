"""The stored statistics: statistics 1, 4, 7 and 8."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.audience.database import StatisticsError
from feedsvc.audience.demo import Model
from feedsvc.audience.records import Record, decode, encode
from feedsvc.audience.rows import Direct, Kind
from feedsvc.audience.store import DAY, Batch, LogPosition, Store

DAY_1 = 20_000


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with Store(database) as store:
        yield store


def add(database: str, *batches: Batch) -> None:
    """Add batches as another process does."""
    with Store(database) as store:
        store.add(batches)


def batch(day: int = DAY_1, source: str = "live", polls: int = 1, **readers: set[str]) -> Batch:
    """Return polls of Feedly, and direct readers of one family."""
    at = day * DAY + 100
    record = Record(start=at, end=at + polls)
    record.polls["Feedly", "rss", 304, True] = [polls, 0, 5 * polls]
    record.reported["Feedly", "rss", "k"] = 10 * polls, at, True
    known = {("all", name, "rss"): addresses for name, addresses in readers.items()}
    return Batch(day, source, {"all": record}, known, {"Feedly": (Kind.SERVICE, "Feedly/1.0")})


def test_batches_of_processes_are_added(store: Store, database: str) -> None:
    """Statistics 1, 4: polls are added, and the last number of a service is used."""
    threads = [threading.Thread(target=add, args=(database, batch(polls=n))) for n in range(1, 9)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    (polls,) = store.polls(DAY_1, DAY_1)
    assert polls[4:] == (304, True, 36, 0, 180)
    assert store.sources(0, 30_000) == {DAY_1: "live"}
    ((_, _, record),) = store._records(0, 30_000, "")
    assert (record.start, record.end) == (DAY_1 * DAY + 100, DAY_1 * DAY + 108)
    (agent,) = store.agents()
    assert (agent.family, agent.kind, agent.seen) == ("Feedly", Kind.SERVICE, DAY_1)


def test_direct_readers_of_processes_are_merged(store: Store, database: str) -> None:
    """Statistics 7."""
    store.add([batch(Reeder={"192.0.2.1", "192.0.2.2"}, Unread={"192.0.2.1"})])
    add(database, batch(Reeder={"192.0.2.2", "192.0.2.3"}))
    expected = {
        Direct(DAY_1, "all", "", "Reeder", 3),
        Direct(DAY_1, "all", "", "Unread", 1),
        Direct(DAY_1, "all", "rss", "", 4),
    }
    assert set(store.direct(DAY_1, DAY_1)) == expected
    store.tidy(DAY_1 * DAY + DAY)  # the salt is kept for the next day
    assert set(store.direct(DAY_1, DAY_1, "all")) == expected


def test_the_salt_and_the_sketches_of_a_day_are_deleted(tmp_path: Path) -> None:
    """Statistics 7; later batches of the day do not count readers twice."""
    path = tmp_path / "statistics.db"
    store = Store(f"sqlite:///{path}")
    store.add([batch(Reeder={"192.0.2.1", "192.0.2.2"})])
    store.tidy(1e10)
    before = set(store.direct(DAY_1, DAY_1))
    with sqlite3.connect(path) as connection:
        for table in ("salt", "sketch"):
            (count,) = connection.execute(f"SELECT count(*) FROM audience_{table}").fetchone()
            assert count == 0
    store.add([batch(Reeder={"192.0.2.1"})])
    store.tidy(1e10)
    assert set(store.direct(DAY_1, DAY_1)) == before
    assert b"192.0.2" not in path.read_bytes()
    store.close()
    connection.close()


def test_invented_families_are_limited(
    store: Store, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Further families count as "other" and are not stored."""
    monkeypatch.setattr("feedsvc.audience.records.MAX_FAMILIES", 5)
    for start in (0, 4, 8):
        names = [f"Reader{number}" for number in range(start, start + 4)]
        more = batch(**{name: {"192.0.2.1"} for name in names})  # type: ignore[arg-type]
        site = more.records[""] = Record()
        for name in names:
            more.records["all"].polls[name, "rss", 200, False] = [1, 10, 0]
            more.records["all"].reported[name, "rss", name] = 1, start, False
            site.acts[name, "poll"] = 1
            more.agents[name] = Kind.DIRECT, name
        add(database, more)
    families = {"Feedly", "Reader0", "Reader1", "Reader2", "Reader3"}
    assert {row.family for row in store.polls(DAY_1, DAY_1)} == {*families, "other"}
    assert {family for family, _ in store.conduct(DAY_1, DAY_1).acts} == {
        *families - {"Feedly"},
        "other",
    }
    assert {row.family for row in store.agents()} == families
    direct = {row.family: row.readers for row in store.direct(DAY_1, DAY_1) if row.family}
    assert len(direct) == 6
    assert sum(direct.values()) == 12


def test_pending_batches_have_a_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedsvc.audience.store._MAX_WAITING", 10)
    monkeypatch.setattr("feedsvc.audience.store.MAX_FAMILIES", 3)
    waiting = Batch(DAY_1, "live")
    for number in range(50):
        more = batch(**{f"Reader{number}": {f"192.0.2.{number}"}})  # type: ignore[arg-type]
        more.agents = {f"Reader{number}": (Kind.DIRECT, "")}
        waiting.add(more)
    assert sum(map(len, waiting.readers.values())) == 10
    assert len(waiting.agents) == 3
    assert waiting.records["all"].total == 50


def test_a_log_with_more_polls_replaces_the_counts_of_the_server(store: Store) -> None:
    """Statistics 8."""
    store.add([batch(polls=3)])
    store.add([batch(source="log", polls=5)], LogPosition("head", 10, 100, "tail"))
    assert [row.polls for row in store.polls(DAY_1, DAY_1)] == [5]
    assert store.sources(DAY_1, DAY_1) == {DAY_1: "log"}
    assert store.log("head") == LogPosition("head", 10, 100, "tail", before=100)
    assert store.log_sizes() == [10]


def test_days_beyond_the_retention_are_deleted(database: str) -> None:
    with Store(database, retention=3) as store:
        for day in range(DAY_1, DAY_1 + 5):
            store.add([batch(day)])
        store.tidy(0)
        assert store.days() == [DAY_1 + 2, DAY_1 + 3, DAY_1 + 4]


def test_polls_are_summed_over_unnamed_fields(store: Store) -> None:
    model = Model({"all": 0.7, "tag/a": 0.3}, 1000, DAY_1)
    store.add([model.batch(DAY_1)])
    whole = sum(row.polls for row in store.polls(DAY_1, DAY_1))
    by_status = store.polls(DAY_1, DAY_1, by=("status",))
    assert {row.status for row in by_status} == {200, 226, 304}
    assert {(row.day, row.feed, row.family) for row in by_status} == {(0, "", "")}
    assert sum(row.polls for row in by_status) == whole
    by_feed = store.polls(DAY_1, DAY_1, by=("feed",))
    assert {row.feed for row in by_feed} == {"all", "tag/a"}
    assert sum(row.polls for row in by_feed) == whole


NAMES = st.text("abc/-é", max_size=4)
COUNTS = st.integers(0, 2**40)
RECORDS = st.builds(
    Record,
    st.dictionaries(
        st.tuples(NAMES, NAMES, st.sampled_from([200, 304]), st.booleans()),
        st.lists(COUNTS, min_size=3, max_size=3),
        max_size=4,
    ),
    st.dictionaries(
        st.tuples(NAMES, NAMES, NAMES),
        st.tuples(st.none() | st.integers(0, 10**9), COUNTS, st.booleans()),
        max_size=4,
    ),
    st.dictionaries(st.tuples(NAMES, NAMES), COUNTS, max_size=4),
    st.dictionaries(st.tuples(NAMES, st.booleans(), st.integers(0, 11)), COUNTS, max_size=4),
    st.dictionaries(st.tuples(NAMES, NAMES), COUNTS, max_size=4),
    COUNTS,
    COUNTS,
)


@given(RECORDS)
def test_records_are_stored_unchanged(record: Record) -> None:
    names = sorted(record.names())
    assert decode(encode(record, names.index), names.__getitem__) == record


@given(RECORDS, RECORDS, RECORDS)
def test_the_order_of_additions_does_not_matter(one: Record, two: Record, three: Record) -> None:
    sums = []
    for order in ((one, two, three), (three, two, one)):
        total = Record()
        for each in order:
            total.add(each)
        numbers = {key: value[:2] for key, value in total.reported.items() if value[0]}
        sums.append((total.polls, total.direct, total.intervals, total.acts, total.end, numbers))
    assert sums[0] == sums[1]


def test_a_damaged_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StatisticsError, match=r"x\.db: the statistics cannot be used"):
        add(f"sqlite:///{tmp_path / 'x.db'}", batch())


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    add(url, batch())
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("UPDATE audience_version SET number = 99")
    connection.close()
    with pytest.raises(StatisticsError, match="newer feedsvc"):
        add(url, batch())
