"""`feedsvc stats demo`: create made-up figures, to see what the statistics look like."""

import math
import random
import time
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click

from feedsvc.audience import agents, daily
from feedsvc.audience.agents import Agent
from feedsvc.audience.criteria import INTERVALS, Act
from feedsvc.audience.records import Record
from feedsvc.audience.rows import Kind
from feedsvc.audience.store import DAY, Batch, Store
from feedsvc.cli.site import open_site, site_option
from feedsvc.errors import FeedsvcError
from feedsvc.model import Format
from feedsvc.publication import Publication

_WHOLE, _COMPRESSED, _DELTA = 48_000, 9_500, 2_200  # bytes of a response body, by its kind


class Manner(NamedTuple):
    """How a family polls. share: of all subscribers; 0 for one client. polls: per client and day.

    conditional: whether it makes conditional requests. bad: the share of polls for each bad act.
    agent: its User-Agent, if it is not in families.csv.
    """

    family: str
    share: float
    polls: float
    conditional: bool = True
    bad: Mapping[Act, float] = {}
    agent: str = ""

    @property
    def parsed(self) -> Agent:
        """Its User-Agent, parsed."""
        return _parsed(self.family, self.agent)


@cache
def _parsed(family: str, agent: str) -> Agent:
    known = {each.name: each.example for _, each in agents.families()}
    return agents.parse(agent or known[family])


# The shares and manners are made up.
MANNERS = (
    Manner("Feedly", 0.30, 48),
    Manner("Inoreader", 0.12, 24),
    Manner("NewsBlur", 0.05, 30, bad={Act.DATE_STALE: 0.04}),
    Manner("Feedbin", 0.06, 40),
    Manner("The Old Reader", 0.03, 20, False),
    Manner("BazQux", 0.01, 48),
    Manner("Superfeedr", 0, 96),
    Manner("Slack", 0, 48, False),
    Manner("FreshRSS", 0.07, 24),
    Manner("Miniflux", 0.05, 24),
    Manner("Tiny Tiny RSS", 0.02, 24, bad={Act.TAG_STALE: 0.2}),
    Manner("NetNewsWire", 0.11, 16),
    Manner("Reeder", 0.06, 20, bad={Act.BURST: 0.1}),
    Manner("Thunderbird", 0.05, 10, bad={Act.COOKIE: 0.3}),
    Manner("Newsboat", 0.02, 12),
    Manner("Outlook", 0.01, 24, bad={Act.TAG_UNQUOTED: 0.9, Act.REFERRER: 0.5}),
    Manner("Go-http-client", 0.02, 144, False, {Act.PLAIN: 0.7}),
    Manner("python-requests", 0.01, 288, False, {Act.IGNORED: 0.1, Act.QUERY: 0.4}),
    Manner("Liferea", 0.01, 24),
    Manner("Googlebot", 0, 6, agent="Mozilla/5.0 (compatible; Googlebot/2.1)"),
    Manner(
        "Firefox", 0.01, 1, False, agent="Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/132.0"
    ),
    Manner("RankBooster", 0, 4, False, agent="RankBooster/1.0 (999999 subscribers)"),
)


@dataclass(slots=True)
class Model:
    """An imaginary site whose numbers are known.

    weights: shares of the subscribers by feed. readers: subscribers at the end of the last day.
    truth: the subscribers by feed and family, for each generated day.
    """

    weights: Mapping[str, float]
    readers: int
    last: int
    manners: Sequence[Manner] = MANNERS
    growth: float = 0.0016  # per day
    seed: int = 1
    truth: dict[int, dict[tuple[str, str], int]] = field(default_factory=dict)

    def batch(self, day: int) -> Batch:
        """Return the numbers of a day."""
        batch = Batch(day, "live")
        truth = self.truth[day] = {}
        site = batch.records[""] = Record()
        for manner in self.manners:
            batch.agents[manner.family] = manner.parsed.kind, manner.parsed.example
        for feed, weight in self.weights.items():
            record = batch.records[feed] = Record(start=day * DAY + 60, end=(day + 1) * DAY - 60)
            for manner in self.manners:
                number = self._number(day, feed, manner, self.readers * weight * manner.share)
                if number or not manner.share:
                    truth[feed, manner.family] = number
                    self._fill(record, site, day, feed, manner, number)
        return batch

    def _number(self, day: int, feed: str, manner: Manner, share: float) -> int:
        """Return the subscribers of a family on a day: growing, with weekends and noise."""
        noise = self._chance(feed, manner).random()
        share *= math.exp(self.growth * (1.5 - noise) * (day - self.last))
        if manner.parsed.kind is Kind.DIRECT:
            share *= 0.82 if (day + 3) % 7 in (5, 6) else 1.0
        return int(share + noise)

    def _chance(self, feed: str, manner: Manner, day: int = 0) -> random.Random:
        seed = f"{self.seed} {feed} {manner.family} {day}"
        return random.Random(zlib.crc32(seed.encode()))  # noqa: S311

    def _fill(
        self, record: Record, site: Record, day: int, feed: str, manner: Manner, number: int
    ) -> None:
        agent = manner.parsed
        is_one = agent.reports or not manner.share
        format = Format.ATOM if manner.family in ("NetNewsWire", "FreshRSS") else Format.RSS
        varied = manner.polls * self._chance(feed, manner, day).uniform(0.9, 1.1)
        clients = 1 if is_one else number
        polls = max(1, round(clients * varied))
        _poll(record, manner, format, polls, clients)
        _behave(site, manner, polls)
        if agent.is_direct:
            record.direct[manner.family, ""] = number
            record.direct["", format] = record.direct.get(("", format), 0) + number
        elif agent.reports:
            claimed = agent.number if agent.kind is Kind.UNKNOWN else number
            count = None if agent.number is None else claimed
            key = str(zlib.crc32(f"{manner.family} {feed}".encode()))
            record.reported[manner.family, format, key] = count, record.end, agent.known


