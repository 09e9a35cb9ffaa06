"""Promises to readers, checked for every response of a fleet.

The promises are those of docs/deploying.md (PostgreSQL and many machines) and docs/caching.md.
"""

import hashlib
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import NamedTuple

SECRET = "SECRET"  # in the title of each draft
DUE = re.compile(rb"DUE-(\d+)")  # in the title of each scheduled article: when it is due
QUIET = 5.0  # seconds after a fault until every response must be right
LAG = 5.0  # seconds until a revision must be on all machines, which may be busy
_TAG = re.compile(
    r'(?:W/)?"([0-9a-f]+)\.'
)  # Varnish weakens tags of responses that it decompresses
_MOST = 50  # recorded breaks


@dataclass
class Machine:
    """Something that is polled.

    faults: how many affect it now. disturbed: when one last began, continued or ended, by
    `time.monotonic`.
    """

    name: str
    port: int
    faults: int = 0
    disturbed: float = 0.0

    def is_quiet(self, at: float) -> bool:
        """Return whether no fault has affected it for some time."""
        return not self.faults and at > self.disturbed + QUIET

    def disturb(self) -> None:
        """Record that a fault begins, lasts or ends."""
        self.disturbed = time.monotonic()

    @contextmanager
    def disturbing(self) -> Iterator[None]:
        """Record a fault that lasts until the end of the block."""
        self.faults += 1
        self.disturb()
        try:
            yield
        finally:
            self.disturb()
            self.faults -= 1


@dataclass
class Cache(Machine):
    """A cache in front of machines. started: when it was last emptied."""

    machines: list[Machine] = field(default_factory=list)
    started: float = 0.0

    def is_quiet(self, at: float) -> bool:
        """Return whether no fault has affected it or any machine for some time."""
        return super().is_quiet(at) and all(each.is_quiet(at) for each in self.machines)


@dataclass
class Reader:
    """A reader, which sends the tag of its document (If-None-Match).

    deltas: it requests deltas, which a cache forwards.
    """

    name: str
    deltas: bool = False


class Seen(NamedTuple):
    """The document that a reader has of a path, and since when."""

    etag: str = ""
    revision: int = -1
    instant: float = 0.0
    at: float = 0.0


class Answer(NamedTuple):
    """A response. started: the time of the request, by `time.monotonic`."""

    path: str
    status: int
    headers: dict[str, str]
    body: bytes
    started: float


