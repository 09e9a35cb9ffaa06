"""External hubs are notified of exactly the topics that changed (WebSub 3)."""

import asyncio
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.catalog.store import Catalog
from feedsvc.model import Format
from feedsvc.push import follow, ping
from feedsvc.push.client import Client
from feedsvc.push.follow import Follower
from feedsvc.push.ping import Pings
from feedsvc.push.store import caches, hubs
from feedsvc.push.store.deliveries import CLAIM, MAX_WAIT
from feedsvc.push.store.hubs import State
from tests.desk import Desk
from tests.push.sink import Reply, Request, Sink, sink
from tests.sites import article
from tests.soak import examples

BASE = "https://news.example.org"
NOW = 1_800_000_000
DAY = 86_400


@pytest.fixture(scope="module")
def hub() -> Iterator[Sink]:
    with sink() as running:
        yield running


class Notifying:
    """A desk with one external hub on this machine, and its clock."""

    def __init__(self, desk: Desk, hub: Sink, toml: str = "") -> None:
        self.desk, self.hub, self.url = desk, hub, hub.url("/hub")
        self.now = NOW
        hub.answer = lambda _: Reply(202)
        push = f'[push]\nhub = "{self.url}"\nallow_networks = ["127.0.0.1"]\n'
        desk.configure(toml + push)
        self.publish("first", tags=["x"])
        self.notify()

    def publish(self, name: str, tags: list[str] | None = None) -> None:
        self.desk.write(f"{name}.md", article(name, tags=tags))
        self.desk.sync()

    def notify(self, *, early: bool = False) -> tuple[int | None, list[Request]]:
        """Notify the hub once; return the time of the next try and the requests."""
        self.hub.requests.clear()

        async def run() -> int | None:
            async with Client(self.desk.settings.push.allow_networks) as client:
                pings = Pings(self.desk.publication, client)
                if early:
                    await pings.tell_hub(self.url, self.now, early=True)
                return await pings.tell(self.now)

        return asyncio.run(run()), list(self.hub.requests)

    def state(self) -> State:
        with self.desk.catalog.reading() as connection:
            (state,) = hubs.states(connection, [self.url])
        return state


@pytest.fixture
def notifying(desk: Desk, hub: Sink) -> Notifying:
    return Notifying(desk, hub)


def form(request: Request) -> list[tuple[str, str]]:
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    return parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)


def topics(requests: list[Request]) -> list[str]:
    return sorted(value for each in requests for name, value in form(each) if name == "hub.url")


def of_feeds(*keys: str) -> list[str]:
    return sorted(f"{BASE}/feeds/{key}.{format}" for key in keys for format in Format)


def test_a_hub_is_notified_of_each_changed_topic_separately(notifying: Notifying) -> None:
    """Three of the four known hubs read only one topic per request."""
    notifying.publish("second", tags=["C++"])
    next_try, requests = notifying.notify()
    assert next_try is None
    assert topics(requests) == of_feeds("all", "tag/c%2B%2B", "language/en")
    for request in requests:
        topic = form(request)[1][1]
        assert form(request) == [
            ("hub.mode", "publish"),
            ("hub.url", topic),
            ("hub.topic", topic),
        ]
    assert notifying.notify() == (None, [])


def test_googles_hub_is_notified_of_ten_topics_per_request(
    notifying: Notifying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ping, "_SEVERAL", {"127.0.0.1": 10})
    notifying.publish("second", tags=[f"t{number}" for number in range(25)])
    _, requests = notifying.notify()
    named = [[value for name, value in form(each) if name == "hub.url"] for each in requests]
    assert max(map(len, named)) == 10
    assert len(requests) < 12
    keys = [f"tag/t{number}" for number in range(25)]
    assert topics(requests) == of_feeds("all", "language/en", *keys)


