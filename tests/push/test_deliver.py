"""Documents are delivered to subscribers as a GET returns them (WebSub 7, 8)."""

import hashlib
import hmac
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.test import Client as Browser

from feedsvc import create_app
from feedsvc.catalog.store import Catalog, Transaction
from feedsvc.errors import CatalogError
from feedsvc.model import Format
from feedsvc.push import deliver, hosts, ledger
from feedsvc.push.store import deliveries
from feedsvc.push.store.sealing import Sealing
from tests.desk import Desk
from tests.push.office import delivering
from tests.push.sink import Reply, Request, Sink
from tests.push.subscribers import subscribe, subscriptions
from tests.serving import PATIENCE
from tests.sites import article

SECRET = "ß" * 99  # 198 bytes


@pytest.fixture
def server(running: Sink, monkeypatch: pytest.MonkeyPatch) -> Sink:
    """The subscribers, after a reset; revisions are delivered without a pause."""
    monkeypatch.setattr(ledger, "SETTLE", 0.0)
    monkeypatch.setattr(ledger, "_LOOK", 0.02)
    running.requests.clear()
    running.answer = lambda _: Reply()
    return running


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Desk]:
    """A site with one article in SQLite, and a second one that is not synced yet."""
    database = f"sqlite:///{tmp_path / 'catalog.db'}"
    with Catalog(database) as catalog:
        catalog.create()
        desk = Desk(tmp_path / "site", catalog, database, '[push]\nhub = "own"').go_public()
        yield begin(desk)


def begin(desk: Desk) -> Desk:
    desk.write("a.md", article(tags=["x"]))
    desk.sync()
    desk.write("b.md", article(slug="b", title="Second", tags=["x"]))
    return desk


def sealed(desk: Desk) -> str:
    return Sealing.of(desk.settings).seal(SECRET)


def test_a_document_is_delivered_to_each_subscriber_of_its_topic(desk: Desk, server: Sink) -> None:
    """WebSub 2, 11, 12: with body, Content-Type and links of a GET; signed if there is a secret."""
    desk.configure('[push]\nhub = "own"')
    begin(desk)
    for key, format in [("all", Format.ATOM), ("all", Format.RSS), ("tag/x", Format.JSON)]:
        subscribe(desk.catalog, [server.url(f"/{format}?a=b")], key, format)
    subscribe(desk.catalog, [server.url("/secret")], secret=sealed(desk))
    subscribe(desk.catalog, [server.url("/other")], revision=10**6)
    with delivering(desk) as office:
        desk.sync()
        office.wait_for("delivered", 4)
    assert sorted(each.path for each in server.requests) == ["/atom", "/json", "/rss", "/secret"]
    browser = Browser(create_app(desk.folder))
    for path, topic in [
        ("/atom", "/feeds/all.atom"),
        ("/rss", "/feeds/all.rss"),
        ("/json", "/feeds/tag/x.json"),
        ("/secret", "/feeds/all.atom"),
    ]:
        (request,) = server.to(path)
        shown = browser.get(topic)
        assert request.method == "POST"
        assert request.body == shown.data
        assert b"Second" in request.body
        assert request.headers["content-type"] == shown.headers["Content-Type"]
        assert request.headers["link"] == shown.headers["Link"]
        assert "content-encoding" not in request.headers
        assert ("x-hub-signature" in request.headers) == (path == "/secret")
    expected = hmac.digest(SECRET.encode(), request.body, hashlib.sha256).hex()
    assert request.headers["x-hub-signature"] == f"sha256={expected}"
    rows = subscriptions(desk.catalog).values()
    assert all(row["revision"] >= desk.revision() and row["next_try"] == 0 for row in rows)


def test_the_signature_method_is_configurable(site: Desk, server: Sink) -> None:
    """WebSub 12."""
    site.configure('[push]\nsignature = "sha1"')
    subscribe(site.catalog, [server.url("/secret")], secret=sealed(site))
    with delivering(site) as office:
        site.sync()
        office.wait_for("delivered")
    (request,) = server.requests
    expected = hmac.digest(SECRET.encode(), request.body, "sha1").hex()
    assert request.headers["x-hub-signature"] == f"sha1={expected}"


