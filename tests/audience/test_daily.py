"""The stored figures of past days, compared with known numbers: statistics 6 and 9."""

from pathlib import Path

import pytest
from msgspec import structs

from feedsvc.audience import daily
from feedsvc.audience.figures import ONE_DAY, TOTAL
from feedsvc.audience.overview import overview
from feedsvc.audience.records import Record
from feedsvc.audience.rows import Kind
from feedsvc.audience.store import DAY, Batch, Store
from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from tests.audience import made
from tests.sites import make_site

TODAY = 20_500


def late(day: int, number: int) -> Batch:
    """Return the report of a service at the end of a day."""
    record = Record(start=day * DAY, end=(day + 1) * DAY - 1)
    record.polls["BazQux", "rss", 304, True] = [1, 0, 1]
    record.reported["BazQux", "rss", "late"] = number, record.end, True
    return Batch(day, "live", {"all": record}, agents={"BazQux": (Kind.SERVICE, "BazQux")})


def test_stored_figures_equal_those_of_the_model(tmp_path: Path) -> None:
    store, model = made.store(tmp_path, TODAY)
    with store:
        found = overview(store, TODAY - 30, TODAY)
        assert found
        truth = model.truth[TODAY - 1]
        reported = {name for (_, name) in truth if name in ("Feedly", "Inoreader", "Feedbin")}
        for name in reported:
            true = sum(number for (_, family), number in truth.items() if family == name)
            (standing,) = [each for each in found.standings["family"] if each.name == name]
            assert standing.now.subscribers == true
        assert found.now.at_least == 2 * len(made.FEEDS)  # Superfeedr and Slack
        assert {each.name for each in found.standings["feed"]} == set(made.FEEDS)
        polls = store.polls(TODAY - 30, TODAY, by=("status",))
        assert {name: each.polls for name, each in found.answers.items()} == {
            str(row.status): row.polls for row in polls
        }
        assert found.totals.days[-1] == TODAY - 1


def test_figures_are_recomputed_only_after_added_polls(tmp_path: Path) -> None:
    """Added polls of a day change the seven-day figures of later days."""
    store, _ = made.store(tmp_path, TODAY)
    with store:
        assert daily.catch_up(store, TODAY) == 0
        before = {row.day: row for row in store.daily(range(TODAY), "") if not row.name}
        store.add([late(TODAY - 3, 8)])
        assert daily.catch_up(store, TODAY) == 3
        after = {row.day: row for row in store.daily(range(TODAY), "") if not row.name}
        added = {day: after[day].subscribers - before[day].subscribers for day in before}
        assert added == {day: 8 if day >= TODAY - 3 else 0 for day in before}
        assert [after[TODAY - 3].gained - before[TODAY - 3].gained] == [8]
        assert daily.catch_up(store, TODAY) == 0


def test_figures_of_the_first_day_are_computed_live(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 's.db'}") as store:
        assert daily.live(store, TODAY) is None
        store.add([late(TODAY, 40)])
        assert daily.catch_up(store, TODAY) == 0
        cells = daily.live(store, TODAY)
        assert cells
        assert cells[TOTAL].total == cells[ONE_DAY].total == 40
        found = overview(store, TODAY - 30, TODAY)
        assert found
        assert (found.now.total, found.answers["304"].polls) == (40, 1)


def test_days_counted_from_logs_are_listed(tmp_path: Path) -> None:
    """Statistics 8."""
    with Store(f"sqlite:///{tmp_path / 's.db'}") as store:
        logged = late(TODAY - 2, 5)
        logged.source = "log"
        store.add([logged, late(TODAY - 1, 7)])
        daily.catch_up(store, TODAY)
        found = overview(store, TODAY - 9, TODAY)
        assert found
        assert found.sources == {"log": 1, "live": 1}


def test_windows_do_not_span_a_gap_of_days(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 's.db'}") as store:
        store.add([late(TODAY - 60, 5), late(TODAY - 1, 7)])
        assert daily.catch_up(store, TODAY) == 2
        rows = [row for row in store.daily(range(TODAY), "") if not row.name]
        assert [(row.day, row.subscribers, row.gained) for row in rows] == [
            *((TODAY - 60, 5, 5), (TODAY - 1, 7, 7)),
        ]


def test_hub_subscriptions_are_stored_beside_polling_clients(tmp_path: Path) -> None:
    """Statistics 9: push compared with polls."""
    settings = make_site(tmp_path)
    with Catalog(settings.database) as catalog:
        catalog.create()
        texts = dict.fromkeys(("format", "callback", "host", "secret"), "")
        numbers = dict.fromkeys(("feed", "revision", "attempts", "next_try"), 0)
        ends = {"a": 4_000_000_000, "b": 4_000_000_000, "ended": 1}
        rows = [{"id": name, "lease_end": end, **texts, **numbers} for name, end in ends.items()]
        with catalog.writing() as connection:
            connection.execute(schema.subscription.insert(), rows)
    store, _ = made.store(tmp_path, TODAY, count=2)
    with store:
        store.add([late(TODAY - 1, 1)])
        daily.catch_up(store, TODAY, settings)
        found = overview(store, TODAY - 30, TODAY)
    assert found
    assert found.clients.rows["push"][-1] == 2
    assert found.clients.rows["polls"][-1] > 100


def test_a_missing_catalog_has_no_subscriptions_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = structs.replace(made.settings(), database=f"sqlite:///{tmp_path / 'none.db'}")
    assert daily.subscriptions(settings) == 0
    assert "subscriptions-not-counted" in caplog.text
