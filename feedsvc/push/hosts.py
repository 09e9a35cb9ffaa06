"""Limits for each host: concurrent requests, and a circuit breaker after failures (WebSub 17).

A host that fails repeatedly is closed for a growing time, after which one request tries it. A host
that answers slowly has no queue, so that it does not hold up others. Pure: the caller passes the
time of the monotonic clock.
"""

import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from feedsvc.push.store.deliveries import DeliveryClaim

AT_ONCE = 8  # requests to one host
_QUEUED = 1000  # claims that wait for a host
_FAILURES = 5  # consecutive ones after which a host is closed
_CLOSED = 15  # seconds, doubled with each further failure
_MAX_CLOSED = 3600
_MAX_CROWDED = 60  # maximum of seconds until a full host is offered more claims
_KNOWN = 10_000  # hosts without work that are remembered


@dataclass(slots=True)
class Host:
    """The state of a host.

    in_flight: the number of requests. failures: consecutive ones. closed: the instant until which
    it is. slow: whether it answered slowly. crowded: how often in a row it could take no more.
    """

    name: str
    in_flight: int = 0
    queue: deque[DeliveryClaim] = field(default_factory=deque)
    failures: int = 0
    closed: float = 0.0
    slow: bool = False
    crowded: int = 0

    @property
    def has_room(self) -> bool:
        """Whether it may get one more request now."""
        return self.in_flight < self._at_once

    @property
    def _at_once(self) -> int:
        return 1 if self.failures >= _FAILURES else AT_ONCE

    def wait(self, now: float) -> int:
        """Return the seconds for which it takes no more claims; 0 if it takes one now."""
        if now < self.closed:
            return int(self.closed - now) + 1
        limit = self._at_once if self.slow or self.failures >= _FAILURES else _QUEUED
        if self.in_flight + len(self.queue) < limit:
            return 0
        self.crowded += 1
        return min(_MAX_CROWDED, 1 << min(self.crowded, 10))

    def answered(self, soon: bool) -> None:
        """Record an answer. soon: whether it was not slow."""
        self.failures = 0
        if soon:
            self.slow, self.crowded = False, 0

    def failed(self, now: float) -> None:
        """Record that it did not answer, or that it is overloaded."""
        self.failures += 1
        if self.failures >= _FAILURES:
            longest = min(_MAX_CLOSED, _CLOSED << min(self.failures - _FAILURES, 10))
            self.closed = now + longest / 2 + secrets.randbelow(longest * 500) / 1000


class Hosts:
    """All hosts with work, and others that failed."""

    def __init__(self) -> None:
        self._hosts: dict[str, Host] = {}
        self._ready: deque[Host] = deque()

    def __getitem__(self, name: str) -> Host:
        host = self._hosts.get(name)
        if host is None:
            if len(self._hosts) >= _KNOWN:
                self._forget()
            host = self._hosts[name] = Host(name)
        return host

    def queue(self, claim: DeliveryClaim) -> None:
        """Queue a claim for its host."""
        host = self[claim.host]
        host.queue.append(claim)
        if len(host.queue) == 1 and host.has_room:
            self._ready.append(host)

    def next(self) -> tuple[Host, DeliveryClaim] | None:
        """Return the next claim to send, counted as in flight; hosts are served round-robin."""
        while self._ready:
            host = self._ready.popleft()
            if host.queue and host.has_room:
                host.in_flight += 1
                claim = host.queue.popleft()
                if host.queue and host.has_room:
                    self._ready.append(host)
                return host, claim
        return None

    def ended(self, host: Host) -> None:
        """Count a request that has ended."""
        host.in_flight -= 1
        if host.queue and host.has_room:
            self._ready.append(host)

    def drain(self, host: Host) -> Iterator[DeliveryClaim]:
        """Remove and yield the claims queued for a host."""
        while host.queue:
            yield host.queue.popleft()

    def drain_all(self) -> Iterator[DeliveryClaim]:
        """Remove and yield all queued claims."""
        for host in self._hosts.values():
            yield from self.drain(host)

    def _forget(self) -> None:
        """Forget hosts without work."""
        self._hosts = {
            name: host for name, host in self._hosts.items() if host.in_flight or host.queue
        }