def test_no_unsigned_document_is_sent_if_the_key_has_changed(site: Desk, server: Sink) -> None:
    subscribe(site.catalog, [server.url("/secret")], secret=sealed(site))
    (site.folder.parent / "push.key").write_text("x" * 40)
    with delivering(site) as office:
        site.sync()
        office.wait_for("failed")
    assert not server.requests


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(204), "delivered"),
        (Reply(302, (("Location", "/other"),)), "failed"),
        (Reply(404), "failed"),
        (Reply(500), "failed"),
        (Reply(410), "gone"),
        (Reply(raw=b""), "failed"),
        (Reply(delay=20), "failed"),
    ],
    ids=lambda each: str(getattr(each, "status", each)),
)
def test_the_outcome_of_a_delivery_depends_on_the_answer(
    site: Desk, server: Sink, reply: Reply, outcome: str
) -> None:
    """WebSub 13."""
    server.answer = lambda _: reply
    url = server.url()
    subscribe(site.catalog, [url])
    before = site.revision()
    with delivering(site, timeout=0.2 if reply.delay else PATIENCE) as office:
        site.sync()
        office.wait_for(outcome)
    row = subscriptions(site.catalog).get(url)
    if outcome == "gone":
        assert row is None
        return
    assert row is not None
    assert (row["revision"] > before) == (outcome == "delivered")
    assert row["attempts"] == (outcome == "failed")
    assert (row["next_try"] > time.time() - 1) == (outcome == "failed")
    assert len(server.requests) == 1


def test_retry_after_is_obeyed(site: Desk, server: Sink) -> None:
    """WebSub 13: in seconds or as a date, within limits."""
    waits = {"/seconds": "9000", "/date": "Fri, 01 Jan 2100 00:00:00 GMT", "/nonsense": "soon"}
    server.answer = lambda request: Reply(503, (("Retry-After", waits[request.path]),))
    subscribe(site.catalog, [server.url(path) for path in waits])
    with delivering(site) as office:
        site.sync()
        office.wait_for("failed", 3)
    left = {
        row["callback"]: row["next_try"] - time.time()
        for row in subscriptions(site.catalog).values()
    }
    assert 8900 < left[server.url("/seconds")] <= 9001
    assert 14_000 < left[server.url("/date")] <= 14_401
    assert left[server.url("/nonsense")] < 61


def test_a_document_is_given_up_after_ten_failures_and_the_next_delivered(
    site: Desk, server: Sink
) -> None:
    """WebSub 13: the subscription remains."""
    server.answer = lambda _: Reply(404)
    subscribe(site.catalog, [server.url()], attempts=9)
    with delivering(site) as office:
        site.sync()
        office.wait_for("given-up")
    row = subscriptions(site.catalog)[server.url()]
    assert (row["revision"], row["attempts"], row["next_try"]) == (site.revision(), 0, 0)
    server.answer = lambda _: Reply()
    site.write("c.md", article(slug="c"))
    with delivering(site) as office:
        site.sync()
        office.wait_for("delivered")