def test_a_new_hub_is_notified_only_of_later_changes(desk: Desk, hub: Sink) -> None:
    desk.write("old.md", article())
    desk.sync()
    notifying = Notifying(desk, hub)
    assert hub.requests == []
    notifying.publish("second")
    assert topics(notifying.notify()[1]) == of_feeds("all", "language/en")


def test_moved_and_retired_feeds_are_not_topics(desk: Desk, hub: Sink) -> None:
    notifying = Notifying(desk, hub, 'retired = ["tag/y"]\n[moved]\n"tag/x" = "tag/z"\n')
    notifying.publish("second", tags=["x", "y", "z"])
    assert {"tag/x", "tag/y"} <= set(desk.feeds())
    assert topics(notifying.notify()[1]) == of_feeds("all", "language/en", "tag/z")


def test_a_hub_that_was_down_for_a_day_is_notified_of_all_changes_once(
    notifying: Notifying,
) -> None:
    start, tries = notifying.now, 0
    notifying.hub.answer = lambda _: Reply(503)
    while notifying.now < start + DAY:
        if tries in (0, 2, 5):
            notifying.publish(f"during-{tries}", tags=[f"t{tries}"])
        next_try, requests = notifying.notify()
        assert requests
        assert next_try is not None
        assert notifying.now < next_try <= notifying.now + MAX_WAIT
        notifying.now = next_try - 1
        assert notifying.notify() == (next_try, [])  # neither before it is due
        notifying.now, tries = next_try, tries + 1
    assert notifying.state().attempts == tries
    notifying.hub.answer = lambda _: Reply(204)
    next_try, requests = notifying.notify()
    assert next_try is None
    tags = ("tag/t0", "tag/t2", "tag/t5")
    assert topics(requests) == of_feeds("all", "language/en", *tags)
    assert notifying.state() == State(notifying.url, 0, 0, 0)


@pytest.mark.parametrize("status", [301, 307, 400, 410, 500])
def test_any_other_status_than_success_is_a_failure(notifying: Notifying, status: int) -> None:
    headers = (("Location", notifying.hub.url("/elsewhere")),)
    notifying.hub.answer = lambda _: Reply(status, headers)
    notifying.publish("second")
    notifying.notify()
    assert notifying.state().attempts == 1
    assert not notifying.hub.to("/elsewhere")


def test_retry_after_of_a_hub_is_obeyed(notifying: Notifying) -> None:
    notifying.hub.answer = lambda _: Reply(429, (("Retry-After", "900"),))
    notifying.publish("second")
    assert notifying.notify()[0] == NOW + 900
    assert notifying.notify(early=True)[1]  # operators may retry early


def test_another_process_notifies_a_hub_if_the_first_one_dies(notifying: Notifying) -> None:
    notifying.publish("second")
    with notifying.desk.catalog.concurrent() as connection:  # a process claims it and dies
        claim = hubs.claim(connection, notifying.url, NOW)
    assert claim
    assert notifying.notify() == (NOW + CLAIM, [])
    notifying.now += CLAIM
    assert len(notifying.notify()[1]) == 6
    with notifying.desk.catalog.concurrent() as connection:  # it was only slow
        assert not hubs.record(connection, claim, claim.place)
    assert notifying.notify() == (None, [])


def test_a_clock_that_is_set_back_does_not_delay_notifications(notifying: Notifying) -> None:
    notifying.hub.answer = lambda _: Reply(500)
    notifying.publish("second")
    notifying.notify()
    notifying.hub.answer = lambda _: Reply()
    notifying.now -= 7 * DAY
    assert len(notifying.notify()[1]) == 6


def test_a_hub_at_a_private_address_is_refused(notifying: Notifying) -> None:
    notifying.desk.configure(f'[push]\nhub = "{notifying.url}"')
    notifying.publish("second")
    assert notifying.notify()[1] == []
    assert notifying.state().attempts == 1


