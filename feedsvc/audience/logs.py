"""Counts the polls in access logs as the server counts the polls that it answers.

Behind a CDN the server sees only requests that the CDN cannot answer; the CDN's logs have all. Logs
show the status, size and Referer of a request, but not its preconditions.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from feedsvc.audience import counts
from feedsvc.audience.agents import Agent, Agents
from feedsvc.audience.counts import Key, Place, PollCounter
from feedsvc.audience.criteria import INTERVALS
from feedsvc.audience.lines import Line, Parser, Unreadable, clf, user_agent
from feedsvc.audience.places import Places
from feedsvc.audience.store import DAY, Batch
from feedsvc.config.settings import Settings

_POLLS = frozenset({200, 226, 304, 429})
_COUNTED = _POLLS | {404}
_NO_REFERRER = (b"-", b"")
_LONGEST = 1_000  # bytes of a target or User-Agent; the rest is ignored
_CONDITIONAL = frozenset({226, 304})
_OLDEST, _NEWEST = 10_000, 40_000  # days; other times are not valid
_NO_DAY = -(10**15)  # an instant before any day

# Most lines of the combined format are `address - - [time] "GET ...`.
_MIDDLE = b" - - ["
_TIME = len("27/Nov/2026:19:28:01 +0000")
_REQUEST = _TIME + len('] "')
_PLAIN = re.compile(rb'[^\s":]+|[^\s":]*:[^\s":]*:[^\s"]*').fullmatch  # no host with a port

# Memory limits. Anything beyond them is forgotten or stored; see `is_full`.
_MAX_OTHERS = 50_000
_MAX_KINDS = 100_000
_MAX_CLIENTS = 240_000  # whose last poll is remembered
_MAX_COUNTED = 120_000  # kinds on one day, and readers

_LONG = 30 * DAY  # seconds; longer intervals are not counted
_LISTED = 7200
_CLASSES = [bisect_left(INTERVALS, seconds) for seconds in range(_LISTED)]


@dataclass(slots=True)
class Summary:
    """The contents of a log. first, last: instants of polls. problem: a line, and its fault."""

    lines: int = 0
    polls: int = 0
    first: int = 0
    last: int = 0
    unreadable: int = 0
    problem: tuple[int, str] | None = None
    feeds: set[str] = field(default_factory=set)


class Counted(NamedTuple):
    """The counts of a day; see Counts. readers: addresses, perhaps repeated."""

    day: int
    start: int
    polls: Iterable[tuple[Key, PollCounter]]
    readers: Mapping[tuple[Agent, Place], Sequence[bytes]]
    waits: Mapping[tuple[str, bool], Sequence[int]]

    def batch(self) -> Batch:
        """Return the numbers for the store."""
        readers = (
            (of, (counts.network(each.decode("ascii", "replace")) for each in addresses))
            for of, addresses in self.readers.items()
        )
        return counts.batch(self.day, "log", self.start, self.polls, readers, self.waits)


@dataclass(slots=True)
class _Day:
    """The counts of a day, without the polls that kinds still hold; see Counted."""

    start: int
    polls: dict[Key, PollCounter] = field(default_factory=dict)
    readers: dict[tuple[Agent, Place], list[bytes]] = field(default_factory=dict)
    waits: dict[tuple[str, bool], list[int]] = field(default_factory=dict)

    def add(self, kind: "_Kind", whole: int) -> None:
        """Move the polls of a kind here. whole: the bytes that each 304 saved."""
        counter = self.polls.setdefault(kind.key, [0, 0, 0, 0, 0])
        for index, number in enumerate(kind.counter(whole)[:3]):
            counter[index] += number
        counter[3] = max(counter[3], kind.last)
        kind.polls = 0


class _Kind:
    """Polls that differ only in address and time. size: bytes of the response.

    client: a hash of target and User-Agent, or of the service, which polls from many addresses.
    start: the beginning of the day on which `polls` were counted. last: the instant of the last.
    readers, waits: of that day, agent and place; see Counted.
    """

    __slots__ = (
        *("client", "is_direct", "is_service", "key", "last", "polls", "readers", "size"),
        *("start", "waits"),
    )

    def __init__(self, key: Key, size: int, client: int) -> None:
        self.key, self.size, self.client = key, size, client
        self.is_direct, self.is_service = key[0].is_direct, key[0].hosted
        self.polls = self.last = 0
        self.start = _NO_DAY
        self.readers: list[bytes] = []
        self.waits: list[int] = []

    def counter(self, whole: int) -> PollCounter:
        """Return the counter of the polls. whole: the bytes that each 304 saved."""
        saved = whole * self.polls if self.key[2] == 304 else 0
        return [self.polls, self.size * self.polls, saved, self.last, 0]


class LogTally:
    """Counts the polls in the lines of one log. summary: of all lines since the start.

    Most lines differ from an earlier one only in address and time. Their kind is looked up by the
    hash of the rest of the line. To save memory, lines and clients are represented by 64-bit keyed
    hashes.
    """

    def __init__(self, settings: Settings) -> None:
        self.summary = Summary()
        self._find = Places(settings).find
        self._parser = Parser()
        self._agents = Agents()
        self._days: dict[int, _Day] = {}
        self._wholes: dict[Place, int] = {}  # bytes of the largest response
        self._kinds: dict[int, _Kind] = {}
        self._others: set[bytes] = set()  # request lines that ask for no feed
        self._clients: dict[int, int] = {}  # instants of their last polls
        self._counted = 0

    @property
    def is_full(self) -> bool:
        """Whether `collect` should be called: at a limit, or at half of it once a day has ended."""
        has_ended = len(self._days) > 1
        return self._counted > (_MAX_COUNTED // 2 if has_ended else _MAX_COUNTED)

    def collect(self) -> Iterator[Counted]:
        """Yield the counts since the last call, by day. Exhaust each before the next."""
        newest = max(self._days, default=0)
        for kind in self._kinds.values():
            if kind.polls and kind.start != newest * DAY:
                self._days[kind.start // DAY].add(kind, self._whole(kind))
        for number, day in sorted(self._days.items()):
            polls = self._polls(day, number == newest)
            yield Counted(number, day.start, polls, day.readers, day.waits)
        self._days = {}
        self._counted = 0

    def _polls(self, day: _Day, is_newest: bool) -> Iterator[tuple[Key, PollCounter]]:
        """Yield the polls of a day."""
        found = self.summary
        for key, counter in chain(day.polls.items(), self._recent() if is_newest else ()):
            if key[1]:
                found.polls += counter[0]
                found.feeds.add(key[1][0])
                found.first = min(found.first or day.start, day.start)
                found.last = max(found.last, counter[3])
            yield key, counter

    def _recent(self) -> Iterator[tuple[Key, PollCounter]]:
        """Yield the polls that are counted in kinds."""
        for kind in self._kinds.values():
            if kind.polls:
                yield kind.key, kind.counter(self._whole(kind))
            kind.polls, kind.start = 0, _NO_DAY

    def _whole(self, kind: _Kind) -> int:
        place = kind.key[1]
        return self._wholes.get(place, 0) if place else 0

    def read(self, lines: Sequence[bytes]) -> None:
        """Count the polls in some lines."""
        known, others, summary = self._kinds, self._others, self.summary
        time, instant = b"", 0
        for number, line in enumerate(lines, summary.lines + 1):
            address, _, rest = line.partition(_MIDDLE)
            kind = known.get(hash(rest[_TIME:]))
            try:
                if kind is not None and _PLAIN(address):
                    if rest[:_TIME] != time:
                        instant = clf(rest[:_TIME])
                        time = rest[:_TIME]
                    self._count(kind, address, instant)
                elif rest[_REQUEST : rest.find(b'"', _REQUEST)] not in others:
                    self._parse(line, address, rest)
            except Unreadable as error:
                summary.unreadable += 1
                summary.problem = summary.problem or (number, str(error))
        summary.lines += len(lines)
        if len(self._clients) > _MAX_CLIENTS:
            middle = sorted(self._clients.values())[-_MAX_CLIENTS // 2]
            self._clients = {each: last for each, last in self._clients.items() if last > middle}

    def _parse(self, line: bytes, address: bytes, rest: bytes) -> None:
        """Count the poll in a line, and remember its end if that determines how it is counted.

        address, rest: the parts before and after the first _MIDDLE.
        """
        parsed = self._parser.parse(line)
        if parsed is None:
            return
        is_usual = (
            parsed.address == address
            and rest[_TIME:_REQUEST] == b'] "'
            and len(rest) < _LONGEST  # to save memory
        )
        place = self._find(parsed.target[:_LONGEST])
        if place and parsed.status in _COUNTED:
            end = rest[_TIME:] if is_usual else None
            self._count(self._kind(parsed, place, end), parsed.address, parsed.instant)
        elif place is None and is_usual:
            if len(self._others) >= _MAX_OTHERS:
                self._others.clear()
            self._others.add(rest[_REQUEST : rest.find(b'"', _REQUEST)])

    def _kind(self, parsed: Line, place: Place, end: bytes | None) -> _Kind:
        """Return the kind of a line. end: of the line, if it is remembered."""
        _, _, target, status, size, referrer, text = parsed
        target, text = target[:_LONGEST], text[:_LONGEST]
        is_referred = referrer not in _NO_REFERRER
        name = hash((target, status, size, is_referred, text) if end is None else end)
        if found := self._kinds.get(name):
            return found
        if len(self._kinds) >= _MAX_KINDS:
            self._forget()
        agent = self._agents.learn(user_agent(text))
        flags = counts.LOGGED | (counts.QUERY if b"?" in target else 0)
        flags |= counts.REFERRER if is_referred else 0
        key = agent, place if status in _POLLS else None, status, flags
        client = hash((agent.family, agent.key, place) if agent.hosted else (target, text))
        if status == 200:
            self._wholes[place] = max(size, self._wholes.get(place, 0))
        self._kinds[name] = found = _Kind(key, size, client)
        return found

    def _forget(self) -> None:
        for kind in self._kinds.values():
            if kind.polls:
                self._days[kind.start // DAY].add(kind, self._whole(kind))
        self._kinds.clear()

    def _count(self, kind: _Kind, address: bytes, instant: int) -> None:
        start = kind.start
        if not start <= instant < start + DAY:
            start = self._turn(kind, instant)
        kind.polls += 1
        kind.last = instant
        if kind.key[1] is None:
            return
        client = kind.client if kind.is_service else hash((address, kind.client))
        last = self._clients.get(client, _NO_DAY)
        self._clients[client] = instant
        if not start <= last < start + DAY and kind.is_direct:
            kind.readers.append(address)
            self._counted += 1
        wait = instant - last
        if 0 <= wait < _LONG:
            kind.waits[_CLASSES[wait] if wait < _LISTED else bisect_left(INTERVALS, wait)] += 1

    def _turn(self, kind: _Kind, instant: int) -> int:
        """Start counting a kind on another day; return the beginning of the day."""
        number = instant // DAY
        day = self._days.get(number) or self._start(number, instant)
        if kind.polls:
            self._days[kind.start // DAY].add(kind, self._whole(kind))
        agent, place, status, _ = kind.key
        if place:
            if kind.is_direct:
                kind.readers = day.readers.setdefault((agent, place), [])
            key = agent.family, status in _CONDITIONAL
            kind.waits = day.waits.setdefault(key, [0] * (len(INTERVALS) + 1))
        day.start = min(day.start, instant)
        self._counted += 1
        kind.start = number * DAY
        return kind.start

    def _start(self, number: int, instant: int) -> _Day:
        if not _OLDEST < number < _NEWEST:
            raise Unreadable("its time is not valid")
        started = self._days[number] = _Day(instant)
        return started
