"""The limit of full polls, and the address of a client behind proxies."""

import ipaddress
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.config.serving import ServeSettings
from feedsvc.errors import FeedsvcError
from feedsvc.http.hosts import client_address, is_within
from feedsvc.serve import limits
from feedsvc.serve.limits import Limits
from tests.serving import PATIENCE, free_port, serving
from tests.sites import article, make_site
from tests.soak import SOAK
from tests.web.fake import SITE, TAG
from tests.web.front import Front, Reply

ALL = "/feeds/all.rss"
REDIS = shutil.which("valkey-server") or shutil.which("redis-server")
PLUS = "/feeds/tag/c%2B%2B.rss"
PROXIES = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "::1/128", "2001:db8::/32")))


@pytest.fixture
def front() -> Front:
    return Front(serve=ServeSettings(full_polls="3/hour", trusted_proxies=tuple(map(str, PROXIES))))


def exhaust(front: Front, **fields: str) -> Reply:
    """Fetch a feed in full as often as allowed, and once more."""
    for _ in range(3):
        assert front.ask(ALL, **fields).status == 200
    return front.ask(ALL, **fields)


def test_polls_are_not_limited_by_default() -> None:
    front = Front()
    assert [front.ask(ALL).status for _ in range(50)] == [200] * 50


def test_a_429_response_says_when_to_retry(front: Front) -> None:
    """Conformance 44: in whole seconds, within the hour."""
    refusal = exhaust(front)
    assert refusal.status == 429
    assert 0 < int(refusal.headers["Retry-After"]) <= 3_601
    assert refusal.headers["Cache-Control"] == "no-store"
    assert refusal.headers["Content-Length"] == str(len(refusal.body))
    assert b"If-None-Match" in refusal.body
    assert "ETag" not in refusal.headers


def test_a_feed_may_be_fetched_again_after_retry_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """Conformance 44."""
    front = Front(serve=ServeSettings(full_polls="3/hour"))
    wait = int(exhaust(front).headers["Retry-After"])
    later = time.time() + wait
    monkeypatch.setattr(time, "time", lambda: later)
    assert front.ask(ALL).status == 200


def test_304_226_and_head_are_neither_counted_nor_refused(front: Front) -> None:
    """Conformance 44: below the limit and above it."""
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


def test_the_limit_applies_per_address_user_agent_and_feed(front: Front) -> None:
    assert exhaust(front, user_agent="Reader/1").status == 429
    assert front.ask(ALL, client="1.2.3.4", user_agent="Reader/1").status == 200
    assert front.ask(ALL, user_agent="Reader/2").status == 200  # behind the same address
    assert front.ask(PLUS, user_agent="Reader/1").status == 200
    assert front.ask(ALL, user_agent="Reader/1").status == 429


def test_a_changed_feed_may_be_fetched_again(front: Front) -> None:
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


class Counters(AbstractContextManager["Counters"]):
    """A Redis or Valkey server that can be killed and restarted."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        assert REDIS
        command = [REDIS, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen([*command, "--appendonly", "no"], stdout=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while not is_listening(self.port):
            assert time.monotonic() < end
            time.sleep(0.01)

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_: object) -> None:
        self.kill()


@pytest.fixture
def counters() -> Iterator[Counters]:
    if not REDIS:
        pytest.skip("needs Debian's package redis-server or valkey-server")
    with Counters() as counters:
        yield counters


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def limited(counters: Counters) -> Front:
    return Front(serve=ServeSettings(full_polls="3/hour", limit_storage=counters.url))


def test_counts_are_shared_and_polls_are_not_limited_if_the_storage_is_killed(
    counters: Counters, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning when the storage is lost and one when it is found, for any number of polls."""
    monkeypatch.setattr(limits, "_PATIENCE", PATIENCE)
    one, other = limited(counters), limited(counters)
    assert [front.ask(ALL).status for front in (one, other, one)] == [200] * 3
    refusal = other.ask(ALL)
    assert refusal.status == 429
    assert 0 < int(refusal.headers["Retry-After"]) <= 3_601
    assert one.ask(ALL, if_none_match=refusal.headers.get("ETag", "*")).status == 304
    counters.kill()
    assert [one.ask(ALL).status for _ in range(50)] == [200] * 50
    counters.start()
    monkeypatch.setattr(limits, "_REST", 0.0)
    one.edge._limits._rest_until = 0.0  # type: ignore[union-attr]
    assert [one.ask(ALL).status for _ in range(5)] == [200, 200, 200, 429, 429]
    events = [record.message.split()[0] for record in caplog.records]
    assert events == ["event=limits-lost", "event=limits-found"]
    assert "refused" in caplog.text


