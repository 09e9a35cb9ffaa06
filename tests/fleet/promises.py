"""What readers were promised, checked against every answer of a fleet."""

import hashlib
import re
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

SECRET = "SECRET"  # in the title of each draft
DUE = re.compile(rb"DUE-(\d+)")  # in the title of each scheduled article: when it is due
_QUIET = 20.0  # seconds after a fault from which on nothing may be missing
_LAG = 8.0  # seconds in which a revision must be everywhere; the machine may be busy
_REVISION = re.compile(r'"?(?:W/")?([0-9a-f]+)\.')
_MOST = 50  # breaks are kept


@dataclass
class Machine:
    """A machine that is polled. disturbed: when a fault last affected it, by `time.monotonic`.

    is_cache: it passes on what several machines say. While these have no database, each says what
    it has in memory, so that the next answer may be older.
    """

    name: str
    port: int
    disturbed: float = 0.0
    is_cache: bool = False

    def is_quiet(self, at: float) -> bool:
        return at > self.disturbed + _QUIET

    def disturb(self) -> None:
        """A fault begins, lasts or ends."""
        self.disturbed = time.monotonic()


@dataclass
class Seen:
    """What a machine last said of a path."""

    revision: int = -1
    instant: float = 0.0
    etag: str = ""


@dataclass
class Promises:
    """Checks answers. Thread-safe. breaks: sentences on what was broken."""

    breaks: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: defaultdict[tuple[str, str], Seen] = defaultdict(Seen)
        self._bodies: dict[tuple[str, str], str] = {}
        self._newest: dict[str, list[tuple[float, int]]] = defaultdict(list)  # by path

    def fail(self, what: str) -> None:
        with self._lock:
            self.counts["breaks"] += 1
            if len(self.breaks) < _MOST:
                self.breaks.append(f"{time.strftime('%H:%M:%S')} {what}")

    def poll(self, machine: Machine, path: str, connection: HTTPConnection) -> None:
        """Poll a path as a reader that has seen it before; check what comes back."""
        before = self._seen[machine.name, path]
        headers = {"Host": urlsplit("https://news.example.org").netloc}
        if before.etag:
            headers["If-None-Match"] = before.etag
        started = time.monotonic()
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, HTTPException) as error:
            connection.close()
            self.counts["no answer"] += 1
            if machine.is_quiet(started):
                self.fail(f"{machine.name} {path}: no answer: {error!r}")
            return
        self.counts[str(response.status)] += 1
        found = {name.lower(): value for name, value in response.getheaders()}
        self._check(machine, path, response.status, found, body, started)

    def _check(
        self,
        machine: Machine,
        path: str,
        status: int,
        headers: dict[str, str],
        body: bytes,
        started: float,
    ) -> None:
        where = f"{machine.name} {path}"
        if status == 503:
            if not headers.get("retry-after", "").isdigit():
                self.fail(f"{where}: 503 without Retry-After")
            if machine.is_quiet(started):
                self.fail(f"{where}: 503 although nothing is wrong")
            return
        if status not in {200, 304, 404, 410} or (status > 304 and path.startswith("/feeds")):
            self.fail(f"{where}: {status}")
        self._check_secrets(where, body)
        match = _REVISION.match(headers.get("etag", ""))
        if path.startswith("/feeds") and match:
            self._check_order(machine, path, int(match[1], 16), headers, started)
            if status == 200:
                self._check_body(path, headers, body)

    def _check_secrets(self, where: str, body: bytes) -> None:
        if SECRET.encode() in body:
            self.fail(f"{where}: shows a draft")
        early = [int(each) for each in DUE.findall(body) if int(each) > time.time() + 0.5]
        if early:
            self.fail(f"{where}: shows what is due in {early[0] - time.time():.1f} s")

    def _check_order(
        self, machine: Machine, path: str, revision: int, headers: dict[str, str], started: float
    ) -> None:
        instant = parsedate_to_datetime(headers["last-modified"]).timestamp()
        with self._lock:
            before = self._seen[machine.name, path]
            self._seen[machine.name, path] = Seen(revision, instant, headers["etag"])
            newest = self._newest[path]
            if not newest or revision > newest[-1][1]:
                newest.append((time.monotonic(), revision))
            due = max((number for at, number in newest if at < started - _LAG), default=0)
        went_back = (revision, instant) < (before.revision, before.instant)
        if went_back and (machine.is_quiet(started) or not machine.is_cache):
            self.fail(
                f"{machine.name} {path}: went back from revision {before.revision} to {revision}"
            )
        if revision < due and machine.is_quiet(started):
            self.fail(f"{machine.name} {path}: revision {revision} while {due} is known elsewhere")

    def _check_body(self, path: str, headers: dict[str, str], body: bytes) -> None:
        """The same entity tag names the same bytes and the same date, whoever sends it."""
        digest = hashlib.blake2b(body + headers["last-modified"].encode()).hexdigest()
        with self._lock:
            known = self._bodies.setdefault((path, headers["etag"]), digest)
        if known != digest:
            self.fail(f"{path}: {headers['etag']} has two bodies or dates")
