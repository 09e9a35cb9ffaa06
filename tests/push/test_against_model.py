"""Random histories of subscribers and publishers conform to WebSub (WebSub 7, 9, 13, 14).

At the end, each active, verified subscriber has the newest document, and no one else received any.
A document is repeated only if its acknowledgement was lost, and never follows a newer one.
Subscribers are simulated; the catalog, the verifications, and two workers that deliver are not.
"""

import asyncio
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.model import FeedRef, Format
from feedsvc.push import deliver, ledger
from feedsvc.push.client import ClientError, Response
from feedsvc.push.deliver import Deliverer
from feedsvc.push.ledger import Ledger
from feedsvc.push.store import deliveries, verifications
from feedsvc.push.store.subscriptions import DAY, Requested, Subscriptions
from feedsvc.push.verify import inform
from feedsvc.routes import feed_path
from tests.conftest import MakeDatabase
from tests.desk import Desk, ref
from tests.sites import article
from tests.soak import examples

BASE = "https://news.example.org"
FEEDS = [("all", Format.ATOM), ("all", Format.JSON), ("tag/x", Format.RSS)]
Key = tuple[int, str]  # a topic as its place in FEEDS, and a callback
TOPICS = {BASE + feed_path(FeedRef.of(key), format): n for n, (key, format) in enumerate(FEEDS)}
CALLBACKS = [f"http://reader{number}.example/callback?id={number}" for number in range(4)]
_SELF = re.compile(r'<([^>]+)>; rel="self"')


