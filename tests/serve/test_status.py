"""/healthz and /metrics, and which clients may see them."""

import json

import pytest

from feedsvc.config.serving import ServeSettings
from feedsvc.errors import NewerError
from tests.web.fake import SITE, FakePublication
from tests.web.front import Front

PROXY = ("10.0.0.1/32",)
OFFICE = ("192.0.2.0/24",)


def test_a_site_with_a_readable_catalog_is_ready() -> None:
    reply = Front().ask("/healthz")
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Cache-Control"] == "no-store"
    assert json.loads(reply.body) == {
        "ready": True,
        "revision": 7,
        "last_sync": "2025-11-20T17:30:00Z",
        "problems": 2,
    }


def test_a_site_whose_catalog_is_lost_is_not_ready() -> None:
    """Conformance 44."""
    front = Front()
    front.publication.lost = True
    front.look()
    reply = front.ask("/healthz")
    assert (reply.status, json.loads(reply.body)) == (503, {"ready": False})
    assert int(reply.headers["Retry-After"]) > 0


def test_health_says_that_the_catalog_is_of_another_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Conformance 44: but not its URL, which is private."""
    front = Front()

    def refuse() -> None:
        raise NewerError("postgresql://db.internal/feeds", "0009", "0002")

    with monkeypatch.context() as patch:
        patch.setattr(front.publication, "state", refuse)
        front.look()
    reply = front.ask("/healthz")
    reason = "the catalog is of a newer feedsvc (schema 0009; this one has 0002)"
    assert (reply.status, json.loads(reply.body)) == (503, {"ready": False, "reason": reason})
    front.look()
    assert "reason" not in json.loads(front.ask("/healthz").body)


def test_a_site_that_was_never_synced_is_not_ready() -> None:
    publication = FakePublication()
    publication._newest = 0
    reply = Front(publication).ask("/healthz")
    assert reply.status == 503
    assert json.loads(reply.body)["revision"] == 0


def test_health_does_not_query_the_catalog() -> None:
    front = Front()
    front.publication.publish(SITE)
    assert json.loads(front.ask("/healthz").body)["revision"] == 7
    assert front.publication.asked == []


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_only_get_and_head_are_allowed(path: str) -> None:
    """Conformance 36."""
    front = Front()
    assert front.ask(path, method="HEAD").body == b""
    assert front.ask(path, method="HEAD").status == 200
    assert front.ask(path, method="POST").status == 405
    assert front.ask(f"{path}/").status == 404


@pytest.mark.parametrize(
    ("client", "fields", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.9.9.9", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("192.0.2.7", {}, 404),
        ("", {}, 404),
        ("localhost", {}, 404),
        ("192.0.2.7", {"x_forwarded_for": "127.0.0.1"}, 404),
        # An undeclared proxy on this machine would publish the metrics.
        ("127.0.0.1", {"x_forwarded_for": "192.0.2.7"}, 404),
        ("127.0.0.1", {"x_forwarded_for": "127.0.0.1"}, 404),
        ("127.0.0.1", {"x_forwarded_for": ""}, 404),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, 404),
    ],
)
def test_metrics_are_only_for_this_machine_by_default(
    client: str, fields: dict[str, str], status: int
) -> None:
    assert Front().ask("/metrics", client=client, **fields).status == status


@pytest.mark.parametrize(
    ("client", "fields", "status"),
    [
        ("192.0.2.7", {}, 200),
        ("127.0.0.1", {}, 404),
        ("10.0.0.1", {}, 404),
        ("10.0.0.1", {"x_forwarded_for": "192.0.2.7"}, 200),
        ("10.0.0.1", {"x_forwarded_for": "192.0.2.7, 198.51.100.1"}, 404),
        ("10.0.0.2", {"x_forwarded_for": "192.0.2.7"}, 404),
        ("10.0.0.1", {"forwarded": "for=192.0.2.7"}, 404),
    ],
)
def test_metrics_from_allows_configured_networks(
    client: str, fields: dict[str, str], status: int
) -> None:
    front = Front(serve=ServeSettings(trusted_proxies=PROXY, metrics_from=OFFICE))
    assert front.ask("/metrics", client=client, **fields).status == status


def test_metrics_are_404_for_disallowed_clients() -> None:
    front = Front()
    hidden, nowhere = (front.ask(path, client="192.0.2.7") for path in ("/metrics", "/nothing"))
    assert (hidden.status, hidden.body) == (nowhere.status, nowhere.body)
