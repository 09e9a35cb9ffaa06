"""Request bodies, with a fake of Granian's protocol."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from feedsvc.routes import MAX_BODY
from feedsvc.serve import bodies
from feedsvc.serve.bodies import Bodies
from tests.serving import PATIENCE


class Protocol:
    """The response to one request. read: returns its body."""

    def __init__(self, read: Callable[[], Awaitable[bytes]]) -> None:
        self.read = read
        self.status = 0
        self.answered = threading.Event()

    async def __call__(self) -> bytes:
        return await self.read()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = status
        self.answered.set()


class Scope:
    """A request. length: its Content-Length."""

    def __init__(self, length: str) -> None:
        self.headers = {"content-length": length}


async def never() -> bytes:
    await asyncio.Event().wait()
    return b""


async def fail() -> bytes:
    raise RuntimeError("Stream error")


async def at_once() -> bytes:
    return b"a=b"


def answer(scope: Any, protocol: Any, body: bytes) -> None:
    if not body:
        raise ValueError("no body")
    protocol.response_bytes(202, [], body)


@pytest.mark.parametrize(
    ("read", "length", "status"),
    [
        (at_once, "3", 202),
        (never, "3", 408),
        (fail, "3", 400),
        (never, "", 500),  # the application is called without a body, and fails here
        (never, "a", 500),
        (never, str(MAX_BODY + 1), 500),
    ],
)
def test_slow_broken_and_missing_bodies_are_answered(
    read: Callable[[], Awaitable[bytes]], length: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", 0.05)
    protocol = Protocol(read)
    Bodies(answer).take(Scope(length), protocol)  # type: ignore[arg-type]
    assert protocol.answered.wait(PATIENCE)
    assert protocol.status == status


def test_too_many_requests_are_refused_until_others_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "_MOST", 2)
    monkeypatch.setattr(bodies, "PATIENCE", 0.2)
    receiver = Bodies(answer)
    first, second, third = Protocol(never), Protocol(never), Protocol(at_once)
    for protocol in (first, second, third):
        receiver.take(Scope("3"), protocol)  # type: ignore[arg-type]
    assert third.status == 503
    assert first.answered.wait(PATIENCE)
    assert second.answered.wait(PATIENCE)
    while True:
        fourth = Protocol(at_once)
        receiver.take(Scope("3"), fourth)  # type: ignore[arg-type]
        assert fourth.answered.wait(PATIENCE)
        if fourth.status == 202:
            return