def _poll(record: Record, manner: Manner, format: str, polls: int, clients: int) -> None:
    fresh = min(polls, clients) if manner.conditional else polls
    deltas = fresh if manner.family in ("Feedbin", "NetNewsWire") else 0
    answers = (304, polls - fresh, 0), (226, deltas, _DELTA), (200, fresh - deltas, _COMPRESSED)
    for status, number, size in answers:
        if number:
            sums = [number, number * size, number * (_WHOLE - size)]
            record.polls[manner.family, format, status, manner.conditional] = sums


def _behave(site: Record, manner: Manner, polls: int) -> None:
    """Count acts and intervals. A family that waits for an hour never polls too early."""
    wait = DAY / manner.polls
    acts = {Act.POLL: polls, Act.KNOWN: polls}
    if manner.conditional:
        acts |= {Act.TAGGED: polls, Act.DATED: polls, Act.CONDITIONAL_AGAIN: polls}
        acts[Act.CONDITIONAL_EARLY] = polls if wait < INTERVALS[4] - 60 else 0
    else:
        acts |= {Act.FORGOT: polls, Act.WHOLE: polls, Act.UNCONDITIONAL_EARLY: polls}
    if manner.parsed.library:
        acts[Act.LIBRARY] = polls
    if Act.IGNORED in manner.bad:
        acts[Act.REFUSED] = round(0.2 * polls)
    for act, share in manner.bad.items():
        acts[act] = round(share * polls)
    for act, number in acts.items():
        site.acts[manner.family, act] = site.acts.get((manner.family, act), 0) + number
    for factor, share in ((0.7, 0.15), (1.0, 0.7), (1.6, 0.15)):
        key = (manner.family, manner.conditional, bisect_left(INTERVALS, wait * factor))
        site.intervals[key] = site.intervals.get(key, 0) + round(share * polls)


def days(model: Model, count: int) -> Iterator[Batch]:
    """Yield the numbers of the days up to the model's last, oldest first."""
    for day in range(model.last - count + 1, model.last + 1):
        yield model.batch(day)


@click.command()
@site_option
@click.option("--days", "count", type=click.IntRange(1, 3650), default=365, show_default=True)
@click.option(
    "--readers",
    type=click.IntRange(1, 10_000_000),
    default=4000,
    show_default=True,
    help="Subscribers on the last day.",
)
def demo(site: Path, count: int, readers: int) -> None:
    """Create made-up figures for the feeds of a site that has none yet.

    They are stored where real figures would be: use a copy of the site, or another database in
    [statistics]. Delete that database afterwards.
    """
    with open_site(site) as (settings, catalog):
        feeds = [each.ref.key for each in Publication(settings, catalog).feeds()]
    if not feeds:
        raise FeedsvcError("the site has no feeds; run `feedsvc sync` first")
    weights = {feed: 1 / (number + 1) ** 1.3 for number, feed in enumerate(feeds)}
    total = sum(weights.values())
    shares = {feed: weight / total for feed, weight in weights.items()}
    model = Model(shares, readers, int(time.time()) // DAY)
    with Store(settings.statistics.database, settings.statistics.retention) as store:
        if store.days():
            raise FeedsvcError(
                f"{store.place} has figures; name another database in [statistics], so that "
                "made-up figures are not mixed with real ones"
            )
        for batch in days(model, count):
            store.add([batch])
        daily.catch_up(store, model.last, settings)
    click.echo(f"Made up {count} days in {store.place}.")