def test_only_the_newest_document_is_delivered_after_a_failure(
    site: Desk, server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WebSub 14."""
    monkeypatch.setattr(deliver, "backoff", lambda attempts: 0)
    failing = True
    server.answer = lambda _: Reply(404 if failing else 200)
    site.configure("")  # without hub links, as in documents of the desk
    subscribe(site.catalog, [server.url()])
    with delivering(site) as office:
        site.sync()
        office.wait_for("failed")
        for name in ("c", "d"):
            site.write(f"{name}.md", article(slug=name))
            site.sync()
        newest = site.body()
        server.wait_for(lambda: server.requests[-1].body == newest)  # and none before is on its way
        failing = False
        office.wait_for("delivered")
    assert server.requests[-1].body == newest
    assert office.count("delivered") == 1


def test_a_retired_feed_is_not_delivered(site: Desk, server: Sink) -> None:
    """A GET does not return a document of it either (WebSub 10)."""
    subscribe(site.catalog, [server.url("/retired")], "tag/x")
    subscribe(site.catalog, [server.url("/all")], "all")
    site.configure('retired = ["tag/x"]')
    with delivering(site) as office:
        site.sync()
        office.wait_for("delivered")
    assert [each.path for each in server.requests] == ["/all"]


def test_concurrent_requests_to_one_host_are_limited(site: Desk, server: Sink) -> None:
    """WebSub 17; slow hosts do not delay others."""
    now, most = 0, 0

    def answer(request: Request) -> Reply:
        nonlocal now, most
        if request.path.startswith("/slow"):
            now += 1
            most = max(most, now)
            return Reply(delay=30)
        return Reply()

    server.answer = answer
    slow = [server.url(f"/slow{number}", "127.0.0.2") for number in range(40)]
    good = [server.url(f"/{number}", f"127.0.1.{number % 5}") for number in range(60)]
    subscribe(site.catalog, [*slow, *good])
    with delivering(site, patience=0) as office:
        site.sync()
        office.wait_for("delivered", 60)
    assert most == hosts.AT_ONCE
    rows = subscriptions(site.catalog)
    returned = [each for each in slow if rows[each]["next_try"] == 0]
    assert len(returned) == 40 - hosts.AT_ONCE  # those in progress stay claimed
    assert all(row["attempts"] == 0 for row in rows.values())


def test_deliveries_to_a_failing_host_are_postponed(site: Desk, server: Sink) -> None:
    """WebSub 17: its other deliveries are postponed without counting as failed."""
    server.answer = lambda request: Reply(503 if request.path.startswith("/bad") else 200)
    bad = [server.url(f"/bad{number}", "127.0.0.2") for number in range(100)]
    subscribe(site.catalog, bad)
    with delivering(site) as office:
        site.sync()
        office.wait_for("failed", 5)
        site.write("c.md", article(slug="c"))
        subscribe(site.catalog, [server.url("/good")])
        site.sync()
        office.wait_for("delivered")
    assert len(server.to("/good")) == 1
    assert 5 <= office.count("failed") <= 5 + hosts.AT_ONCE
    rows = subscriptions(site.catalog)
    untried = [rows[each] for each in bad if rows[each]["attempts"] == 0]
    assert len(untried) == 100 - office.count("failed")
    assert all(row["next_try"] > time.time() for row in untried)


def test_the_lag_is_measured_from_the_commit(site: Desk, server: Sink) -> None:
    subscribe(site.catalog, [server.url()])
    site.now = datetime.now(UTC)
    with delivering(site) as office:
        site.sync(after=0)
        office.wait_for("delivered")
    ((_, lag),) = office.outcomes
    assert lag is not None
    assert 0 <= lag < 30


def test_a_revision_is_delivered_once_all_origins_serve_it(
    site: Desk, server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WebSub 16."""
    monkeypatch.setattr(ledger, "SETTLE", 0.3)
    subscribe(site.catalog, [server.url()])
    with delivering(site) as office:
        time.sleep(0.4)
        synced = time.monotonic()
        site.sync()
        office.wait_for("delivered")
        assert time.monotonic() > synced + 0.25


def test_a_revision_committed_during_an_exchange_waits_as_well(
    site: Desk, server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WebSub 16: it is not mistaken for the previous one, which all origins serve."""
    subscribe(site.catalog, [server.url()])
    publication = site.publication
    own = ledger.Ledger(publication)
    before = publication.state()
    site.sync()
    with monkeypatch.context() as patch:
        patch.setattr(publication, "state", lambda: before)
        assert not own.exchange([], {}, 10).claimed
    assert own.exchange([], {}, 10).claimed


def test_results_are_recorded_after_the_catalog_was_lost(
    site: Desk, server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk is full or the database restarts; no document is delivered twice."""
    record, failures = deliveries.record, iter(range(3))

    def fail_at_first(connection: Transaction, results: Sequence[deliveries.Result]) -> None:
        if results and next(failures, None) is not None:
            raise CatalogError("the disk is full")
        record(connection, results)

    monkeypatch.setattr(deliveries, "record", fail_at_first)
    monkeypatch.setattr(deliver, "_RETRY", 0.02)
    subscribe(site.catalog, [server.url()])
    with delivering(site) as office:
        site.sync()
        office.wait_for("delivered")
        end = time.monotonic() + PATIENCE
        while subscriptions(site.catalog)[server.url()]["next_try"]:
            assert time.monotonic() < end
            time.sleep(0.02)
    assert next(failures, None) is None
    assert subscriptions(site.catalog)[server.url()]["revision"] == site.revision()
    assert len(server.requests) == 1


def test_continuous_revisions_do_not_block_deliveries(
    site: Desk, server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "SETTLE", 1e6)
    monkeypatch.setattr(ledger, "_MAX_SETTLE", 0.1)
    subscribe(site.catalog, [server.url()])
    with delivering(site) as office:
        site.sync()
        office.wait_for("delivered")