class Promises:
    """Checks responses. Thread-safe. breaks: broken promises, described. late: see _check_lag."""

    def __init__(self, say: Callable[[str], None] = lambda _: None) -> None:
        """say: called with each broken promise."""
        self.breaks: list[str] = []
        self._say = say
        self.counts: Counter[str] = Counter()
        self.late = 0.0
        self._lock = threading.Lock()
        self._seen: defaultdict[tuple[str, str], Seen] = defaultdict(Seen)
        self._cached: dict[str, float] = {}  # when a cache last responded, by path
        self._bodies: dict[tuple[str, str], str] = {}
        self._newest: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)  # by path

    def fail(self, what: str) -> None:
        """Record a broken promise."""
        with self._lock:
            self.counts["breaks"] += 1
            if len(self.breaks) < _MOST:
                self.breaks.append(f"{time.strftime('%H:%M:%S')} {what}")
                self._say(self.breaks[-1])

    def poll(self, reader: Reader, machine: Machine, path: str, connection: HTTPConnection) -> None:
        """Poll a path as a reader that may have polled it before; check the response."""
        headers = {"Host": "news.example.org"}
        if etag := self._seen[reader.name, path].etag:
            headers["If-None-Match"] = etag
        if reader.deltas:
            headers["A-IM"] = "feed"
        started = time.monotonic()
        try:
            response, body = _get(connection, path, headers)
        except (OSError, HTTPException) as error:
            connection.close()
            self.counts["no answer"] += 1
            # A cache responds whatever happens to the machines.
            if Machine.is_quiet(machine, started):
                self.fail(f"{reader.name} {machine.name} {path}: no answer: {error!r}")
            return
        self.counts[str(response.status)] += 1
        found = {name.lower(): value for name, value in response.getheaders()}
        self._check(reader, machine, Answer(path, response.status, found, body, started))

    def _check(self, reader: Reader, machine: Machine, answer: Answer) -> None:
        where, path, status = (
            f"{reader.name} {machine.name} {answer.path}",
            answer.path,
            answer.status,
        )
        is_feed = path.startswith("/feeds")
        if status == 503:
            self._check_unavailable(where, reader, machine, answer)
            return
        if isinstance(machine, Cache):
            self._cached[path] = answer.started
        if status not in {200, 226, 304, 404, 410} or (status > 304 and is_feed):
            self.fail(f"{where}: {status}")
        self._check_secrets(where, answer.body)
        match = _TAG.match(answer.headers.get("etag", ""))
        if is_feed and match:
            self._check_order(where, reader, machine, answer, int(match[1], 16))
            if status == 200:
                self._check_body(answer)
        elif is_feed:
            self.fail(f"{where}: {status} without ETag")

    def _check_unavailable(
        self, where: str, reader: Reader, machine: Machine, answer: Answer
    ) -> None:
        """A machine may have lost its database. A cache keeps responses since it was started.

        Requests for deltas are forwarded, so they need a machine.
        """
        if not answer.headers.get("retry-after", "").isdigit():
            self.fail(f"{where}: 503 without Retry-After")
        may_lack = not machine.is_quiet(answer.started)
        if isinstance(machine, Cache):
            has_copy = self._cached.get(answer.path, -1.0) > machine.started and not reader.deltas
            is_any_healthy = any(each.is_quiet(answer.started) for each in machine.machines)
            may_lack = not has_copy and not is_any_healthy
        if not may_lack:
            self.fail(f"{where}: 503 after {time.monotonic() - answer.started:.1f} s")

    def _check_secrets(self, where: str, body: bytes) -> None:
        if SECRET.encode() in body:
            self.fail(f"{where}: shows a draft")
        early = [int(each) for each in DUE.findall(body) if int(each) > time.time() + 0.5]
        if early:
            self.fail(f"{where}: shows what is due in {early[0] - time.time():.1f} s")

    def _check_order(
        self, where: str, reader: Reader, machine: Machine, answer: Answer, revision: int
    ) -> None:
        """No reader goes back. The first responses of an emptied cache may be older."""
        before = self._seen[reader.name, answer.path]
        etag = answer.headers["etag"]
        modified = answer.headers.get("last-modified")
        instant = parsedate_to_datetime(modified).timestamp() if modified else before.instant
        if answer.status == 304 and etag.removeprefix("W/") != before.etag.removeprefix("W/"):
            self.fail(f"{where}: 304 with {etag} for {before.etag}")
        elif not modified and answer.status != 304:
            self.fail(f"{where}: {answer.status} without Last-Modified")
        emptied = isinstance(machine, Cache) and before.at < machine.started
        if (revision, instant) < (before.revision, before.instant):
            if emptied:
                self.counts["older, by an emptied cache"] += 1
            else:
                self.fail(f"{where}: went back from {before} to {answer.status} {etag}")
        self._seen[reader.name, answer.path] = Seen(etag, revision, instant, time.monotonic())
        self._check_lag(where, machine, answer, revision)

    def _check_lag(self, where: str, machine: Machine, answer: Answer, revision: int) -> None:
        """A revision is on all machines some seconds after it is first seen. `late`: the most."""
        with self._lock:
            newest = self._newest[answer.path]
            if not newest or revision > newest[-1][1]:
                newest.append((time.monotonic(), revision))
            since = next((at for at, number in newest if number > revision), answer.started)
        if machine.is_quiet(answer.started):
            self.counts["in quiet"] += 1
            late = answer.started - since
            self.late = max(self.late, late)
            if late > LAG:
                self.fail(f"{where}: revision {revision} is old since {late:.1f} s")

    def _check_body(self, answer: Answer) -> None:
        """Equal entity tags have equal bytes and dates on all machines."""
        path, etag, modified = answer.path, answer.headers["etag"], answer.headers["last-modified"]
        digest = hashlib.blake2b(answer.body + modified.encode()).hexdigest()
        with self._lock:
            known = self._bodies.setdefault((path, etag), digest)
        if known != digest:
            self.fail(f"{path}: {etag} has two bodies or dates")


def _get(
    connection: HTTPConnection, path: str, headers: dict[str, str]
) -> tuple[HTTPResponse, bytes]:
    """Send a request, once more if it was not the first of its connection (RFC 9112 9.3.1).

    A server may close an idle connection at any time.
    """
    for is_last in (connection.sock is None, True):
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response, response.read()
        except (OSError, HTTPException):
            connection.close()
            if is_last:
                raise
    raise AssertionError
