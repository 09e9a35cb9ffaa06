"""A serving process watches the state of the catalog."""

import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest

from feedsvc import dates
from feedsvc.serve.watch import Watch
from tests.web.fake import SITE, FakePublication

PATIENCE = 10.0  # seconds; a bound for a hanging test, never a measure of speed


@pytest.fixture
def publication() -> FakePublication:
    return FakePublication()


def test_the_state_is_known_from_the_start(publication: FakePublication) -> None:
    publication.due = datetime.now(UTC) + timedelta(hours=1)
    watching = Watch(publication)
    assert (watching.newest, watching.lost) == (1, False)
    assert watching.due == dates.epoch(publication.due)
    assert watching.health == publication.health()


def test_a_poll_updates_the_state(publication: FakePublication) -> None:
    publication.due = datetime.now(UTC)
    watching = Watch(publication)
    publication.publish(SITE)
    publication.due = None
    watching.poll()
    assert (watching.newest, watching.due) == (2, None)


def test_a_rebuilt_catalog_counts_as_newer(
    publication: FakePublication, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = Watch(publication)
    monkeypatch.setattr(publication, "state", lambda: ("another 7", None))
    watching.poll()
    assert watching.newest == 2
    assert not watching.is_current(1)


def test_the_state_is_kept_while_the_catalog_is_lost(
    publication: FakePublication, caplog: pytest.LogCaptureFixture
) -> None:
    """The loss is logged once, and so is the recovery."""
    watching = Watch(publication)
    publication.publish(SITE)
    publication.lost = True
    with caplog.at_level(logging.WARNING, "feedsvc.serve"):
        for _ in range(3):
            watching.poll()
            assert (watching.newest, watching.lost, watching.health) == (1, True, None)
        publication.lost = False
        for _ in range(3):
            watching.poll()
            assert (watching.newest, watching.lost) == (2, False)
    assert [record.message.split()[0] for record in caplog.records] == [
        "event=catalog-lost",
        "event=catalog-found",
    ]


def test_watching_can_start_without_a_catalog(publication: FakePublication) -> None:
    publication.lost = True
    watching = Watch(publication)
    assert (watching.newest, watching.due, watching.lost) == (0, None, True)
    publication.lost = False
    watching.poll()
    assert (watching.newest, watching.lost) == (1, False)
    assert watching.health


def test_health_and_ticks_are_updated_about_every_second(
    publication: FakePublication, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("feedsvc.serve.watch.time.monotonic", lambda: now)
    ticks = []
    watching = Watch(publication, lambda: ticks.append(now))
    for step in range(1, 41):
        now = 100.0 + step / 16
        watching.poll()
    assert ticks == [100.0, 101.0625, 102.125]


def test_the_thread_polls_and_survives_errors(
    publication: FakePublication,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen = threading.Event()
    calls = 0

    class Ended(BaseException):
        pass

    class Watched(Watch):
        def poll(self) -> None:
            nonlocal calls
            calls += 1
            if calls == 2:
                raise RuntimeError("a fault")
            super().poll()
            if self.newest == 2:
                seen.set()
                raise Ended

    def ended(args: threading.ExceptHookArgs) -> None:
        assert args.exc_type is Ended

    monkeypatch.setattr(threading, "excepthook", ended)
    watching = Watched(publication)
    publication.publish(SITE)
    watching.start()
    assert seen.wait(PATIENCE)
    watching.join(PATIENCE)
    assert [record.message for record in caplog.records] == ["event=failed"]
