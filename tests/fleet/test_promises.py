"""The soak test detects broken promises."""

from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler

import pytest

from tests.fleet.promises import Cache, Machine, Promises, Reader
from tests.servers import Answer, server

DATES = {"Last-Modified": "Thu, 17 Feb 2022 09:30:00 GMT"}
Sent = tuple[int, dict[str, str], bytes]


def feed(revision: int, status: int = 200, body: bytes = b"feed") -> Sent:
    return status, {"ETag": f'"{revision:x}.00000000.0"', **DATES}, body


UNAVAILABLE: Sent = 503, {"Retry-After": "10"}, b""


@pytest.fixture(scope="module")
def script() -> Iterator[tuple[list[Sent], int]]:
    """The next responses of a server, and its port."""
    answers: list[Sent] = []

    def answer(_: BaseHTTPRequestHandler) -> Sent:
        return answers.pop(0)

    typed: Answer = answer
    with server(typed) as url:
        yield answers, int(url.rstrip("/").rpartition(":")[2])


def breaks(
    script: tuple[list[Sent], int], machine: Machine, *answers: Sent, path: str = "/feeds/all.rss"
) -> list[str]:
    """Poll once for each response; return the broken promises."""
    upcoming, port = script
    upcoming[:] = answers
    promises = Promises()
    for _ in answers:
        promises.poll(Reader("r"), machine, path, HTTPConnection("127.0.0.1", port))
    return promises.breaks


@pytest.mark.parametrize(
    ("answers", "broken"),
    [
        ([feed(7), feed(7, 304, b""), feed(8), feed(8)], ""),
        ([feed(8), feed(7)], "went back"),
        ([feed(8), feed(7, 304, b"")], "304 with"),
        ([feed(8), (200, DATES, b"")], "without ETag"),
        ([feed(8), feed(8, body=b"other")], "two bodies"),
        ([feed(8, body=b"<title>SECRET 1</title>")], "shows a draft"),
        ([feed(8, body=b"<title>DUE-99999999999</title>")], "shows what is due"),
        ([UNAVAILABLE], "503"),
        ([(500, {}, b"")], "500"),
        ([(404, {}, b"")], "404"),
    ],
)
def test_a_machine_without_faults_must_keep_all_promises(
    script: tuple[list[Sent], int], answers: list[Sent], broken: str
) -> None:
    found = breaks(script, Machine("m", 0), *answers)
    assert bool(found) is bool(broken)
    assert broken in "".join(found)


def test_a_machine_with_a_fault_may_be_unavailable_but_not_go_back(
    script: tuple[list[Sent], int],
) -> None:
    machine = Machine("m", 0)
    with machine.disturbing():
        assert breaks(script, machine, feed(8), UNAVAILABLE, feed(8)) == []
        assert breaks(script, machine, (503, {}, b"")) != []
        assert breaks(script, machine, feed(8), feed(7)) != []


def test_a_cache_keeps_its_responses_whatever_happens_to_machines(
    script: tuple[list[Sent], int],
) -> None:
    machines = [Machine("m", 0), Machine("n", 0)]
    cache = Cache("c", 0, machines=machines)
    with machines[0].disturbing():
        assert breaks(script, cache, UNAVAILABLE) != []
        with machines[1].disturbing():
            assert breaks(script, cache, UNAVAILABLE) == []
            assert breaks(script, cache, feed(8), UNAVAILABLE) != []
            assert breaks(script, cache, feed(8), feed(7)) != []
            cache.started = float("inf")  # the cache is empty again
            assert breaks(script, cache, feed(8), UNAVAILABLE, feed(7)) == []
