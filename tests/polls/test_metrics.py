"""Metrics and health over the wire, summed over all serving processes."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.polls.wire import counted, holding, poll, statuses
from tests.serving import PATIENCE, Server, serving
from tests.sites import article, make_site

ALL = "/feeds/all.rss"
TICK = 0.6  # seconds; each process writes its counts several times (tests/quick.py)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("site")
    make_site(folder, {"a.md": article(title="First", body="Rain. " * 500), "b.md": "---\n"})
    with serving(folder, "--workers", "2") as running:
        yield running


def test_counts_are_summed_over_all_workers(server: Server) -> None:
    """No other test polls the feed."""
    tag, length, times = poll(server, ALL)["etag"], len(poll(server, ALL).body), 60
    held = times
    for _ in range(times):
        assert poll(server, ALL, holding(tag)).status == 304
        assert poll(server, ALL, [("Accept-Encoding", "identity;q=0")]).status == 406
    end = time.monotonic() + PATIENCE
    # Until both have rendered the feed, so both received requests.
    while counted(server).get("feedsvc_render_seconds_count") != 2:
        assert time.monotonic() < end
        assert poll(server, ALL, holding(tag)).status == 304
        held += 1
    expected = {200: 2, 304: held, 406: times}
    while statuses(server) != expected:  # whichever worker responds
        assert time.monotonic() < end, statuses(server)
        time.sleep(0.1)
    time.sleep(TICK)
    assert [statuses(server) for _ in range(10)] == [expected] * 10
    found = counted(server)
    key = 'feedsvc_saved_bytes_total{coding="identity",feed="all",status="304"}'
    assert found[key] == held * length


def test_metrics_include_the_state_of_the_catalog(server: Server) -> None:
    found = counted(server)
    assert found["feedsvc_catalog_up"] == 1
    assert found["feedsvc_revision"] == 1
    assert found["feedsvc_sync_problems"] == 1
    assert abs(found["feedsvc_last_sync_timestamp_seconds"] - time.time()) < 90


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded"])
def test_metrics_are_404_through_an_unknown_proxy(server: Server, name: str) -> None:
    reply = poll(server, "/metrics", [(name, "127.0.0.1")])
    assert reply.status == 404
    assert b"feedsvc_polls" not in reply.body


def test_healthz_reports_a_healthy_site(server: Server) -> None:
    reply = poll(server, "/healthz")
    assert (reply.status, reply["cache-control"]) == (200, "no-store")
    health = json.loads(reply.body)
    assert (health["ready"], health["revision"], health["problems"]) == (True, 1, 1)
    assert health["last_sync"].endswith("Z")