def test_a_running_process_notifies_hubs_of_each_revision(
    notifying: Notifying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "_PAUSE", 0.05)
    notifying.hub.requests.clear()

    async def run() -> None:
        async with Client(["127.0.0.1"]) as client:
            pings = Pings(notifying.desk.publication, client)
            task = asyncio.create_task(pings.run())
            for name, count in (("second", 6), ("third", 12)):
                await asyncio.to_thread(notifying.publish, name)
                wanted = count
                await asyncio.to_thread(
                    notifying.hub.wait_for,
                    lambda: len(notifying.hub.requests) >= wanted,  # noqa: B023
                )
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert len(notifying.hub.requests) == 12


def test_a_revision_committed_while_another_settles_waits_as_well(
    notifying: Notifying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WebSub 16: the hub fetches the document as soon as it is notified."""
    publication = notifying.desk.publication
    waits: list[str] = []

    async def wait(_seconds: float) -> None:
        if not waits:
            await asyncio.to_thread(notifying.publish, "second")
        waits.append(publication.state()[0])

    async def act(_now: int, settled: int) -> int | None:
        waits.append(str(settled))
        raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", wait)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Follower(publication, act, 0.4, waits=5).run())
    assert waits == [waits[0], waits[0], waits[0].partition(".")[0]]


@settings(max_examples=examples(5))
@given(st.lists(st.sampled_from(["publish", "fail", "tell"]), max_size=8))
def test_hubs_are_notified_of_each_change_in_any_history(
    tmp_path_factory: pytest.TempPathFactory, hub: Sink, history: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("history")
    url = f"sqlite:///{folder}/catalog.db"
    with Catalog(url) as catalog:
        catalog.create()
        notifying = Notifying(Desk(folder / "site", catalog, url), hub)
        changed: set[str] = set()
        for number, step in enumerate([*history, "tell"]):
            notifying.now += MAX_WAIT
            if step == "publish":
                key = f"t{number % 3}"
                notifying.publish(f"a{number}", tags=[key])
                changed |= {f"tag/{key}", "all", "language/en"}
                continue
            reply = Reply(500 if step == "fail" else 200)
            hub.answer = lambda _, reply=reply: reply  # type: ignore[misc]
            _, requests = notifying.notify()
            assert set(topics(requests)) <= set(of_feeds(*changed))
            if step == "tell":
                assert topics(requests) == of_feeds(*changed)
                changed.clear()


def test_a_hub_is_notified_after_the_caches_were_purged(notifying: Notifying) -> None:
    """Scale 3: it fetches documents from the caches."""
    name = "purge:fastly"
    desk, hub = notifying.desk, notifying.hub
    desk.configure(
        '[purge]\ncache = "fastly"\nservice = "S"\ntoken = "T"\n'
        f'[push]\nhub = "{notifying.url}"\nallow_networks = ["127.0.0.1"]\n'
    )
    with desk.catalog.concurrent() as connection:
        caches.add(connection, [name], "settings")
    notifying.publish("second", tags=["z"])

    def purge() -> None:
        newest, _ = desk.publication.newest()
        with desk.catalog.concurrent() as connection:
            claim = hubs.claim(connection, name, NOW, early=True, revision=newest)
            assert claim
            caches.record(connection, claim, newest, 0)

    async def run() -> None:
        hub.requests.clear()
        async with Client(desk.settings.push.allow_networks) as client:
            pings = Pings(desk.publication, client)
            assert await pings._tell_purged(NOW, 2) == NOW + 1
            assert hub.requests == []
            purge()
            assert await pings._tell_purged(NOW + 1, 2) is None
            assert topics(hub.requests) == of_feeds("all", "language/en", "tag/z")
            hub.requests.clear()
            notifying.publish("third")
            assert await pings._tell_purged(NOW + 2, 3) == NOW + 3
            assert await pings._tell_purged(NOW + 62, 3) is None  # it cannot be purged
            assert topics(hub.requests) == of_feeds("all", "language/en")

    asyncio.run(run())
