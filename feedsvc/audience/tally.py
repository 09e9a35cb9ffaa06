"""Counts polls as the edge answers them, in about a microsecond each.

Nothing is written or hashed here: a poll takes a few lookups and additions. `collect` returns the
counts since the last call.
"""

import re
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from feedsvc import dates
from feedsvc.audience import counts
from feedsvc.audience.agents import Agent, Agents
from feedsvc.audience.counts import Counts, Place, PollCounter
from feedsvc.audience.criteria import BURST, HOUR, INTERVALS, MINUTE, POLITE, POLITE_UNCONDITIONAL
from feedsvc.audience.store import DAY, Batch
from feedsvc.http.conditional import Answer
from feedsvc.http.fields import IDENTITY
from feedsvc.http.hosts import Network, client_address
from feedsvc.http.representation import Representation

_NEW_AGENTS = 1_000  # parsed between two flushes; the family of any others is "other"
_MAX_CLIENTS = 100_000  # clients that are remembered, some 60 MB
_TAGGED, _DATED, _FRESH = counts.TAGGED, counts.DATED, counts.FRESH
_EARLY = POLITE - 5 * MINUTE  # seconds; timers of readers vary
_SOON = POLITE_UNCONDITIONAL - HOUR
_ARCHIVE = re.compile(r"/archive/[0-9]+\.\w+\Z")
_MAX_FORWARDED = 200  # characters of a field that is remembered
_LONGEST_DATE = 100  # characters; longer ones are none
_SETTLE = 0.05  # seconds, enough for a poll in progress to be counted

# Address and Agent, or key and family of a service, whose Agent changes with its number; then path.
_Name = tuple[str, Agent | str, str]


def waited(wait: int) -> int:
    """Return the flags of a poll of a known client, by the seconds since its last."""
    if wait < 0:  # the clock was set back
        return counts.KNOWN
    flags = counts.KNOWN | bisect_left(INTERVALS, wait) + 1 << counts.INTERVAL
    if wait < BURST:
        flags |= counts.BURSTING
    if wait < _SOON:
        flags |= counts.EARLY if wait < _EARLY else counts.SOON
    return flags


_LISTED = 2 * HOUR
_WAITS = [waited(seconds) for seconds in range(_LISTED)]  # precomputed for most polls


class Client:
    """The state of one (address, User-Agent, document), or of a service.

    place: None if its polls are not counted. flags: those of all its polls. last: instant of its
    last poll. version, max_age: of the last document that it got. retry: instant until which it was
    asked to wait, or 0. is_new: it has not polled before. attention: its next poll is examined.
    agent, status, counted, counter: of its last poll.
    """

    __slots__ = (
        *("agent", "attention", "counted", "counter", "flags", "is_new", "last", "max_age"),
        *("place", "retry", "status", "version"),
    )

    def __init__(self, place: Place | None, now: int) -> None:
        self.place, self.last = place, now
        self.is_new = self.attention = True
        self.flags = self.counted = self.status = self.max_age = self.retry = 0
        self.version = ""
        self.agent: Agent | None = None
        self.counter: PollCounter = [0, 0, 0, 0, -1]


