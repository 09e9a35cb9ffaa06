"""Content codings: which one a client gets, and that all encode the same feed."""

import gzip
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import brotli
import pytest
import zstandard

from tests import programs
from tests.polls.wire import Reply, counted, holding, poll
from tests.serving import PATIENCE, Server, serving
from tests.sites import article, make_site

ALL = "/feeds/all.rss"
DECODE: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}
ALONE = {coding: f"{coding}, *;q=0" for coding in DECODE}  # accepts only this one


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    texts = {
        f"{number}.md": article(title=f"Article {number}", body=f"The river {number}. " * 40)
        for number in range(12)
    }
    make_site(folder, texts, "[feeds]\nlimit = 5\n")
    return folder


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[Server]:
    with serving(site) as running:
        yield running


def coding_of(reply: Reply) -> str:
    return reply.get("content-encoding", "identity")


def ask(server: Server, accept_encoding: str, path: str = ALL) -> Reply:
    return poll(server, path, [("Accept-Encoding", accept_encoding)])


@pytest.mark.parametrize(
    ("field", "codings"),
    [
        ("gzip", {"gzip"}),
        ("x-gzip", {"gzip"}),
        ("GZIP", {"gzip"}),
        ("gzip;q=0.001", {"gzip"}),
        ("gzip;q=0", {"identity"}),
        ("gzip;q=0.000, identity;q=0.001", {"identity"}),
        ("br;q=0, zstd;q=0, *", {"gzip"}),
        ("gzip, br;q=0.5", {"gzip"}),
        ("identity, gzip;q=0.5", {"identity"}),
        ("deflate", {"identity"}),
        ("*", {"br", "gzip"}),
        ("gzip, deflate, br, zstd", {"br", "gzip"}),
        ("zstd, identity;q=0", {"zstd"}),
        ("br, identity;q=0", {"br"}),
        ("*;q=0, br", {"br"}),
        ("identity", {"identity"}),
        ("", {"identity"}),
        (";;;", {"identity"}),
        ("gzip;q=nan", {"identity"}),
        ("gzip;q=-1", {"identity"}),
        ("gzip q=1", {"identity"}),
        ("\xe9", {"identity"}),
        ("gzip, " * 2_000, {"identity"}),
    ],
)
def test_accept_encoding_selects_the_coding(server: Server, field: str, codings: set[str]) -> None:
    """Conformance 35."""
    reply = ask(server, field)
    assert reply.status == 200
    assert coding_of(reply) in codings
    assert reply["vary"] == "A-IM, Accept-Encoding"
    assert DECODE[coding_of(reply)](reply.body) == poll(server, ALL).body


def test_no_coding_is_used_without_accept_encoding(server: Server) -> None:
    """Conformance 35: many readers cannot decode a coding that they did not ask for."""
    assert "content-encoding" not in poll(server, ALL)