def test_a_hanging_storage_delays_few_polls(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One in five seconds waits for a quarter of a second."""
    front, asked = limited(counters), 0
    front.ask(ALL)
    assert counters.process
    counters.process.send_signal(signal.SIGSTOP)
    hit = front.edge._limits._limiter.hit  # type: ignore[union-attr]

    def count(*arguments: Any) -> bool:
        nonlocal asked
        asked += 1
        return hit(*arguments)

    monkeypatch.setattr(front.edge._limits._limiter, "hit", count)  # type: ignore[union-attr]
    assert [front.ask(ALL).status for _ in range(50)] == [200] * 50
    counters.process.send_signal(signal.SIGCONT)
    assert asked == 1


@pytest.mark.skipif(not SOAK, reason="takes long: run it with `make soak`")
def test_the_workers_of_a_server_share_their_counts(counters: Counters, tmp_path: Path) -> None:
    toml = f'[serve]\nfull_polls = "20/hour"\nlimit_storage = "{counters.url}"'
    make_site(tmp_path, {"a.md": article()}, toml)
    with serving(tmp_path, "--workers", "2") as server:
        statuses = [server.get(ALL).status for _ in range(60)]
        assert statuses.count(200) == 20
        assert statuses.count(429) == 40
        counters.kill()
        assert {server.get(ALL).status for _ in range(60)} == {200}
        counters.start()
        end = time.monotonic() + PATIENCE
        while {server.get(ALL).status for _ in range(30)} == {200}:
            assert time.monotonic() < end
            time.sleep(0.5)
        _, errors = server.stop()
    assert 1 <= errors.count("event=limits-lost") <= 2  # one a worker
    assert "Traceback" not in errors


def test_an_invalid_storage_is_reported_clearly() -> None:
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
def test_only_addresses_from_trusted_proxies_are_used(
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
def test_an_untrusted_client_cannot_forge_its_address(client: str, field: str) -> None:
    assert client_address({"REMOTE_ADDR": client, "HTTP_X_FORWARDED_FOR": field}, PROXIES) == client


@given(outsiders, written, st.lists(insiders, min_size=1), st.sampled_from([",", ", "]))
def test_a_client_behind_trusted_proxies_cannot_forge_its_address(
    client: str, field: str, chain: list[str], comma: str
) -> None:
    """Each proxy appends the address of its client; the last one connects to the server."""
    forwarded = comma.join([*([field] if field else []), client, *chain[:-1]])
    environ = {"REMOTE_ADDR": chain[-1], "HTTP_X_FORWARDED_FOR": forwarded}
    assert client_address(environ, PROXIES) == client


@given(st.text(), st.text())
def test_any_header_text_gives_an_address(remote: str, field: str) -> None:
    environ = {"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_FOR": field}
    assert client_address(environ, PROXIES) == remote
    environ["REMOTE_ADDR"] = "10.0.0.1"
    assert ipaddress.ip_address(client_address(environ, PROXIES))


def test_polls_are_counted_by_the_address_behind_a_proxy(front: Front) -> None:
    assert exhaust(front, client="10.0.0.1", x_forwarded_for="5.6.7.8").status == 429
    reply = front.ask(ALL, client="10.0.0.2", x_forwarded_for="1.1.1.1, 5.6.7.8")
    assert reply.status == 429
    assert front.ask(ALL, client="10.0.0.1", x_forwarded_for="5.6.7.9").status == 200


def test_a_forged_address_does_not_evade_the_limit(front: Front) -> None:
    statuses = [
        front.ask(ALL, client="9.9.9.9", x_forwarded_for=f"5.6.7.{number}").status
        for number in range(5)
    ]
    assert statuses == [200, 200, 200, 429, 429]
