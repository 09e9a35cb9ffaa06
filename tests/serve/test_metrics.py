"""Metrics of one process; tests/polls tests the sums over several."""

import threading
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from feedsvc.serve import metrics
from tests.web.fake import SITE
from tests.web.front import Front

ALL = "/feeds/all.rss"


def labels(status: int, coding: str, feed: str = "all") -> str:
    return f'{{coding="{coding}",feed="{feed}",status="{status}"}}'


@pytest.fixture
def front() -> Front:
    return Front()


def test_polls_are_counted_by_feed_status_and_coding(front: Front) -> None:
    plain = front.ask(ALL)
    gzipped = front.ask(ALL, accept_encoding="gzip")
    front.ask("/feeds/tag/c++.atom")
    front.ask("/feeds/all/archive/1.json")
    for _ in range(3):
        front.ask(ALL, if_none_match=plain.headers["ETag"])
    front.ask(ALL, accept_encoding="identity;q=0")
    counted = front.counted()
    assert counted["feedsvc_polls_total" + labels(200, "identity")] == 2  # with the archive
    assert counted["feedsvc_polls_total" + labels(200, "gzip")] == 1
    assert counted["feedsvc_polls_total" + labels(304, "identity")] == 3
    assert counted["feedsvc_polls_total" + labels(406, "")] == 1
    assert counted["feedsvc_polls_total" + labels(200, "identity", "tag/c++")] == 1
    assert counted["feedsvc_sent_bytes_total" + labels(200, "gzip")] == len(gzipped.body)
    assert counted["feedsvc_sent_bytes_total" + labels(304, "identity")] == 0


def test_the_bytes_that_a_poll_saved_are_counted(front: Front) -> None:
    old = front.ask(ALL)
    front.publication.publish(SITE)
    front.look()
    whole = front.ask(ALL)
    gzipped = front.ask(ALL, accept_encoding="gzip")
    delta = front.ask(ALL, if_none_match=old.headers["ETag"], a_im="feed")
    for _ in range(2):
        front.ask(ALL, if_none_match=whole.headers["ETag"])
    front.ask(ALL, method="HEAD")
    counted, length = front.counted(), len(whole.body)
    name = "feedsvc_saved_bytes_total"
    assert counted[name + labels(200, "identity")] == 0
    assert counted[name + labels(200, "gzip")] == length - len(gzipped.body) > 0
    assert counted[name + labels(226, "identity")] == length - len(delta.body) > 0
    assert counted[name + labels(304, "identity")] == 2 * length


def test_other_responses_are_counted_by_status(front: Front) -> None:
    for path in ("/", "/articles/rain", "/nothing", "/feeds/tag/none.rss", "/articles/gone"):
        front.ask(path)
    front.ask(ALL, method="POST")
    front.publication.lost = True
    front.look()
    front.ask("/")
    counted = front.counted()
    for status, times in ((200, 2), (404, 2), (410, 1), (405, 1), (503, 1)):
        assert counted[f'feedsvc_pages_total{{status="{status}"}}'] == times


def test_requests_cannot_create_labels(front: Front) -> None:
    front.ask(ALL)
    front.ask("/nothing")
    front.ask("/")
    before = set(front.counted())
    for number in range(20):
        front.ask(f"/feeds/tag/{number}.rss")
        front.ask(f"/{number}")
        front.ask(ALL, accept_encoding=f"x{number}")
    assert set(front.counted()) == before


def test_renders_are_timed_and_polls_from_memory_are_not(front: Front) -> None:
    for _ in range(5):
        front.ask(ALL)
    assert front.counted()["feedsvc_render_seconds_count"] == 1


def test_counts_are_not_lost_between_threads(front: Front) -> None:
    front.ask(ALL)

    def poll() -> None:
        for _ in range(200):
            front.ask(ALL)
            front.metrics.flush()

    threads = [threading.Thread(target=poll) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert front.counted()["feedsvc_polls_total" + labels(200, "identity")] == 801


def test_metrics_include_the_state_of_the_catalog(front: Front) -> None:
    front.publication.publish(SITE)
    counted = front.counted()
    assert counted["feedsvc_catalog_up"] == 1
    assert counted["feedsvc_revision"] == 7  # health is about a second old
    assert counted["feedsvc_sync_problems"] == 2
    assert counted["feedsvc_last_sync_timestamp_seconds"] == 1_763_659_800
    front.publication.lost = True
    front.look()
    counted = front.counted()
    assert counted["feedsvc_catalog_up"] == 0
    assert "feedsvc_revision" not in counted


def test_prometheus_can_parse_the_metrics(front: Front) -> None:
    front.ask(ALL)
    reply = front.ask("/metrics")
    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    names = [family.name for family in text_string_to_metric_families(reply.body.decode())]
    assert len(names) == len(set(names))
    assert {"feedsvc_polls", "feedsvc_saved_bytes", "feedsvc_catalog_up"} <= set(names)
    assert all(name.startswith("feedsvc_") for name in names)


def test_the_file_of_a_process_that_is_starting_may_be_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "counter_1.db"
    file.touch()

    def start(_seconds: float) -> None:
        file.write_bytes(bytes(4096))

    monkeypatch.setenv(metrics.FOLDER, str(tmp_path))
    monkeypatch.setattr("feedsvc.serve.metrics.time.sleep", start)
    assert b"feedsvc_catalog_up 0.0" in metrics.Metrics().text(None)
