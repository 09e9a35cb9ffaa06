"""Who is refused, who never is, and whom a client can pass itself off as."""

import ipaddress
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.config.serving import ServeSettings
from feedsvc.errors import FeedsvcError
from feedsvc.http.hosts import client_address, is_within
from feedsvc.serve.limits import Limits
from tests.web.fake import SITE, TAG
from tests.web.front import Front, Reply

ALL = "/feeds/all.rss"
PLUS = "/feeds/tag/c%2B%2B.rss"
PROXIES = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "::1/128", "2001:db8::/32")))


@pytest.fixture
def front() -> Front:
    return Front(serve=ServeSettings(full_polls="3/hour", trusted_proxies=tuple(map(str, PROXIES))))


def exhaust(front: Front, **fields: str) -> Reply:
    """Fetch a feed in full as often as one may, and once more."""
    for _ in range(3):
        assert front.ask(ALL, **fields).status == 200
    return front.ask(ALL, **fields)


def test_nobody_is_refused_if_the_settings_do_not_say_so() -> None:
    front = Front()
    assert [front.ask(ALL).status for _ in range(50)] == [200] * 50


def test_who_fetches_the_same_bytes_too_often_is_told_when_to_come_back(front: Front) -> None:
    """Conformance 44: in whole seconds, within the hour."""
    refusal = exhaust(front)
    assert refusal.status == 429
    assert 0 < int(refusal.headers["Retry-After"]) <= 3_601
    assert refusal.headers["Cache-Control"] == "no-store"
    assert refusal.headers["Content-Length"] == str(len(refusal.body))
    assert b"If-None-Match" in refusal.body
    assert "ETag" not in refusal.headers


def test_the_clock_decides_when_one_may_fetch_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Conformance 44: Retry-After is the truth."""
    front = Front(serve=ServeSettings(full_polls="3/hour"))
    wait = int(exhaust(front).headers["Retry-After"])
    later = time.time() + wait
    monkeypatch.setattr(time, "time", lambda: later)
    assert front.ask(ALL).status == 200


def test_polls_that_cost_nothing_are_neither_counted_nor_refused(front: Front) -> None:
    """Conformance 44: 304, 226 and HEAD, before the limit and beyond it."""
    old = front.ask(ALL, client="1.2.3.4").headers["ETag"]
    front.publication.publish(SITE)
    front.look()
    tag = front.ask(ALL, client="1.2.3.4").headers["ETag"]

    def poll_for_nothing() -> None:
        for _ in range(10):
            assert front.ask(ALL, if_none_match=tag).status == 304
            assert front.ask(ALL, if_none_match=old, a_im="feed").status == 226
            assert front.ask(ALL, method="HEAD").status == 200

    poll_for_nothing()
    assert exhaust(front).status == 429
    poll_for_nothing()


def test_nobody_else_is_refused(front: Front) -> None:
    assert exhaust(front, user_agent="Reader/1").status == 429
    assert front.ask(ALL, client="1.2.3.4", user_agent="Reader/1").status == 200
    assert front.ask(ALL, user_agent="Reader/2").status == 200  # behind the same address
    assert front.ask(PLUS, user_agent="Reader/1").status == 200
    assert front.ask(ALL, user_agent="Reader/1").status == 429


def test_a_feed_that_changed_may_be_fetched(front: Front) -> None:
    assert exhaust(front).status == 429
    front.publication.publish(TAG)
    front.look()
    assert front.ask(ALL).status == 429
    front.publication.publish(SITE)
    front.look()
    assert front.ask(ALL).status == 200


def test_pages_and_errors_are_not_counted(front: Front) -> None:
    for path in ("/", "/articles/rain", "/feeds/tag/none.rss", "/healthz"):
        assert len({front.ask(path).status for _ in range(10)}) == 1
    for _ in range(10):
        assert front.ask(ALL, accept_encoding="identity;q=0").status == 406
    assert exhaust(front).status == 429


def test_a_store_that_is_out_of_reach_refuses_nobody(
    front: Front, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    limits = front.edge._limits
    assert limits

    def broken(*_: object) -> bool:
        raise ConnectionError("no route to the store")

    monkeypatch.setattr(limits._limiter, "hit", broken)
    assert [front.ask(ALL).status for _ in range(10)] == [200] * 10
    assert caplog.records[0].message == "event=limits-failed"


def test_a_store_that_cannot_be_used_is_one_clear_sentence() -> None:
    with pytest.raises(FeedsvcError, match="limit_storage cannot be used: "):
        Limits(ServeSettings(full_polls="3/hour", limit_storage="redis://[::1"))


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        ("1.2.3.4", None, "1.2.3.4"),
        ("1.2.3.4", "5.6.7.8", "1.2.3.4"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "5.6.7.8", "5.6.7.8"),
        ("10.0.0.1", "6.6.6.6, 5.6.7.8", "5.6.7.8"),
        ("10.0.0.1", "6.6.6.6, 5.6.7.8, 10.0.0.2", "5.6.7.8"),
        ("10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "6.6.6.6, unknown", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::1, 2001:db9::1, 2001:db8::2", "2001:db9::1"),
        ("::ffff:10.0.0.1", "5.6.7.8", "5.6.7.8"),
        ("", "5.6.7.8", ""),
    ],
)
def test_only_what_a_trusted_proxy_wrote_is_believed(
    remote: str, forwarded: str | None, client: str
) -> None:
    environ = {"REMOTE_ADDR": remote}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    assert client_address(environ, PROXIES) == client


addresses = st.ip_addresses().map(str)
outsiders = addresses.filter(lambda each: not is_within(each, PROXIES))
insiders = st.sampled_from(["10.0.0.1", "10.255.1.2", "::1", "2001:db8::7"])
written = st.lists(st.one_of(addresses, insiders, st.text())).map(",".join)


@given(outsiders, written)
def test_who_is_not_trusted_cannot_choose_its_address(client: str, field: str) -> None:
    assert client_address({"REMOTE_ADDR": client, "HTTP_X_FORWARDED_FOR": field}, PROXIES) == client


@given(outsiders, written, st.lists(insiders, min_size=1), st.sampled_from([",", ", "]))
def test_nor_through_a_chain_of_trusted_proxies(
    client: str, field: str, chain: list[str], comma: str
) -> None:
    """Each appends whom it was asked by; the last one asks us."""
    forwarded = comma.join([*([field] if field else []), client, *chain[:-1]])
    environ = {"REMOTE_ADDR": chain[-1], "HTTP_X_FORWARDED_FOR": forwarded}
    assert client_address(environ, PROXIES) == client


@given(st.text(), st.text())
def test_any_text_has_an_address(remote: str, field: str) -> None:
    environ = {"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_FOR": field}
    assert client_address(environ, PROXIES) == remote
    environ["REMOTE_ADDR"] = "10.0.0.1"
    assert ipaddress.ip_address(client_address(environ, PROXIES))


def test_the_address_behind_a_proxy_is_the_one_that_is_counted(front: Front) -> None:
    assert exhaust(front, client="10.0.0.1", x_forwarded_for="5.6.7.8").status == 429
    reply = front.ask(ALL, client="10.0.0.2", x_forwarded_for="1.1.1.1, 5.6.7.8")
    assert reply.status == 429
    assert front.ask(ALL, client="10.0.0.1", x_forwarded_for="5.6.7.9").status == 200


def test_an_address_made_up_does_not_help(front: Front) -> None:
    statuses = [
        front.ask(ALL, client="9.9.9.9", x_forwarded_for=f"5.6.7.{number}").status
        for number in range(5)
    ]
    assert statuses == [200, 200, 200, 429, 429]