@dataclass
class Network:
    """The subscribers, replacing a Client.

    agrees, behaviour: by callback. allowed: whether a subscription may receive documents now. got:
    the documents that arrived, and whether they were acknowledged.
    """

    allowed: Callable[[Key], bool]
    agrees: dict[str, bool] = field(default_factory=dict)
    behaviour: defaultdict[str, str] = field(default_factory=lambda: defaultdict(lambda: "good"))
    got: defaultdict[Key, list[tuple[bytes, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    wrong: list[Key] = field(default_factory=list)
    hanging: int = 0

    async def get(self, url: str) -> Response:
        callback = next(each for each in CALLBACKS if url.startswith(each))
        challenge = parse_qs(urlsplit(url).query).get("hub.challenge", [""])[0]
        return Response(200, {}, challenge.encode() if self.agrees[callback] else b"a lie")

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        match = _SELF.search(headers["Link"])
        assert match
        key = TOPICS[match[1]], url
        if not self.allowed(key):
            self.wrong.append(key)
        behaviour = self.behaviour[url]
        await asyncio.sleep(0.002 if behaviour == "slow" else 0)
        if behaviour == "vanished":
            raise ClientError("cannot connect")
        if behaviour == "failing":
            return Response(503, {}, b"")
        is_acknowledged = behaviour in ("good", "slow")
        self.got[key].append((body, is_acknowledged))
        if behaviour == "hanging":
            self.hanging += 1
            await asyncio.sleep(1000)
        if behaviour == "deaf":
            raise ClientError("there was no answer")
        return Response(410 if behaviour == "gone" else 200, {}, b"")


class Hub(RuleBasedStateMachine):
    """A site with its subscribers. make_database, running: set by the test.

    versions: the documents of each topic. live: the ends of leases. since: the number of versions
    that a subscriber need not get.
    """

    make_database: MakeDatabase
    running: "list[Hub]"

    @initialize()
    def begin(self) -> None:
        self.running[:] = [self]
        self.folder = tempfile.TemporaryDirectory()
        database = self.make_database()
        self.catalog = Catalog(database)
        self.catalog.create()
        self.desk = Desk(Path(self.folder.name), self.catalog, database).go_public()
        self.now = 1_800_000_000
        self.edits = self.works = 0
        self.versions: list[list[bytes]] = [[] for _ in FEEDS]
        self.live: dict[Key, int] = {}
        self.since: dict[Key, int] = {}
        self.network = Network(lambda key: self.live.get(key, 0) > self.now)
        self.publish(True)
        for number, callback in enumerate(CALLBACKS):
            self.request(number % len(FEEDS), callback, "subscribe", True)
            self.request((number + 1) % len(FEEDS), callback, "subscribe", True)

    @rule(tagged=st.booleans())
    def publish(self, tagged: bool) -> None:
        """Change the articles, with or without the tag."""
        self.edits += 1
        if tagged:
            self.desk.write("x.md", article(title=f"x{self.edits}", slug="x", tags=["x"]))
        else:
            self.desk.write("a.md", article(title=f"a{self.edits}", slug="a"))
        self.desk.sync()
        for (key, format), versions in zip(FEEDS, self.versions, strict=True):
            document = self.desk.publication.document(ref(key), format)
            assert document
            if versions[-1:] != [document.body]:
                versions.append(document.body)

    @rule(
        topic=st.sampled_from(range(len(FEEDS))),
        callback=st.sampled_from(CALLBACKS),
        mode=st.sampled_from(["subscribe", "subscribe", "unsubscribe"]),
        agrees=st.sampled_from([True, True, True, False]),
    )
    def request(self, topic: int, callback: str, mode: Any, agrees: bool) -> None:
        """Request a new subscription, its renewal or its end, and answer the verification."""
        key, format = FEEDS[topic]
        url = next(url for url, number in TOPICS.items() if number == topic)
        host = urlsplit(callback).hostname or ""
        requested = Requested(mode, url, callback, host, lease=DAY, feed=key, format=format)
        subscriptions = Subscriptions(
            self.desk.settings, self.catalog, clock=lambda _connection: self.now
        )
        assert subscriptions.request(requested, "192.0.2.1") is None
        self.network.agrees[callback] = agrees
        with self.catalog.concurrent() as connection:
            for each in verifications.claim(connection, self.now, 10, 10):
                outcome = asyncio.run(inform(each, self.network))
                outcome.record(connection, each, self.now)
        subscription = topic, callback
        if agrees and mode == "unsubscribe":
            self.live.pop(subscription, None)
        elif agrees:
            if self.live.get(subscription, 0) <= self.now:
                self.since[subscription] = len(self.versions[topic])
                self.network.got.pop(subscription, None)
            self.live[subscription] = self.now + DAY

    @precondition(lambda self: self.works < 6)  # a document is given up after ten failures
    @rule(
        behaviours=st.lists(
            st.sampled_from(
                ["good", "good", "slow", "failing", "vanished", "deaf", "hanging", "gone"]
            ),
            min_size=len(CALLBACKS),
            max_size=len(CALLBACKS),
        ),
        tagged=st.sampled_from([True, True, False]),
    )
    def publish_and_work(self, behaviours: list[str], tagged: bool) -> None:
        """Publish after changing the behaviour of subscribers."""
        self.network.behaviour.update(zip(CALLBACKS, behaviours, strict=True))
        self.publish(tagged)
        self.work()

    @rule(seconds=st.sampled_from([1, 90, 3600, 14_500, DAY]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @precondition(lambda self: self.works < 6)  # a document is given up after ten failures
    @rule()
    def work(self) -> None:
        """Make due deliveries with two workers, which are killed if a subscriber hangs."""
        self.works += 1
        asyncio.run(self._work())
        known = {(row["callback"], row["format"]) for row in self.desk.rows(schema.subscription)}
        for topic, callback in list(self.live):
            if (callback, FEEDS[topic][1]) not in known:
                assert self.network.behaviour[callback] == "gone"
                del self.live[topic, callback]
        self._check()

    async def _work(self) -> None:
        self.network.hanging = 0
        before = self._open()
        stopping = asyncio.Event()
        publication = self.desk.publication
        workers = [
            asyncio.create_task(
                Deliverer(
                    Ledger(publication),
                    self.network,  # type: ignore[arg-type]
                ).run(stopping, 60)
            )
            for _ in range(2)
        ]
        for _ in range(5000):
            if not self._due() and len(self._open() - before) == self.network.hanging:
                break
            await asyncio.sleep(0.005)
        else:
            raise AssertionError("deliveries are due again and again")
        if self.network.hanging:
            for each in asyncio.all_tasks() - {asyncio.current_task()}:
                each.cancel()
        stopping.set()
        await asyncio.gather(*workers, return_exceptions=True)

    def _open(self) -> set[tuple[str, str]]:
        """Return the subscriptions with an active claim."""
        return {
            (str(row["callback"]), str(row["format"]))
            for row in self.desk.rows(schema.subscription)
            if row["next_try"] == self.now + deliveries.CLAIM
        }

    def _due(self) -> bool:
        with self.catalog.reading() as connection:
            return bool(deliveries.due_feeds(connection, self.now))

    def _check(self) -> None:
        assert not self.network.wrong
        for (topic, _), got in self.network.got.items():
            versions = self.versions[topic]
            places = [versions.index(body) for body, _ in got]
            assert places == sorted(places), "an older document came later"
            for place, following, (_, is_acknowledged) in zip(
                places, places[1:], got, strict=False
            ):
                assert following > place or not is_acknowledged, "a document came twice"

    def teardown(self) -> None:
        """Let all subscribers answer; they must receive the newest document."""
        if not hasattr(self, "network"):
            return
        self.network.behaviour.clear()
        self.live = {key: end for key, end in self.live.items() if end > self.now + 15_000}
        self.now += 15_000
        asyncio.run(self._work())
        self._check()
        for key in self.live:
            topic, _ = key
            if len(self.versions[topic]) > self.since[key]:
                assert self.network.got[key], "nothing was delivered"
                assert self.network.got[key][-1][0] == self.versions[topic][-1]
        self.catalog.close()
        self.folder.cleanup()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_any_history_of_deliveries_conforms(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter(range(10**6))
    make = (
        request.getfixturevalue("make_postgresql")
        if kind == "postgresql"
        else lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"
    )
    machines: list[Hub] = []

    class Machine(Hub):
        make_database = staticmethod(make)
        running = machines

    monkeypatch.setattr(deliveries, "clock", lambda _connection: machines[0].now)
    monkeypatch.setattr(ledger, "SETTLE", 0.0)
    monkeypatch.setattr(ledger, "_LOOK", 0.0)
    # Never CLAIM, so that `_open` can distinguish a claim from a failure.
    monkeypatch.setattr(deliver, "backoff", lambda attempts: deliveries.backoff(attempts) | 1)
    monkeypatch.setattr(deliver, "_TURN", 0.001)
    monkeypatch.setattr(ledger, "_IDLE", 0.001)
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples(4),
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
