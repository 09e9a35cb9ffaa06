"""Verifications at callbacks, over real sockets (WebSub 6, 8, 10, 19, 20)."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedsvc.catalog import schema
from feedsvc.errors import CatalogError
from feedsvc.push import verify
from feedsvc.push.client import Client
from feedsvc.push.store import verifications
from feedsvc.push.store.subscriptions import DAY, Requested, Subscriptions
from feedsvc.push.verify import Verifier, with_parameters
from tests.desk import Desk
from tests.push.sink import Reply, Request, Sink, sink
from tests.serving import PATIENCE
from tests.sites import article

TOPIC = "https://news.example.org/feeds/all.atom"
SECRET = "s€cret"


def query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True))


def echo(request: Request) -> Reply:
    return Reply(200, body=query(request)["hub.challenge"].encode())


@pytest.fixture
def callbacks() -> Iterator[Sink]:
    with sink(echo) as running:
        yield running


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.write("a.md", article())
    desk.sync()
    return desk


def ask(desk: Desk, callback: str, **changes: str) -> None:
    """Request a subscription."""
    host = urlsplit(callback).hostname or ""
    given = {"mode": "subscribe", "topic": TOPIC, "feed": "all", "format": "atom"} | changes
    requested = Requested(
        **given,  # type: ignore[arg-type]
        callback=callback,
        host=host,
        secret=SECRET,
        lease=2 * DAY,
        parameters={"hub.verify_token": "a b&c"},
    )
    assert Subscriptions(desk.settings, desk.catalog).request(requested, "192.0.2.1") is None


def run_until(
    desk: Desk, condition: Callable[[], object], networks: tuple[str, ...] = ("127.0.0.0/8",)
) -> None:
    """Run a verifier until a condition holds."""

    async def run() -> None:
        async with Client(networks) as client:
            task = asyncio.create_task(Verifier(desk.settings, desk.catalog, client).run())
            try:
                async with asyncio.timeout(PATIENCE):
                    while not condition():
                        await asyncio.sleep(0.02)
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    asyncio.run(run())


def subscribers(desk: Desk) -> list[str]:
    """Return the paths of the callbacks that are subscribed."""
    rows = desk.rows(schema.subscription)
    return sorted(urlsplit(str(row["callback"])).path for row in rows)


def undone(desk: Desk) -> list[dict[str, object]]:
    return [row for row in desk.rows(schema.subscription_request) if not row["done"]]


def test_a_callback_that_returns_the_challenge_is_subscribed(desk: Desk, callbacks: Sink) -> None:
    """Its query is unchanged, byte for byte (WebSub 6); then it unsubscribes (WebSub 8)."""
    start = "/cb?a=%7e+%C3%a9&hub.mode=mine&&b;c"
    ask(desk, callbacks.url(start))
    run_until(desk, lambda: subscribers(desk))
    [asked] = callbacks.requests
    assert asked.method == "GET"
    assert asked.target.startswith(f"{start}&hub.mode=subscribe&")
    added = query(asked)  # the last of each name
    assert len(added.pop("hub.challenge")) == 43
    wanted = {
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.lease_seconds": str(2 * DAY),
        "hub.verify_token": "a b&c",
    }
    assert wanted.items() <= added.items()
    ask(desk, callbacks.url(start), mode="unsubscribe")
    run_until(desk, lambda: not subscribers(desk))
    *_, left = map(query, callbacks.requests)
    assert (left["hub.mode"], left["hub.topic"]) == ("unsubscribe", TOPIC)
    assert "hub.lease_seconds" not in left


def test_other_answers_do_not_verify_a_subscription(desk: Desk, callbacks: Sink) -> None:
    def answer(request: Request) -> Reply:
        right = query(request).get("hub.challenge", "").encode()
        return {
            "/created": Reply(201, body=right),
            "/missing": Reply(404, body=right),
            "/gone": Reply(410, body=right),
            "/redirect": Reply(302, (("Location", f"/right?{request.target}"),), right),
            "/other": Reply(200, body=b"x" + right),
            "/longer": Reply(200, body=right + b"\n"),
            "/endless": Reply(200, body=right + bytes(5_000)),
            "/empty": Reply(204),
            "/failing": Reply(500, body=right),
            "/busy": Reply(503, body=right),
            "/closed": Reply(raw=b""),
            "/denied": Reply(404),
        }[request.path]

    callbacks.answer = answer
    paths = ["created", "missing", "gone", "redirect", "other", "longer", "endless", "empty"]
    for path in [*paths, "failing", "busy", "closed"]:
        ask(desk, callbacks.url(f"/{path}"))
    ask(desk, callbacks.url("/denied"), feed="tag/none", format="rss")
    run_until(desk, lambda: len(undone(desk)) == 3 and all(row["next_try"] for row in undone(desk)))
    assert subscribers(desk) == ["/created"]
    # A GET on a connection that was kept alive, and is closed, is sent again (RFC 9110 9.2.2).
    assert {each.path: len(callbacks.to(each.path)) for each in callbacks.requests} == {
        **dict.fromkeys(["/" + path for path in [*paths, "failing", "busy", "denied"]], 1),
        "/closed": len(callbacks.to("/closed")),
    }
    assert len(callbacks.to("/closed")) in {1, 2}
    [denied] = map(query, callbacks.to("/denied"))
    assert denied == {
        "hub.mode": "denied",
        "hub.topic": TOPIC,
        "hub.reason": "there is no such feed",
    }
    tried = {urlsplit(str(row["callback"])).path: row["attempts"] for row in undone(desk)}
    assert tried == {"/failing": 1, "/busy": 1, "/closed": 1}
    challenges = {query(each).get("hub.challenge") for each in callbacks.requests}
    assert len(challenges) == 12  # and none in the denial


def test_private_addresses_are_not_called(desk: Desk, callbacks: Sink) -> None:
    """In any spelling (WebSub 18)."""
    for host in ("127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"):
        ask(desk, callbacks.url("/", host))
    run_until(desk, lambda: all(int(str(row["attempts"])) for row in undone(desk)), networks=())
    assert not callbacks.requests
    assert not subscribers(desk)


def test_a_slow_host_does_not_delay_others(desk: Desk, callbacks: Sink) -> None:
    callbacks.answer = lambda request: (
        Reply(delay=PATIENCE) if request.path == "/slow" else echo(request)
    )
    for number in range(9):
        ask(desk, callbacks.url(f"/slow?{number}"))
    ask(desk, callbacks.url("/quick", "127.0.0.2"))
    run_until(desk, lambda: subscribers(desk) and len(callbacks.to("/slow")) == 4)
    assert subscribers(desk) == ["/quick"]
    assert len(callbacks.to("/slow")) == 4


def test_a_verification_waits_for_a_lost_catalog(
    desk: Desk, callbacks: Sink, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No result is lost, and no callback or secret is logged (WebSub 20)."""
    caplog.set_level(logging.INFO, "feedsvc")
    monkeypatch.setattr(verify, "_RETRY", 0.05)
    verified, failures = verifications.verified, iter([CatalogError("the catalog is lost")])

    def record(*arguments: object) -> None:
        if error := next(failures, None):
            raise error
        verified(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(verifications, "verified", record)
    ask(desk, callbacks.url("/capability"))
    run_until(desk, lambda: subscribers(desk))
    assert len(callbacks.requests) == 1
    assert "event=catalog-lost reason='the catalog is lost'" in caplog.text
    [row] = desk.rows(schema.subscription)
    assert f"event=subscribed host=127.0.0.1 subscription={row['id']}" in caplog.text
    assert "capability" not in caplog.text
    assert SECRET not in caplog.text


urls = st.from_regex(r"https?://[a-z]{1,9}(/[!$-;=?-Z_a-z~]{0,20})?", fullmatch=True)


@given(urls, st.dictionaries(st.text(max_size=9), st.text(max_size=9), min_size=1, max_size=3))
@example("http://a", {"a": "b"})
@example("http://a?", {"a": "b"})
@example("http://a/?&", {"a": "b"})
def test_appended_parameters_do_not_change_the_rest_of_a_url(
    url: str, more: dict[str, str]
) -> None:
    longer = with_parameters(url, more)
    assert longer.startswith(url)
    before = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    after = parse_qsl(urlsplit(longer).query, keep_blank_values=True)
    assert after == [*before, *more.items()]
    assert urlsplit(longer).path == urlsplit(url).path
    assert longer.isascii()
