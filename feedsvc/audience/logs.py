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
_CONDITIONAL = frozenset({226, 304})
_MAX_CACHED = 50_000  # targets
_MAX_GROUPS = 60_000
_NO_DAY = -(10**15)  # when it began
_MAX_CLIENTS = 120_000  # whose last poll is remembered
_MAX_READERS = 150_000  # and thrice the counters, until `collect` should be called
_OLDEST, _NEWEST = 10_000, 40_000  # days; other times are no times of a log

_LONG = 30 * DAY  # seconds; longer intervals are none
_CLASSES = [bisect_left(INTERVALS, seconds) for seconds in range(7200)]

_Groups = dict[bytes, dict[bytes, "Group"]]  # by target and User-Agent


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
    """The polls with one target and User-Agent, all with a Referer or all without.

    clients: the instants of last polls by address; a service, which polls from many, has that of
    b''. whole: the size of the largest response, in a list that all groups of a place share.
    counters: by status, of the day that begins at `start`; and the polls by interval.
    """

    __slots__ = ("agent", "clients", "counters", "flags", "is_service", "place", "start", "whole")

    def __init__(
        self, agent: Agent, place: Place, flags: int, clients: dict[bytes, int], whole: list[int]
    ) -> None:
        self.agent, self.place, self.flags = agent, place, flags
        self.clients, self.whole = clients, whole
        self.is_service = agent.hosted
        self.counters: dict[int, tuple[Counter, list[int]]] = {}
        self.start = _NO_DAY


class LogTally:
    """Counts the polls in the lines of one log. summary: of all lines since the start."""

    def __init__(self, settings: Settings) -> None:
        self.summary = Summary()
        self._find = Places(settings).find
        self._parser = Parser()
        self._agents = Agents()
        self._days: dict[int, Counts] = {}
        self._wholes: dict[Place, list[int]] = {}
        # By target and User-Agent, without a Referer and with one.
        self._groups: tuple[_Groups, _Groups] = {}, {}
        self._clients: dict[tuple[object, ...], dict[bytes, int]] = {}
        self._size = self._met = 0  # groups; clients

    @property
    def is_full(self) -> bool:
        """Whether `collect` should be called, as much memory is used."""
        return sum(each.met + 3 * len(each.polls) for each in self._days.values()) > _MAX_READERS

    def collect(self) -> Iterator[Batch]:
        """Return what was counted since the last call."""
        days, self._days = self._days, {}
        for group in self._all():
            group.start = _NO_DAY
            group.counters.clear()
        for each in days.values():
            self._summarize(each)
            yield each.batch("log")

    def _all(self) -> Iterator[Group]:
        for groups in self._groups:
            for by_agent in groups.values():
                yield from by_agent.values()

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
        referred = referrer not in _NO_REFERRER
        by_agent = self._groups[referred].get(target)
        group = by_agent.get(text) if by_agent else None
        if group is None and (group := self._meet(target, text, referred)) is None:
            return
        start = group.start
        if not start <= instant < start + DAY:
            start = self._turn(group, instant)
        counter, waits = group.counters.get(status) or self._counter(group, status)
        counter[0] += 1
        counter[1] += size
        counter[3] = instant
        if status == 304:
            counter[2] += group.whole[0]
        elif status == 404:
            return
        elif size > group.whole[0] and status == 200:
            group.whole[0] = size
        clients = group.clients
        last = clients.get(b"" if group.is_service else address)
        if last is None or not start <= last < start + DAY:
            self._greet(group, address, last is None)
        wait = _LONG if last is None else instant - last
        if 0 <= wait < _LONG:
            waits[_CLASSES[wait] if wait < 7200 else bisect_left(INTERVALS, wait)] += 1
        clients[b"" if group.is_service else address] = instant

    def _meet(self, target: bytes, text: bytes, referred: bool) -> Group | None:
        """Return a new group; None if the target is no feed."""
        place = self._find(target)
        if place is None:
            return None
        if self._size >= _MAX_GROUPS:
            self._size = self._met = 0
            for each in (*self._groups, self._clients):
                each.clear()
            self._wholes = {of: whole for of, whole in self._wholes.items() if whole[0]}
        self._size += 1
        agent = self._agents.learn(user_agent(text))
        flags = counts.LOGGED | (counts.QUERY if b"?" in target else 0)
        flags |= counts.REFERRER if referred else 0
        key = (agent.family, agent.key, place) if agent.hosted else (target, text)
        clients = self._clients.setdefault(key, {})
        group = Group(agent, place, flags, clients, self._wholes.setdefault(place, [0]))
        self._groups[referred].setdefault(target, {})[text] = group
        return group

    def _greet(self, group: Group, address: bytes, is_new: bool) -> None:
        """Note a reader, once a day; forget others, if there are too many."""
        if group.agent.is_direct:
            counted = self._days[group.start // DAY]
            counted.meet(group.agent, group.place, address.decode("ascii", "replace"))
        self._met += is_new
        if self._met > _MAX_CLIENTS:
            lasts = sorted(last for each in self._clients.values() for last in each.values())
            middle = lasts[len(lasts) // 2]
            for each in self._clients.values():
                for name in [name for name, last in each.items() if last <= middle]:
                    del each[name]
            self._met = sum(map(len, self._clients.values()))

    def _turn(self, group: Group, instant: int) -> int:
        """Start the counters of a group on another day; return when it began."""
        day = instant // DAY
        found = self._days.get(day) or self._start(day, instant)
        found.start = min(found.start, instant)
        group.start, group.counters = day * DAY, {}
        return group.start

    def _counter(self, group: Group, status: int) -> tuple[Counter, list[int]]:
        place = group.place if status in _POLLS else None
        counted = self._days[group.start // DAY]
        counter = counted.counter((group.agent, place, status, group.flags), 0)
        waits = counted.waits.setdefault(
            (group.agent.family, status in _CONDITIONAL), [0] * (len(INTERVALS) + 1)
        )
        group.counters[status] = counter, waits
        return counter, waits

    def _start(self, day: int, instant: int) -> Counts:
        if not _OLDEST < day < _NEWEST:
            raise Unreadable("its time is none")
        started = self._days[day] = Counts(day, instant)
        return started
