"""The rows that the store returns. day: days since 1970-01-01, UTC. Pure."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """The kind of a family. UNKNOWN: it reports a count, but is not in families.csv."""

    SERVICE = "service"  # reports how many subscribers it has
    AT_LEAST = "at_least"  # polls for several subscribers without reporting how many
    DIRECT = "direct"
    CRAWLER = "crawler"
    MONITOR = "monitor"
    BROWSER = "browser"
    UNKNOWN = "unknown"


class Reported(NamedTuple):
    """The last count that a service reported on a day for one of its ids of a document.

    key: the service's id of the feed, or a digest of its User-Agent without the number. number:
    None if it reports none. seen: when it was reported, in seconds since the epoch. known: whether
    the service is in families.csv.
    """

    day: int
    feed: str
    format: str
    family: str
    key: str
    number: int | None
    seen: int
    known: bool


class Direct(NamedTuple):
    """The number of distinct direct readers of a feed on a day, of a family or of a format.

    Either `family` or `format` is '', which stands for all.
    """

    day: int
    feed: str
    format: str
    family: str
    readers: int


class Polls(NamedTuple):
    """Polls and bytes. feed, format, family: '' if the rows are sums over them.

    saved: bytes that a 304, a 226 or compression saved, compared with the whole plain document.
    """

    day: int
    feed: str
    format: str
    family: str
    status: int
    conditional: bool
    polls: int
    sent: int
    saved: int


class Conduct(NamedTuple):
    """How families behaved on some days.

    polls: (polls, bytes sent, bytes saved) by family and status. intervals: polls by whether they
    are conditional, and by the time since the client's previous poll; see criteria.INTERVALS.
    acts: polls by family and act; see criteria.Act.
    """

    polls: Mapping[tuple[str, int], Sequence[int]]
    intervals: Mapping[tuple[bool, int], int]
    acts: Mapping[tuple[str, str], int]


class Agent(NamedTuple):
    """A family of User-Agents. example: one of them. seen: the day of its last poll."""

    family: str
    kind: Kind
    example: str
    seen: int


class Daily(NamedTuple):
    """Stored figures of an ended day; see daily.py, which computes them."""

    day: int
    dimension: str
    name: str
    subscribers: int
    at_least: int
    direct: int
    claimed: int
    gained: int
    lost: int
    polls: int
    sent: int
    saved: int
