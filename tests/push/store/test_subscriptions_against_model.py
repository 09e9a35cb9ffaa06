"""Random histories of subscriptions, compared with a model (WebSub 7-9, 19)."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from feedsvc.catalog import schema
from feedsvc.push.store import verifications
from feedsvc.push.store.sealing import Sealing
from feedsvc.push.store.subscriptions import DAY, Mode, Requested, Subscriptions, lease
from feedsvc.push.store.verifications import CLAIM, MAX_TRIES, Request
from tests.desk import Desk
from tests.sites import article
from tests.soak import examples


@dataclass(eq=False)
class Pending:
    """A pending request. end: of its current claim, None if it is not claimed."""

    mode: str
    secret: str
    lease: int
    created: int
    end: int | None = None
    tries: int = 0


Claimed = tuple[str, Pending, Request]


class Histories(RuleBasedStateMachine):
    """Requests to the hub of a site whose tables are initially empty."""

    claims: Bundle[Claimed] = Bundle("claims")

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.sealing = Sealing.of(desk.settings)
        self.now = 1_800_000_000
        self.hub = Subscriptions(desk.settings, desk.catalog, clock=lambda _: self.now)
        self.pending: dict[str, Pending] = {}
        self.live: dict[str, tuple[str, int]] = {}  # secret and end of the lease
        with desk.catalog.writing() as connection:
            connection.execute(schema.subscription.delete())
            connection.execute(schema.subscription_request.delete())

    @rule(
        callback=st.sampled_from(["https://a.example.net/1", "https://a.example.net/2"]),
        mode=st.sampled_from(["subscribe", "subscribe", "unsubscribe"]),
        secret=st.sampled_from(["", "a", "b"]),
        seconds=st.sampled_from([None, 60, 2 * DAY, 99 * DAY]),
    )
    def request(self, callback: str, mode: Mode, secret: str, seconds: int | None) -> None:
        wanted = Requested(
            mode=mode,
            topic="https://news.example.org/feeds/all.rss",
            callback=callback,
            host="a.example.net",
            secret=secret,
            lease=seconds,
            feed="all",
            format="rss",
        )
        assert self.hub.request(wanted, "192.0.2.1") is None
        self.pending[callback] = Pending(mode, secret, lease(seconds), self.now)

    @rule(target=claims, after=st.sampled_from([0, CLAIM]))
    def claim(self, after: int) -> Any:
        self.now += after
        with self.desk.catalog.concurrent() as connection:
            found = verifications.claim(connection, self.now, 50, 50)
        claimed = [(each.callback, self.pending[each.callback], each) for each in found]
        for _, pending, each in claimed:
            pending.end, pending.tries = each.end, pending.tries + 1
            assert (each.mode, self.sealing.open(each.secret)) == (pending.mode, pending.secret)
            assert pending.tries == each.attempts <= MAX_TRIES
        return multiple(*claimed)

    @rule(claimed=consumes(claims), ending=st.sampled_from(["verified", "closed", "failed"]))
    def answer(self, claimed: Claimed, ending: str) -> None:
        callback, pending, request = claimed
        with self.desk.catalog.concurrent() as connection:
            if ending == "closed":
                verifications.closed(connection, request)
            else:
                getattr(verifications, ending)(connection, request, self.now)
        if self.pending.get(callback) is not pending or pending.end != request.end:
            return  # superseded, or claimed again
        if ending == "failed" and pending.tries < MAX_TRIES:
            pending.end = None
            return
        del self.pending[callback]
        if ending == "verified":
            self.live.pop(callback, None)
            if pending.mode == "subscribe":
                self.live[callback] = (pending.secret, self.now + pending.lease)

    @rule(seconds=st.sampled_from([1, 400, DAY, 12 * DAY]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def purge(self) -> None:
        with self.desk.catalog.concurrent() as connection:
            verifications.purge(connection, self.now)
        for callback, pending in list(self.pending.items()):
            tried = pending.tries == MAX_TRIES and (pending.end or 0) <= self.now
            if tried or pending.created <= self.now - DAY:
                del self.pending[callback]

    @invariant()
    def matches_the_model(self) -> None:
        stored = {
            row["callback"]: (self.sealing.open(str(row["secret"])), row["lease_end"])
            for row in self.desk.rows(schema.subscription)
            if int(str(row["lease_end"])) > self.now
        }
        assert stored == {key: each for key, each in self.live.items() if each[1] > self.now}
        waiting = [r for r in self.desk.rows(schema.subscription_request) if not r["done"]]
        assert sorted(str(row["callback"]) for row in waiting) == sorted(self.pending)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.write("a.md", article())
    desk.sync()
    return desk


def test_subscriptions_match_the_model(desk: Desk) -> None:
    histories: Any = partial(Histories, desk)
    run_state_machine_as_test(
        histories, settings=settings(max_examples=examples(4), stateful_step_count=20)
    )
