"""Conditional polls: who gets 304, and its header fields."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.polls.wire import Reply, exchange, holding, parse, poll, settle
from tests.serving import PATIENCE, Server, serving
from tests.sites import article, make_site

ALL = "/feeds/all.rss"
QUIET = "/feeds/tag/quiet.atom"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    files = {
        "first.md": article(title="First", tags=["Quiet"]),
        "second.md": article(title="Second", tags=["C++"]),
        "gone.md": article(title="Gone"),
    }
    make_site(folder, files)
    return folder


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[Server]:
    with serving(site) as running:
        assert running.get("/articles/gone").status == 200
        (site / "content" / "gone.md").unlink()
        end = time.monotonic() + PATIENCE
        while running.get("/articles/gone").status != 410:
            assert time.monotonic() < end
        settle(running, ALL)
        yield running


def sent_date(reply: Reply) -> datetime:
    return parsedate_to_datetime(reply["last-modified"])


@pytest.mark.parametrize(
    ("field", "status"),
    [
        ("{tag}", 304),
        ("W/{tag}", 304),
        ('"x", {tag}', 304),
        ('"x",W/"y" , W/{tag},', 304),
        ("*", 304),
        ('"x"', 200),
        ("{bare}", 200),
        ("w/{tag}", 200),
        ('"x" {tag}', 200),
        ('{tag}, "', 200),
        ("", 200),
        ('"\xff"', 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_if_none_match_decides_between_304_and_200(
    server: Server, field: str, status: int, method: str
) -> None:
    """Conformance 29, 36."""
    tag = poll(server, ALL)["etag"]
    field = field.format(tag=tag, bare=tag.strip('"'))
    reply = poll(server, ALL, holding(field), method)
    assert reply.status == status
    assert bool(reply.body) is (status == 200 and method == "GET")


def test_tags_may_be_in_several_fields(server: Server) -> None:
    """Conformance 29: as if they were one list (RFC 9110 5.3)."""
    tag = poll(server, ALL)["etag"]
    assert poll(server, ALL, [*holding('"x"'), *holding(tag)]).status == 304
    assert poll(server, ALL, [*holding(tag), *holding('"x"')]).status == 304
    assert poll(server, ALL, [*holding('"x"'), *holding('"y"')]).status == 200
    assert poll(server, ALL, [*holding(tag), *holding("*")]).status == 200  # not a valid list


def test_64_kilobytes_of_tags_are_ignored(server: Server) -> None:
    """Conformance 29: the response is unconditional and fast."""
    tag = poll(server, ALL)["etag"]
    started = time.monotonic()
    reply = poll(server, ALL, holding(*(['"x"'] * 13_000), tag))
    assert reply.status == 200
    assert time.monotonic() - started < PATIENCE / 10


@pytest.mark.parametrize("date", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%c"])
def test_dates_are_parsed_in_three_formats(server: Server, date: str) -> None:
    """Conformance 31."""
    when = sent_date(poll(server, ALL))
    same, later, earlier = (
        poll(server, ALL, [("If-Modified-Since", (when + shift).strftime(date))]).status
        for shift in (timedelta(0), timedelta(seconds=1), timedelta(seconds=-1))
    )
    assert (same, later, earlier) == (304, 304, 200)


@pytest.mark.parametrize(
    "fields",
    [
        ["{stem} +0200"],
        ["{stem} +0000"],
        ["{stem} UTC"],
        ["{stem}"],
        ["{date}, {date}"],
        ["{date}", "{date}"],
        ["yesterday"],
        ["0"],
        [""],
        ["\xff"],
        ["{date}" + 5_000 * " GMT"],
    ],
)
def test_invalid_dates_are_ignored(server: Server, fields: list[str]) -> None:
    """Conformance 31."""
    date = poll(server, ALL)["last-modified"]
    values = [each.format(date=date, stem=date.removesuffix(" GMT")) for each in fields]
    reply = poll(server, ALL, [("If-Modified-Since", value) for value in values])
    assert reply.status == 200


def test_tags_take_precedence_over_dates(server: Server) -> None:
    """Conformance 30."""
    reply = poll(server, ALL)
    since = ("If-Modified-Since", reply["last-modified"])
    assert poll(server, ALL, [since]).status == 304
    assert poll(server, ALL, [since, *holding('"x"')]).status == 200
    assert poll(server, ALL, [since, *holding("")]).status == 200
    past = ("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")
    assert poll(server, ALL, [past, *holding(reply["etag"])]).status == 304


@pytest.mark.parametrize("by", ["If-None-Match", "If-Modified-Since"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_304_has_all_validators_and_no_content_fields(
    server: Server, by: str, method: str
) -> None:
    """Conformance 33, 41."""
    plain = poll(server, ALL)
    held = plain["etag" if by == "If-None-Match" else "last-modified"]
    reply = poll(server, ALL, [(by, held)], method)
    assert (reply.status, reply.body) == (304, b"")
    for name in ("etag", "last-modified", "vary", "cache-control", "link"):
        assert reply[name] == plain[name]
    assert reply["date"]
    for name in ("content-length", "content-type", "content-encoding", "transfer-encoding"):
        assert name not in reply


def test_the_connection_stays_usable_after_a_304(server: Server) -> None:
    """Conformance 33: no body follows."""
    tag = poll(server, ALL)["etag"]
    asked = f"GET {ALL} HTTP/1.1\r\nHost: h\r\nIf-None-Match: {tag}\r\n"
    last = f"{asked}Connection: close\r\n\r\n"
    raw = exchange(server.port, (3 * f"{asked}\r\n" + last).encode())
    replies = raw.split(b"\r\n\r\n")
    assert replies.pop() == b""
    assert [parse(reply + b"\r\n\r\n").status for reply in replies] == [304] * 4


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/articles/gone", 410),
        ("/feeds/tag/none.rss", 404),
        ("/nothing", 404),
        ("/feeds/tag/QUIET.atom", 308),
        ("/feeds/all", 308),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions_are_ignored_unless_the_status_would_be_200(
    server: Server, path: str, status: int, method: str
) -> None:
    """Conformance 32, 43."""
    known = poll(server, ALL)
    since = ("If-Modified-Since", known["last-modified"])
    for fields in ([], [since], holding("*"), holding(known["etag"]), [*holding("*"), since]):
        assert poll(server, path, fields, method).status == status


def test_head_is_get_without_the_body(server: Server) -> None:
    """Conformance 36."""
    for fields in ([], [("Accept-Encoding", "gzip")]):
        head, get = (poll(server, ALL, fields, method) for method in ("HEAD", "GET"))
        ours, theirs = (
            [field for field in reply.fields if field[0] not in {"date", "connection"}]
            for reply in (head, get)
        )
        assert (head.status, ours, head.body) == (200, theirs, b"")
        assert int(head["content-length"]) == len(get.body) > 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW", "get"])
def test_other_methods_are_405(server: Server, method: str) -> None:
    """Conformance 36: whatever the conditions."""
    reply = poll(server, ALL, holding("*"), method)
    assert (reply.status, reply["allow"]) == (405, "GET, HEAD")


def test_query_strings_are_ignored(server: Server) -> None:
    """Conformance 42."""
    plain = poll(server, ALL)
    for query in ("?utm_source=x", "?", "?format=atom&limit=1", "?%00%ff"):
        reply = poll(server, ALL + query)
        assert (reply.status, reply["etag"], reply.body) == (200, plain["etag"], plain.body)
        assert poll(server, ALL + query, holding(plain["etag"])).status == 304


def test_changes_of_another_feed_do_not_change_validators(server: Server, site: Path) -> None:
    """Conformance 37."""
    quiet = poll(server, QUIET)
    for number in range(3):
        text = article(title=f"Noise {number}", tags=["C++"])
        (site / "content" / f"noise{number}.md").write_text(text, encoding="utf-8")
        server.wait_for("/feeds/tag/c++.atom", f"Noise {number}")
        for fields in (holding(quiet["etag"]), [("If-Modified-Since", quiet["last-modified"])]):
            reply = poll(server, QUIET, fields)
            assert reply.status == 304
            assert reply["etag"] == quiet["etag"]
            assert reply["last-modified"] == quiet["last-modified"]
    assert poll(server, QUIET).body == quiet.body


def test_last_modified_only_grows_and_is_never_in_the_future(server: Server, site: Path) -> None:
    """Conformance 34: with an old draft, the newest article removed, and one dated far ahead."""
    content = site / "content"
    draft = {"title": "Old draft", "published": "2001-01-01"}
    (content / "draft.md").write_text(article(**draft, draft=True), encoding="utf-8")
    (content / "new.md").write_text(article(title="New", published="2026-01-01"), encoding="utf-8")
    server.wait_for(ALL, "<title>New</title>")
    seen = poll(server, ALL)

    def changed() -> Reply:
        end = time.monotonic() + PATIENCE
        while (reply := poll(server, ALL))["etag"] == seen["etag"]:
            assert time.monotonic() < end
            time.sleep(0.02)
        assert sent_date(reply) >= sent_date(seen)
        assert sent_date(reply) <= parsedate_to_datetime(reply["date"])
        assert poll(server, ALL, holding(seen["etag"])).status == 200
        return reply

    (content / "new.md").unlink()
    seen = changed()
    (content / "draft.md").write_text(article(**draft), encoding="utf-8")
    seen = changed()
    assert b"Old draft" in seen.body
    far = article(title="Far", published="2141-01-01")
    (content / "far.md").write_text(far, encoding="utf-8")
    (content / "mark.md").write_text(article(title="Mark"), encoding="utf-8")
    seen = changed()
    assert b"Far" not in seen.body


def test_max_age_ends_at_the_next_release(tmp_path: Path) -> None:
    """Conformance 34, 41, 55: at the release, tag and date change together."""
    make_site(tmp_path, {"a.md": article(title="A")})
    with serving(tmp_path) as server:
        before = None
        for seconds in (4, 8, 16, 32):  # more if it took the machine so long to publish the marker
            due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
            text = article(title=f"Scheduled {seconds}", published=due.isoformat())
            (tmp_path / "content" / f"{seconds}.md").write_text(text, encoding="utf-8")
            text = article(title=f"Marker {seconds}")
            (tmp_path / "content" / f"marker-{seconds}.md").write_text(text, encoding="utf-8")
            server.wait_for(ALL, f"<title>Marker {seconds}</title>")
            settle(server, ALL)
            while True:
                asked = datetime.now(UTC)
                reply = poll(server, ALL)
                if f"Scheduled {seconds}" in reply.body.decode():
                    break
                before = reply
                fresh_until = asked + timedelta(seconds=reply.max_age)
                assert reply.max_age == 0 or fresh_until <= due
                again = poll(server, ALL, holding(reply["etag"]))
                assert again.status == 200 or again.max_age <= seconds  # or it was released
                time.sleep(0.05)
            if before:
                break
        assert before
        assert datetime.now(UTC) >= due
        assert reply["etag"] != before["etag"]
        assert sent_date(before) < due <= sent_date(reply) <= parsedate_to_datetime(reply["date"])
        since = [("If-Modified-Since", before["last-modified"])]
        for held in (holding(before["etag"]), since):
            assert poll(server, ALL, held).status == 200
