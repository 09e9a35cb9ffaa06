"""The tests of websub.rocks for hubs and publishers, run against `feedsvc serve` (WebSub 23).

Its test numbers are in brackets. Test 105 uses a topic in plain text; RSS and Atom replace it. One
server and two new articles are enough for all tests.
"""

import hashlib
import hmac
import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import feedparser
import pytest
from click.testing import CliRunner
from lxml import etree

from feedsvc.http import fields
from feedsvc.model import Format
from feedsvc.push.command import push
from tests.push.sink import Reply, Request, Sink, sink
from tests.serving import PATIENCE, Answer, Server, free_port, serving
from tests.sites import article, make_site

ATOM = "{http://www.w3.org/2005/Atom}"
SECRET = "é" * 99  # 198 bytes
PLAIN = {f"/plain-{format}": f"/feeds/all.{format}" for format in Format}


def callback(request: Request) -> Reply:
    """Answer as a subscriber that confirms all requests."""
    if request.method == "POST":
        return Reply(200)
    (challenge,) = parse_qs(request.target.partition("?")[2])["hub.challenge"]
    return Reply(200, body=challenge.encode())


@dataclass
class Round:
    """A site with a hub, and its subscribers. documents: by path, at the end."""

    server: Server
    sink: Sink
    content: Path
    statuses: list[int] = field(default_factory=list)
    discovered: dict[str, tuple[str, str]] = field(default_factory=dict)
    documents: dict[str, Answer] = field(default_factory=dict)

    def discover(self, path: str) -> tuple[str, str]:
        """Return the hub and the topic named by a response."""
        links = fields.links(self.server.get(path).headers["link"])
        (hub,) = [target for relation, target in links if relation == "hub"]
        (topic,) = [target for relation, target in links if relation == "self"]
        return hub, topic

    def request(self, mode: str, to: str, path: str, **more: str) -> None:
        """Subscribe or unsubscribe a callback; wait until the hub has recorded its answer."""
        hub, topic = self.discovered.setdefault(path, self.discover(path))
        asked = len(self.verifications(to))
        given = {f"hub.{name}": value for name, value in more.items() if name != "foo"}
        form = {"hub.mode": mode, "hub.topic": topic, "hub.callback": self.sink.url(to), **given}
        form |= {"foo": "1", "hub.foo": "2"} if "foo" in more else {}
        parts = urlsplit(hub)
        connection = HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE)
        connection.request(
            "POST",
            parts.path,
            urlencode(form),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        self.statuses.append(connection.getresponse().status)
        connection.close()
        self.sink.wait_for(lambda: len(self.verifications(to)) > asked)
        end = time.monotonic() + PATIENCE
        while self.is_unrecorded():
            assert time.monotonic() < end
            time.sleep(0.01)

    def is_unrecorded(self) -> bool:
        """Return whether the hub has yet to record the answer to a request."""
        with closing(sqlite3.connect(self.content.parent / ".feedsvc" / "catalog.db")) as catalog:
            query = "SELECT count(*) FROM subscription_request WHERE NOT done"
            (count,) = catalog.execute(query).fetchone()
        return bool(count)

    def verifications(self, to: str) -> list[dict[str, list[str]]]:
        """Return the parameters of the verifications at a callback."""
        asked = [each for each in self.sink.to(to.partition("?")[0]) if each.method == "GET"]
        return [parse_qs(each.target.partition("?")[2]) for each in asked]

    def deliveries(self, to: str) -> list[Request]:
        return [each for each in self.sink.to(to) if each.method == "POST"]

    def publish(self, name: str, count: int, callbacks: list[str]) -> None:
        """Save an article and wait until callbacks have received so many deliveries."""
        (self.content / f"{name}.md").write_text(article(name), encoding="utf-8")
        self.sink.wait_for(lambda: all(len(self.deliveries(to)) >= count for to in callbacks))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    folder = tmp_path_factory.mktemp("site")
    port = free_port()
    toml = f'base_url = "http://127.0.0.1:{port}"\n[push]\nhub = "own"\n'
    make_site(folder, {"a.md": article("First")}, toml + 'allow_networks = ["127.0.0.0/8"]')
    with sink(callback) as subscribers, serving(folder, port=port) as server:
        done = Round(server, subscribers, folder / "content")
        for to, path in PLAIN.items():
            done.request("subscribe", to, path)
        done.request("subscribe", "/secret?a=b", PLAIN["/plain-rss"], secret=SECRET)
        done.request("subscribe", "/further", PLAIN["/plain-rss"], foo="")
        for lease in ("7200", "864000"):
            done.request("subscribe", "/renewed", PLAIN["/plain-atom"], lease_seconds=lease)
        done.request("subscribe", "/left", PLAIN["/plain-json"])
        done.request("unsubscribe", "/left", PLAIN["/plain-json"])
        staying = [*PLAIN, "/secret", "/further", "/renewed"]
        done.publish("Second", 1, staying)
        done.publish("Third", 2, staying)
        done.documents = {path: server.get(path) for path in PLAIN.values()}
        yield done


def test_header_and_document_name_one_hub_and_one_topic(done: Round) -> None:
    """Publisher: discovery."""
    base = done.server.url
    for path, answer in done.documents.items():
        hub, topic = done.discovered[path]
        assert (hub, topic) == (f"{base}/hub", f"{base}{path}")
        if path.endswith("json"):
            feed = json.loads(answer.body)
            assert (feed["hubs"], feed["feed_url"]) == ([{"type": "WebSub", "url": hub}], topic)
            continue
        root = etree.fromstring(answer.body)
        head = root[0] if path.endswith("rss") else root
        links = [(each.get("rel"), each.get("href")) for each in head.findall(f"{ATOM}link")]
        assert [href for rel, href in links if rel == "hub"] == [hub]
        assert [href for rel, href in links if rel == "self"] == [topic]


def test_each_request_is_accepted_before_it_is_verified(done: Round) -> None:
    assert done.statuses == [202] * 9


@pytest.mark.parametrize("to", PLAIN)
def test_a_delivery_equals_the_response_to_a_get(done: Round, to: str) -> None:
    """[100, 105, 106]"""
    (verification,) = done.verifications(to)
    hub, topic = done.discovered[PLAIN[to]]
    assert verification["hub.mode"] == ["subscribe"]
    assert verification["hub.topic"] == [topic]
    assert verification["hub.lease_seconds"] == ["864000"]
    first, second = done.deliveries(to)
    answer = done.documents[PLAIN[to]]
    assert second.body == answer.body
    assert first.body != second.body
    for delivery in (first, second):
        assert delivery.headers["content-type"] == answer.headers["content-type"]
        links = fields.links(delivery.headers["link"])
        assert sorted(links) == [("hub", hub), ("self", topic)]
        assert "x-hub-signature" not in delivery.headers


def test_a_delivery_to_a_subscriber_with_a_secret_is_signed(done: Round) -> None:
    """[101]"""
    (verification,) = done.verifications("/secret")
    assert verification["a"] == ["b"]
    for delivery in done.deliveries("/secret"):
        assert delivery.target == "/secret?a=b"
        digest = hmac.new(SECRET.encode(), delivery.body, hashlib.sha256).hexdigest()
        assert delivery.headers["x-hub-signature"] == f"sha256={digest}"


def test_further_parameters_are_ignored(done: Round) -> None:
    """[102]"""
    assert len(done.deliveries("/further")) == 2


def test_a_renewed_subscription_receives_each_document_once(done: Round) -> None:
    """[103], and the shortest lease is a day."""
    leases = [each["hub.lease_seconds"] for each in done.verifications("/renewed")]
    assert leases == [["86400"], ["864000"]]
    assert len(done.deliveries("/renewed")) == 2


def test_an_unsubscribed_callback_receives_no_deliveries(done: Round) -> None:
    """[104]"""
    modes = [each["hub.mode"] for each in done.verifications("/left")]
    assert modes == [["subscribe"], ["unsubscribe"]]
    assert done.deliveries("/left") == []


def test_delivered_documents_are_readable(done: Round) -> None:
    for delivery in done.deliveries("/plain-rss"):
        parsed = feedparser.parse(delivery.body, response_headers=dict(delivery.headers))
        assert not parsed.bozo
    titles = [entry.title for entry in parsed.entries]
    assert sorted(titles) == ["First", "Second", "Third"]


def test_deliveries_are_counted(done: Round) -> None:
    metrics = done.server.get("/metrics").body.decode()
    assert 'feedsvc_push_deliveries_total{outcome="delivered"} 12.0' in metrics
    assert "feedsvc_push_lag_seconds_count 12.0" in metrics
    assert "feedsvc_push_subscriptions" in metrics


def test_push_test_reports_the_round_trip(done: Round) -> None:
    site, bind = str(done.content.parent), f"127.0.0.1:{free_port()}"
    command = ["test", "--site", site, "--bind", bind, f"{done.server.url}/feeds/all.json"]
    result = CliRunner().invoke(push, command)
    assert result.exception is None, result.output
    expected = (
        r"\S+/feeds/all\.json names the hub \S+/hub\n"
        r" *\d+\.\d\d s  the hub takes the request to subscribe\n"
        r" *\d+\.\d\d s  the hub asks the callback, which agrees to subscribe\n"
        r" *\d+\.\d\d s  the hub delivers [\d,]+ bytes, with a valid sha256 signature\n"
        r"The delivery is what a GET gives\.\n"
        r" *\d+\.\d\d s  the hub takes the request to unsubscribe\n"
        r" *\d+\.\d\d s  the hub asks the callback, which agrees to unsubscribe\n"
    )
    assert re.fullmatch(expected, result.stdout)
    # The hub has yet to record that the callback has unsubscribed.
    end = time.monotonic() + PATIENCE
    expected = "6 subscriptions: 0 pending, 0 failing; 0 requests to be verified.\n"
    while not CliRunner().invoke(push, ["status", "--site", site]).stdout.startswith(expected):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_push_test_requires_a_feed_that_names_the_hub(done: Round) -> None:
    for path, reason in [
        ("/", "does not name the hub"),
        ("/feeds/all/archive/1.rss", "is answered with 404"),
        ("/feeds.opml", "does not name the hub"),
    ]:
        command = ["test", "--site", str(done.content.parent), f"{done.server.url}{path}"]
        result = CliRunner().invoke(push, command)
        assert reason in str(result.exception)