class Tally:
    """Counts the polls of one process. `count` is called by all threads that answer requests.

    now, day: the time, as set by `tick`.
    """

    def __init__(self, proxies: Sequence[Network] = ()) -> None:
        self._proxies = proxies
        self._agents = Agents(_NEW_AGENTS)
        self._known = self._agents.known
        self._clients: dict[_Name, Client] = {}
        self._older: dict[_Name, Client] = {}  # the generation to be discarded next
        self._forwarded: dict[tuple[str, str], str] = {}
        self._ended: list[Counts] = []
        self._number = 0  # of the counts
        self.now = self.day = 0
        self._counts = Counts(0, 0)
        self.tick(time.time())

    def tick(self, now: float) -> None:
        """Set the time; called once a second."""
        self.now = int(now)
        if (day := self.now // DAY) != self.day:
            self.day = day
            self._ended.append(self._renew())
            self._forget()

    def _forget(self) -> None:
        """Keep only the clients of the day before: no address is remembered for over two days."""
        clients = {**self._older, **self._clients}
        recent = [each for each in clients.items() if abs(each[1].last // DAY - self.day) <= 1]
        self._older, self._clients = dict(recent[-_MAX_CLIENTS // 2 :]), {}
        self._forwarded.clear()

    def collect(self) -> list[Batch]:
        """Return the counts since the last call."""
        ended, self._ended = self._ended, []
        ended.append(self._renew())
        self._agents.renew()
        time.sleep(_SETTLE)
        return [each.batch() for each in ended if each.polls]

    def _renew(self) -> Counts:
        before, self._counts = self._counts, Counts(self.day, self.now)
        self._number += 1
        return before

    def count(
        self, environ: Mapping[str, Any], feed: str, path: str, sent: Answer, whole: int
    ) -> None:
        """Count the answer to a poll. whole: bytes of the plain document."""
        text = environ.get("HTTP_USER_AGENT")
        agent = self._known.get(text) or self._agents.learn(text)
        address = self._address(environ) if self._proxies else environ.get("REMOTE_ADDR", "")
        name: _Name
        name = (agent.key, agent.family, path) if agent.hosted else (address, agent, path)
        client = self._clients.get(name) or self._meet(name, feed)
        flags = client.flags
        if "HTTP_IF_NONE_MATCH" in environ:
            flags |= _TAGGED
        if "HTTP_IF_MODIFIED_SINCE" in environ:
            flags |= _DATED
        status, now = sent.status, self.now
        wait = now - client.last
        flags |= _WAITS[wait] if 0 <= wait < _LISTED else waited(wait)
        if 0 <= wait < client.max_age:
            flags |= _FRESH
        client.last = now
        if status != 304 or client.attention or not flags & _TAGGED:
            flags = self._examine(client, agent, address, environ, sent, flags)
        counter = client.counter
        if (
            flags != client.counted
            or status != client.status
            or counter[4] != self._number
            or agent is not client.agent
        ):
            counter = self._counter(client, agent, status, flags)
        counter[0] += 1
        counter[3] = now
        if status == 304:
            counter[2] += whole
        elif size := len(sent.body):
            counter[1] += size
            if status < 400:
                counter[2] += whole - size

    def miss(self, environ: Mapping[str, Any]) -> None:
        """Count a request for a feed that does not exist."""
        text = environ.get("HTTP_USER_AGENT")
        agent = self._known.get(text) or self._agents.learn(text)
        counter = self._counts.counter((agent, None, 404, 0), self._number)
        counter[0] += 1
        counter[3] = self.now

    def _counter(self, client: Client, agent: Agent, status: int, flags: int) -> PollCounter:
        client.agent, client.status, client.counted = agent, status, flags
        if client.place is None:
            client.counter = [0, 0, 0, 0, self._number]
        else:
            key = (agent, client.place, status, flags)
            client.counter = self._counts.counter(key, self._number)
        return client.counter

    def _meet(self, name: _Name, feed: str) -> Client:
        """Return a client that polled on another day or long ago, or a new one."""
        client = self._older.pop(name, None)
        if client is None:
            path = name[2]
            is_polled = feed and not _ARCHIVE.search(path)
            client = Client((feed, path.rpartition(".")[2]) if is_polled else None, self.now)
        if len(self._clients) >= _MAX_CLIENTS // 2:
            self._older, self._clients = self._clients, {}
        self._clients[name] = client
        client.attention = True
        return client

    def _examine(
        self,
        client: Client,
        agent: Agent,
        address: str,
        environ: Mapping[str, Any],
        sent: Answer,
        flags: int,
    ) -> int:
        """Return the flags of a poll that may be at fault, or is the client's first of the day."""
        if client.attention:
            flags = self._greet(client, agent, address, environ, flags)
        status, representation = sent.status, sent.representation
        if status == 429:
            client.retry = self.now + int(dict(sent.headers).get("Retry-After", 0))
            client.attention = True
            return flags
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags is not None:
            if status != 304 and '"' not in tags and tags.strip() != "*":
                flags |= counts.UNQUOTED
        elif flags & _DATED and _is_invented(environ["HTTP_IF_MODIFIED_SINCE"], representation):
            flags |= counts.INVENTED
        if status in (200, 226):
            version = representation.document.tag
            if version == client.version and flags & (_TAGGED | _DATED):
                flags |= counts.STALE
            client.version, client.max_age = version, representation.max_age or client.max_age
            if not sent.body:
                flags |= counts.UNSENT
            elif sent.coding == IDENTITY:
                flags |= counts.PLAIN
        return flags

    def _greet(
        self, client: Client, agent: Agent, address: str, environ: Mapping[str, Any], flags: int
    ) -> int:
        """Count a reader, once a day; set the flags that are the same for all polls of a client."""
        client.attention = False
        if client.place and agent.is_direct:
            self._counts.meet(agent, client.place, address)
        fields = ("HTTP_COOKIE", counts.COOKIE), ("HTTP_REFERER", counts.REFERRER)
        client.flags = sum(flag for field, flag in fields if environ.get(field))
        if environ.get("QUERY_STRING"):
            client.flags |= counts.QUERY
        if client.is_new:
            client.is_new = False
            flags &= _TAGGED | _DATED
        flags |= client.flags
        if client.retry:
            flags |= counts.REFUSED if self.now >= client.retry else counts.REFUSED | counts.IGNORED
            client.retry = 0
        return flags

    def _address(self, environ: Mapping[str, Any]) -> str:
        field = environ.get("HTTP_X_FORWARDED_FOR", "")
        address = environ.get("REMOTE_ADDR", "")
        known = self._forwarded.get((address, field))
        if known is None:
            if len(self._forwarded) >= _MAX_CLIENTS:
                self._forwarded.clear()
            known = client_address(environ, self._proxies)
            if len(field) <= _MAX_FORWARDED:
                self._forwarded[address, field] = known
        return known


def _is_invented(date: str, representation: Representation) -> bool:
    """Return whether a date is later than the document's, or not a date."""
    if date == representation.last_modified:
        return False
    instant = _instant(date[:_LONGEST_DATE])
    return instant is None or instant > representation.instant


@lru_cache(10_000)
def _instant(date: str) -> int | None:
    """Return the instant of an HTTP-date, None for anything else."""
    moment = dates.http_date(date, dates.from_epoch(int(time.time())))
    return None if moment is None else dates.epoch(moment)
