"""The polls of one day in memory, and the numbers that are derived from them.

A poll is counted by its User-Agent, place, status and flags. Everything else is derived from these
when the counts are stored.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from types import MappingProxyType

from feedsvc.audience.agents import OTHER, Agent
from feedsvc.audience.criteria import Act
from feedsvc.audience.records import Record, is_later
from feedsvc.audience.store import Batch

# Flags of a poll. The higher bits are its interval: 1 + its class in INTERVALS, or 0.
TAGGED, DATED, STALE, UNQUOTED, INVENTED, COOKIE, REFERRER, QUERY = (1 << n for n in range(8))
KNOWN, BURSTING, FRESH, REFUSED, IGNORED, PLAIN, LOGGED, UNSENT = (1 << n for n in range(8, 16))
EARLY, SOON = 1 << 16, 1 << 17  # sooner than POLITE; otherwise, than POLITE_UNCONDITIONAL
INTERVAL = 18  # its position in the flags, in bits

_MAX_READERS = 500_000  # addresses until the next flush, some 50 MB
_MAX_KEYS = 200_000
_SIMPLE = {
    TAGGED: Act.TAGGED,
    DATED: Act.DATED,
    INVENTED: Act.DATE_INVENTED,
    UNQUOTED: Act.TAG_UNQUOTED,
    COOKIE: Act.COOKIE,
    REFERRER: Act.REFERRER,
    QUERY: Act.QUERY,
    KNOWN: Act.KNOWN,
    BURSTING: Act.BURST,
    FRESH: Act.FRESH,
    REFUSED: Act.REFUSED,
    IGNORED: Act.IGNORED,
    PLAIN: Act.PLAIN,
}

Place = tuple[str, str]  # feed, format
Key = tuple[Agent, Place | None, int, int]  # place: None for an invented address; status, flags


def network(address: str) -> str:
    """Return the part of an address that identifies a reader: all of IPv4, the /64 of IPv6."""
    if ":" not in address:
        return address
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or (int(parsed) >> 64))


# Polls, bytes sent, bytes saved, the instant of the last poll, and the number of its Counts.
PollCounter = list[int]


@dataclass(slots=True)
class Counts:
    """The polls of a day. Thread-safe under the GIL, but for `batch`.

    polls: by key. readers: addresses of direct readers by agent and place; met: their number.
    start: an instant before the first poll.
    """

    day: int
    start: int
    polls: dict[Key, PollCounter] = field(default_factory=dict)
    readers: dict[tuple[Agent, Place], set[str]] = field(default_factory=dict)
    met: int = 0

    def meet(self, agent: Agent, place: Place, address: str) -> None:
        """Add a direct reader, up to a limit."""
        readers = self.readers.setdefault((agent, place), set())
        reader = network(address)
        if self.met < _MAX_READERS and reader not in readers:
            self.met += 1
            readers.add(reader)

    def counter(self, key: Key, number: int) -> PollCounter:
        """Return the counter of a key. number: identifies these counts in a new counter."""
        counter = self.polls.get(key)
        if counter is None:
            if len(self.polls) >= _MAX_KEYS:  # somebody invents User-Agents
                key = (OTHER, *key[1:3], key[3] & (TAGGED | DATED | LOGGED))
            counter = self.polls.setdefault(key, [0, 0, 0, 0, number])
        return counter

    def batch(self) -> Batch:
        """Return the numbers for the store, and discard the polls."""
        polls = _popped(self.polls)
        # A copy, as another thread may still be counting a poll.
        return batch(self.day, "live", self.start, polls, list(self.readers.items()))


def _popped(polls: dict[Key, PollCounter]) -> Iterator[tuple[Key, PollCounter]]:
    while polls:  # from the end, which frees memory at once
        yield polls.popitem()


def batch(
    day: int,
    source: str,
    start: int,
    polls: Iterable[tuple[Key, PollCounter]],
    readers: Iterable[tuple[tuple[Agent, Place], Iterable[str]]],
    waits: Mapping[tuple[str, bool], Sequence[int]] = MappingProxyType({}),
) -> Batch:
    """Return the numbers of a day for the store.

    start: an instant before the first poll. waits: the number of polls in each class of interval,
    by family and whether they are conditional; a server has the class in the flags.
    """
    batch = Batch(day, source)
    batch.records[""] = Record()
    # Values that do not depend on the feed are derived once.
    kinds: dict[tuple[Agent, bool, int, int], int] = {}
    for (agent, place, status, flags), counter in polls:
        kind = agent, place is None, status, flags
        kinds[kind] = kinds.get(kind, 0) + counter[0]
        if place is not None:
            record = batch.records.get(place[0])
            if record is None:
                record = batch.records[place[0]] = Record(start=start)
            _add(record, (agent, place, status, flags), counter)
    _add_conduct(batch, kinds)
    intervals = batch.records[""].intervals
    for (family, conditional), numbers in waits.items():
        for interval, number in enumerate(numbers):
            if number:
                intervals[family, conditional, interval] = number
    for (agent, (feed, format)), addresses in readers:
        batch.readers.setdefault((feed, agent.family, format), set()).update(addresses)
    return batch


def _add_conduct(batch: Batch, kinds: Mapping[tuple[Agent, bool, int, int], int]) -> None:
    site = batch.records[""]
    for (agent, is_invented, status, flags), polls in kinds.items():
        batch.agents[agent.family] = agent.kind, agent.example
        for act in _acts(agent, is_invented, status, flags):
            site.acts[agent.family, act] = site.acts.get((agent.family, act), 0) + polls
        if not is_invented and (interval := flags >> INTERVAL):
            key = agent.family, _is_conditional(status, flags), interval - 1
            site.intervals[key] = site.intervals.get(key, 0) + polls


def _add(record: Record, key: tuple[Agent, Place, int, int], counter: PollCounter) -> None:
    """Add the polls of a key to the record of its feed."""
    agent, (_, format), status, flags = key
    polls, sent, saved, last, _ = counter
    record.end = max(record.end, last)
    sums = record.polls.setdefault(
        (agent.family, format, status, _is_conditional(status, flags)), [0, 0, 0]
    )
    sums[0] += polls
    sums[1] += sent
    sums[2] += saved
    if agent.reports and status < 400:
        _report(record, agent, format, last)


def _is_conditional(status: int, flags: int) -> bool:
    return status in (226, 304) or flags & (TAGGED | DATED) != 0


def _report(record: Record, agent: Agent, format: str, last: int) -> None:
    key = (agent.family, format, agent.key)
    new, before = (agent.number, last, agent.known), record.reported.get(key)
    if before is None or is_later(new, before):
        record.reported[key] = new


def _acts(agent: Agent, is_invented: bool, status: int, flags: int) -> Iterator[Act]:
    """Yield the acts of each poll of a key."""
    yield Act.POLL
    if agent.library:
        yield Act.LIBRARY
    if is_invented:
        yield Act.INVENTED_URL
        return
    yield from (act for flag, act in _SIMPLE.items() if flags & flag)
    if flags & STALE:
        yield Act.TAG_STALE if flags & TAGGED else Act.DATE_STALE
    if status == 200 and not flags & (LOGGED | UNSENT):
        yield Act.WHOLE
    if flags & KNOWN:
        yield from _repeated(flags)


def _repeated(flags: int) -> Iterator[Act]:
    """Yield the acts of a poll of a known client."""
    if flags & (TAGGED | DATED):
        yield Act.CONDITIONAL_AGAIN
        if flags & EARLY:
            yield Act.CONDITIONAL_EARLY
    else:
        yield Act.FORGOT
        if flags & (EARLY | SOON):
            yield Act.UNCONDITIONAL_EARLY
