"""Counts the polls in access logs, as the server counts those that it answers.

Behind a CDN the server sees only what the CDN does not have; its logs have all. They do not tell
what conditions a request had: only its status, bytes and Referer.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from feedsvc import urls
from feedsvc.audience import counts
from feedsvc.audience.agents import Agent, Agents
from feedsvc.audience.counts import Counter, Counts, Place
from feedsvc.audience.criteria import INTERVALS
from feedsvc.audience.lines import Parser, Unreadable, user_agent
from feedsvc.audience.store import DAY, Batch
from feedsvc.config.settings import Settings
from feedsvc.routes import Routes

_POLLS = frozenset({200, 226, 304, 429})
_ORIGIN = re.compile(rb"https?://[^/]*")  # of a request to a proxy
_COUNTED = _POLLS | {404}
_NO_REFERRER = (b"-", b"")
_LONGEST = 1_000  # bytes of a target or User-Agent that are read
_MAX_CACHED = 50_000  # targets
_MAX_CLIENTS = 80_000  # whose last poll is remembered
_MAX_READERS = 100_000  # and keys, until `collect` should be called
_OLDEST, _NEWEST = 10_000, 40_000  # days; other times are no times of a log

_LONG = 30 * DAY  # seconds; longer intervals are none
_CLASSES = [bisect_left(INTERVALS, seconds) for seconds in range(7200)]
_COUNTER = 5 + len(INTERVALS) + 1  # numbers of a counter with its intervals

_Name = tuple[bytes, bytes, bytes]  # address, User-Agent, target


class Places:
    """The feeds of a site by the target of a request: their own, aliases, old and moved ones."""

    def __init__(self, settings: Settings) -> None:
        self._routes = Routes(settings)
        self._moved = settings.moved
        self._known: dict[bytes, Place | None] = {}

    def find(self, target: bytes) -> Place | None:
        """Return feed and format of a target, as in a request; None for anything else."""
        path = target.partition(b"?")[0]
        if path not in self._known:
            if len(self._known) >= _MAX_CACHED:
                self._known.clear()
            self._known[path] = self._find(path)
        return self._known[path]

    def _find(self, encoded: bytes) -> Place | None:
        encoded = _ORIGIN.sub(b"", encoded)
        path = unquote_to_bytes(encoded).decode("utf-8", "replace")
        prefix = unquote_to_bytes(self._routes.prefix).decode()
        if f"{path}/".startswith(f"{prefix}/"):
            path = path[len(prefix) :] or urls.INDEX
        endpoint, values = self._routes.match(path) or ("", {})
        if endpoint in ("feed", "alias"):
            ref, format = values["ref"], values["format"]
        elif not endpoint and (old := next(self._routes.old_feeds(path), None)):
            ref, format = old
        else:
            return None
        return self._moved.get(ref.key, ref.key), format


@dataclass(slots=True)
class Summary:
    """What was found in a log. first, last: instants of polls. problem: line and what is wrong."""

    lines: int = 0
    polls: int = 0
    first: int = 0
    last: int = 0
    unreadable: int = 0
    problem: tuple[int, str] | None = None
    feeds: set[str] = field(default_factory=set)


class Group:
    """The clients with one Agent, document and flags. counters: by status, of the day.

    last: the instant of the last poll of a service. timer: the group that has it, which may be of
    another number of subscribers; None if this is no service.
    """

    __slots__ = ("agent", "counters", "day", "flags", "last", "place", "timer")

    def __init__(self, agent: Agent, place: Place, flags: int) -> None:
        self.agent, self.place, self.flags = agent, place, flags
        self.counters: dict[int, Counter] = {}
        self.day = self.last = 0
        self.timer: Group | None = None


class Client:
    """One (address, User-Agent, target). day: on which it was met as a reader.

    timer: what has the instant of its last poll: itself, or the group of a service, which polls
    from many addresses.
    """

    __slots__ = ("day", "group", "last", "timer")

    def __init__(self, group: Group) -> None:
        self.group = group
        self.timer: Client | Group = group.timer or self
        self.last = self.day = 0


class LogTally:
    """Counts the polls in the lines of one log. summary: of all lines since the start."""

    def __init__(self, settings: Settings) -> None:
        self.summary = Summary()
        self._find = Places(settings).find
        self._parser = Parser()
        self._agents = Agents()
        self._known: dict[bytes, Agent] = {}
        self._days: dict[int, Counts] = {}
        self._wholes: dict[Place, int] = {}
        # By address, User-Agent and target: since a moment, and before.
        self._clients: dict[_Name, Client] = {}
        self._older: dict[_Name, Client] = {}
        self._texts: dict[bytes, bytes] = {}
        self._groups: dict[tuple[Agent, Place, int], Group] = {}
        self._timers: dict[tuple[str, str, Place], Group] = {}

    @property
    def is_full(self) -> bool:
        """Whether `collect` should be called, as much memory is used."""
        return sum(each.met + 2 * len(each.polls) for each in self._days.values()) > _MAX_READERS

    def collect(self) -> Iterator[Batch]:
        """Return what was counted since the last call."""
        days, self._days = self._days, {}
        if len(self._groups) > _MAX_CLIENTS:
            self._forget()
        for group in self._groups.values():
            group.day = 0  # its counters are gone
        for each in days.values():
            self._summarize(each)
            yield each.batch("log")

    def _summarize(self, day: Counts) -> None:
        found = self.summary
        for (_, place, _, _), (polls, _, _, last, *_) in day.polls.items():
            if place:
                found.polls += polls
                found.feeds.add(place[0])
                found.first = min(found.first or day.start, day.start)
                found.last = max(found.last, last)

    def read(self, lines: Iterable[bytes]) -> None:
        """Count the polls in some lines."""
        parse, summary = self._parser.parse, self.summary
        for line in lines:
            summary.lines += 1
            try:
                parsed = parse(line)
                if parsed is not None and parsed[3] in _COUNTED:
                    self._count(*parsed)
            except Unreadable as error:
                summary.unreadable += 1
                summary.problem = summary.problem or (summary.lines, str(error))

    def _count(
        self,
        address: bytes,
        instant: int,
        target: bytes,
        status: int,
        size: int,
        referrer: bytes,
        text: bytes,
    ) -> None:
        if len(target) + len(text) > _LONGEST:
            target, text = target[:_LONGEST], text[:_LONGEST]
        place = self._find(target)
        if place is None:
            return
        name = (address, text, target)
        client = self._clients.get(name) or self._meet(name, place, referrer)
        group, timer, day = client.group, client.timer, instant // DAY
        if group.day != day:
            self._turn(group, day, instant)
        counter = group.counters.get(status) or self._counter(group, status)
        counter[0] += 1
        counter[1] += size
        counter[3] = instant
        if status == 304:
            counter[2] += self._wholes.get(place, 0)
        elif size > self._wholes.get(place, 0) and status == 200:
            self._wholes[place] = size
        if client.day != day and status in _POLLS:
            client.day = day
            if group.agent.is_direct:
                self._days[day].meet(group.agent, place, address.decode("ascii", "replace"))
        wait = instant - timer.last
        if 0 <= wait < _LONG:
            counter[5 + (_CLASSES[wait] if wait < 7200 else bisect_left(INTERVALS, wait))] += 1
        timer.last = instant

    def _meet(self, name: _Name, place: Place, referrer: bytes) -> Client:
        """Return a client that polled long ago, or a new one."""
        client = self._older.pop(name, None)
        if client is None:
            agent = self._known.get(name[1]) or self._learn(name[1])
            flags = counts.LOGGED | (counts.QUERY if b"?" in name[2] else 0)
            if referrer not in _NO_REFERRER:
                flags |= counts.REFERRER
            client = Client(self._group(agent, place, flags))
        if len(self._clients) >= _MAX_CLIENTS // 2:
            self._older, self._clients = self._clients, {}
            self._texts.clear()
        # Each line has texts of its own, which are the same as those of others.
        shared = self._texts.setdefault
        self._clients[name[0], shared(name[1], name[1]), shared(name[2], name[2])] = client
        return client

    def _group(self, agent: Agent, place: Place, flags: int) -> Group:
        group = self._groups.get((agent, place, flags))
        if group is None:
            group = self._groups[agent, place, flags] = Group(agent, place, flags)
            if agent.hosted:
                group.timer = self._timers.setdefault((agent.family, agent.key, place), group)
        return group

    def _turn(self, group: Group, day: int, instant: int) -> None:
        """Start the counters of a group on another day."""
        found = self._days.get(day) or self._start(day, instant)
        found.start = min(found.start, instant)
        group.day, group.counters = day, {}

    def _counter(self, group: Group, status: int) -> Counter:
        place = group.place if status in _POLLS else None
        key = (group.agent, place, status, group.flags)
        counter = self._days[group.day].counter(key, 0, _COUNTER)
        group.counters[status] = counter
        return counter

    def _learn(self, text: bytes) -> Agent:
        if len(self._known) >= _MAX_CACHED:
            self._known.clear()
            self._forget()
        agent = self._known[text] = self._agents.learn(user_agent(text))
        return agent

    def _forget(self) -> None:
        for each in (self._groups, self._timers, self._clients, self._older):
            each.clear()

    def _start(self, day: int, instant: int) -> Counts:
        if not _OLDEST < day < _NEWEST:
            raise Unreadable("its time is none")
        started = self._days[day] = Counts(day, instant)
        return started