@pytest.mark.parametrize(
    "field", ["identity;q=0", "*;q=0", "deflate, identity;q=0", "*;q=0, compress", "identity;q=0.0"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_406_if_no_coding_is_acceptable(server: Server, field: str, method: str) -> None:
    """Conformance 32, 35: whatever the conditions."""
    tag = poll(server, ALL)["etag"]
    for fields in ([], holding(tag), holding("*")):
        reply = poll(server, ALL, [("Accept-Encoding", field), *fields], method)
        assert reply.status == 406
        assert reply["vary"] == "Accept-Encoding"
        assert reply["cache-control"] == "no-store"


def test_each_coding_has_a_strong_tag_that_matches_in_any_coding(server: Server) -> None:
    """Conformance 29, 35."""
    replies = {coding: ask(server, field) for coding, field in ALONE.items()}
    tags = {coding: reply["etag"] for coding, reply in replies.items()}
    assert len(set(tags.values())) == len(DECODE)
    for coding, reply in replies.items():
        assert coding_of(reply) == coding
        assert reply["content-length"] == str(len(reply.body))
        assert tags[coding].startswith('"')
        for field in ALONE.values():
            again = poll(server, ALL, [("Accept-Encoding", field), *holding(tags[coding])])
            assert (again.status, again["etag"]) == (304, tags[coding])
    assert len({reply["last-modified"] for reply in replies.values()}) == 1


def test_the_best_coding_is_made_in_the_background(server: Server) -> None:
    """Conformance 35: no request waits for it."""
    path = "/feeds/all.json"
    field = "gzip, deflate, br, zstd"
    assert coding_of(ask(server, field, path)) == "gzip"
    end = time.monotonic() + PATIENCE
    while coding_of(ask(server, field, path)) != "br":
        assert time.monotonic() < end
        time.sleep(0.02)
    assert len(ask(server, field, path).body) < len(ask(server, "gzip", path).body)


PATHS = (
    ALL,
    "/feeds/all.atom",
    "/feeds/all.json",
    "/feeds/all/archive/1.rss",
    "/feeds/all/archive/2.atom",
    "/feeds/language/en.rss",
)


def representations(server: Server) -> dict[tuple[str, str], tuple[str, str, bytes]]:
    found = {}
    for path in PATHS:
        for coding, field in ALONE.items():
            reply = ask(server, field, path)
            assert reply.status == 200
            found[path, coding] = reply["etag"], reply["last-modified"], reply.body
    return found


def test_two_servers_and_a_restarted_one_send_the_same_bytes(site: Path) -> None:
    """Conformance 24, 35, 37: from one catalog, in every coding, with any hash seed.

    Each worker of a new interpreter has another seed, and answers some of the requests.
    """
    with serving(site, "--workers", "2", popen=programs.fresh) as one:
        expected = representations(one)
        with serving(site) as other:
            assert representations(other) == expected
    with serving(site) as again:
        assert representations(again) == expected
        for (path, _), (tag, _, _) in expected.items():
            assert poll(again, path, holding(tag)).status == 304


def poll_both_workers(server: Server, renders: int) -> list[Reply]:
    """Poll until two workers have rendered the feed this many times in total."""
    replies = []
    end = time.monotonic() + PATIENCE
    while counted(server).get("feedsvc_render_seconds_count", 0) < renders:
        assert time.monotonic() < end, "one worker never took a connection"
        replies += [poll(server, ALL) for _ in range(10)]
    return replies


def test_all_workers_send_the_same_bytes_and_see_new_articles(tmp_path: Path) -> None:
    """Conformance 37: whichever accepts the connection."""
    make_site(tmp_path, {"a.md": article(title="First")})
    with serving(tmp_path, "--workers", "2") as server:
        before = poll_both_workers(server, renders=2)
        (tmp_path / "content" / "b.md").write_text(article(title="Second"), encoding="utf-8")
        server.wait_for(ALL, "<title>Second</title>")
        poll_both_workers(server, renders=4)
        end = time.monotonic() + PATIENCE
        while True:  # a document is counted just before it is served
            after = [poll(server, ALL) for _ in range(20)]
            if all(b"Second" in each.body for each in after):
                break
            assert time.monotonic() < end
    assert {(reply["etag"], reply.body) for reply in before} == {
        (before[0]["etag"], before[0].body)
    }
    assert {(reply["etag"], reply.body) for reply in after} == {(after[0]["etag"], after[0].body)}
    assert b"<title>Second</title>" in after[0].body
    assert after[0]["etag"] != before[0]["etag"]


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/feeds/all.rss", "application/rss+xml; charset=utf-8"),
        ("/feeds/all.atom", "application/atom+xml; charset=utf-8"),
        ("/feeds/all.json", "application/feed+json"),
    ],
)
def test_every_coding_has_the_same_body_and_headers(
    server: Server, path: str, media_type: str
) -> None:
    """Conformance 45, 46, 47, 48."""
    bodies = set()
    for coding, field in ALONE.items():
        reply = ask(server, field, path)
        assert reply["content-type"] == media_type
        assert reply["link"] == f'<https://news.example.org{path}>; rel="self"'
        assert reply["access-control-allow-origin"] == "*"
        exposed = reply["access-control-expose-headers"].split(", ")
        assert {"ETag", "Last-Modified"} <= set(exposed)
        assert reply["x-content-type-options"] == "nosniff"
        bodies.add(DECODE[coding](reply.body))
    (body,) = bodies
    assert f"https://news.example.org{path}".encode() in body
    assert media_type.endswith("json") or b"encoding='UTF-8'" in body[:60]
