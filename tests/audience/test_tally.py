"""Counting polls: statistics 1 to 5, 7 and 10 to 12."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from feedsvc.audience.agents import Agents
from feedsvc.audience.counts import network
from feedsvc.audience.criteria import DAY, HOUR, INTERVALS, Act
from feedsvc.audience.store import Batch
from feedsvc.audience.tally import Tally, _instant
from feedsvc.http.conditional import Answer, answer, plain
from feedsvc.http.hosts import networks
from feedsvc.http.representation import Representation, represent
from feedsvc.model import Document

READER = "NetNewsWire (RSS Reader; https://netnewswire.com/)"
FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; {} subscribers)"
START = 20_000 * DAY + HOUR
PATH = "/feeds/all.rss"


def document(number: int = 1) -> Representation:
    moment = datetime.fromtimestamp(START - DAY + number, UTC)
    body = b"x" * 40_000 + str(number).encode()
    made = represent(
        Document(body, "application/rss+xml", number, moment, f"{number}.abc"),
        self_url=PATH,
        max_age=900,
    )
    made.make("gzip")
    return made


class Clock(Tally):
    """A tally with its own clock, for one document."""

    def __init__(self, *proxies: str) -> None:
        super().__init__(networks(proxies))
        self.document = document()
        self.tick(START)
        self.collect()

    def poll(
        self,
        agent: str = READER,
        path: str = PATH,
        feed: str = "all",
        after: int = 0,
        refuse: bool = False,
        **headers: str,
    ) -> Answer:
        self.tick(self.now + after)
        environ = {"REQUEST_METHOD": "GET", "REMOTE_ADDR": "192.0.2.1", "QUERY_STRING": ""}
        environ |= {"HTTP_USER_AGENT": agent, "HTTP_ACCEPT_ENCODING": "gzip", **headers}
        environ = {name: value for name, value in environ.items() if value is not None}
        sent = answer(self.document, environ, self.now, None)
        if refuse:
            body = b"too often"
            fields = plain(body, ("Retry-After", "600"))
            sent = sent._replace(status=429, headers=fields, body=body, coding="")
        self.count(environ, feed, path, sent, len(self.document.document.body))
        return sent

    def etag(self) -> str:
        return next(tag for tag, coding in self.document.etags.items() if coding == "gzip")

    def batch(self) -> Batch:
        (batch,) = self.collect()
        return batch

    def acts(self, family: str = "NetNewsWire") -> Mapping[str, int]:
        acts = self.batch().records[""].acts
        return {act: polls for (name, act), polls in acts.items() if name == family}


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_polls_are_counted_by_format_and_answer(clock: Clock) -> None:
    """Statistics 1, 5: all URLs of a feed are counted for it, by format."""
    sent = clock.poll()
    clock.poll(HTTP_IF_NONE_MATCH=clock.etag(), QUERY_STRING="utm_source=x")
    clock.poll(REQUEST_METHOD="HEAD")
    clock.poll(path="/feeds/all.atom")
    clock.poll(path="/feeds/all/archive/3.rss")
    clock.poll(path="/feeds.opml", feed="")
    polls = clock.batch().records["all"].polls
    whole, size = len(clock.document.document.body), len(sent.body)
    assert polls == {
        ("NetNewsWire", "rss", 200, False): [2, size, whole - size],
        ("NetNewsWire", "rss", 304, True): [1, 0, whole],
        ("NetNewsWire", "atom", 200, False): [1, size, whole - size],
    }


def test_the_last_number_of_a_service_is_kept_from_any_address(clock: Clock) -> None:
    """Statistics 4."""
    clock.poll(FEEDLY.format(10), REMOTE_ADDR="192.0.2.7")
    clock.poll(FEEDLY.format(12), REMOTE_ADDR="192.0.2.8", after=HOUR)
    clock.poll("Superfeedr bot/2.0 http://superfeedr.com")
    clock.poll("RankBooster/1.0 (999999 subscribers)")
    batch = clock.batch()
    found = {key[0]: value for key, value in batch.records["all"].reported.items()}
    assert found["Feedly"] == (12, START + HOUR, True)
    assert found["Superfeedr"] == (None, START + HOUR, False)
    assert found["RankBooster"] == (999_999, START + HOUR, False)
    assert not batch.readers


def test_direct_readers_are_counted_by_address_family_and_feed(clock: Clock) -> None:
    """Statistics 2, 7, 11."""
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"):
        clock.poll(REMOTE_ADDR=address)
        clock.poll(REMOTE_ADDR=address)
    clock.poll("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
    clock.poll("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0")
    (readers,) = clock.batch().readers.values()
    assert len(readers) == 4
    assert network("::ffff:192.0.2.1") == "192.0.2.1"
    assert network("unix:") == "unix:"


def test_the_client_address_is_the_last_untrusted_one() -> None:
    clock = Clock("127.0.0.0/8")
    for forwarded in ("192.0.2.1", "192.0.2.2", "192.0.2.1"):
        clock.poll(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=f"10.0.0.1, {forwarded}")
    assert clock.batch().readers == {("all", "NetNewsWire", "rss"): {"192.0.2.1", "192.0.2.2"}}


def test_a_reader_counts_once_per_day_even_if_the_clock_is_changed(clock: Clock) -> None:
    for after in (0, DAY, -DAY, DAY):
        clock.poll(after=after)
    batches = clock.collect()
    assert {batch.day for batch in batches} == {20_000, 20_001}
    assert all(len(batch.readers) == 1 for batch in batches)
    assert sum(each.polls for batch in batches for each in totals(batch)) == 4


def totals(batch: Batch) -> list[Any]:
    from feedsvc.audience.rows import Polls

    return [
        Polls(batch.day, feed, key[1], key[0], key[2], key[3], *sums)
        for feed, record in batch.records.items()
        for key, sums in record.polls.items()
    ]


def test_a_well_behaved_reader_has_no_bad_acts(clock: Clock) -> None:
    """Statistics 10."""
    clock.poll()
    for number in range(5):
        if number == 3:
            clock.document = document(2)
        tag = document(2 if number == 4 else 1).etags
        gzip = next(each for each, coding in tag.items() if coding == "gzip")
        clock.poll(after=HOUR, HTTP_IF_NONE_MATCH=gzip)
    assert clock.acts() == {
        Act.POLL: 6,
        Act.KNOWN: 5,
        Act.TAGGED: 5,
        Act.CONDITIONAL_AGAIN: 5,
        Act.WHOLE: 2,
    }


BAD = {
    "hot": ({"after": 5}, {Act.FORGOT, Act.BURST, Act.FRESH, Act.UNCONDITIONAL_EARLY}),
    "fresh": ({"after": 600}, {Act.FORGOT, Act.FRESH, Act.UNCONDITIONAL_EARLY}),
    "daily": ({"after": DAY}, {Act.FORGOT}),
    "cookie": ({"after": DAY, "HTTP_COOKIE": "a=b"}, {Act.FORGOT, Act.COOKIE}),
    "referrer": ({"after": DAY, "HTTP_REFERER": "http://x/"}, {Act.FORGOT, Act.REFERRER}),
    "query": ({"after": DAY, "QUERY_STRING": "a"}, {Act.FORGOT, Act.QUERY}),
    "plain": ({"after": DAY, "HTTP_ACCEPT_ENCODING": "identity"}, {Act.FORGOT, Act.PLAIN}),
    "stale": ({"after": HOUR, "HTTP_IF_NONE_MATCH": '"old"'}, {Act.TAGGED, Act.TAG_STALE}),
    "unquoted": (
        {"after": HOUR, "HTTP_IF_NONE_MATCH": "1.abc"},
        {Act.TAGGED, Act.TAG_STALE, Act.TAG_UNQUOTED},
    ),
    "date": (
        {"after": HOUR, "HTTP_IF_MODIFIED_SINCE": "Sat, 01 Jan 2000 00:00:00 GMT"},
        {Act.DATED, Act.DATE_STALE},
    ),
    "invented": (
        {"after": HOUR, "HTTP_IF_MODIFIED_SINCE": "Fri, 01 Jan 2038 00:00:00 GMT"},
        {Act.DATED, Act.DATE_INVENTED},
    ),
    "nonsense": (
        {"after": HOUR, "HTTP_IF_MODIFIED_SINCE": "yesterday"},
        {Act.DATED, Act.DATE_INVENTED, Act.DATE_STALE},
    ),
}


@pytest.mark.parametrize(("poll", "expected"), BAD.values(), ids=BAD)
def test_bad_behaviour_is_counted(clock: Clock, poll: dict[str, Any], expected: set[Act]) -> None:
    """Statistics 10: in the second poll of a client that received the document."""
    clock.poll()
    clock.collect()
    clock.poll(**poll)
    usual = {Act.POLL, Act.KNOWN, Act.WHOLE, Act.CONDITIONAL_AGAIN}
    assert set(clock.acts()) - usual == expected


def test_clients_that_ignore_retry_after_are_counted(clock: Clock) -> None:
    """Statistics 10, 12: by address."""
    clock.poll()
    clock.poll(refuse=True, after=DAY)
    clock.poll(REMOTE_ADDR="192.0.2.9", after=10)
    clock.poll(after=10)
    clock.poll(after=DAY, refuse=True)
    clock.poll(after=700)
    acts: dict[str, int] = {}
    for batch in clock.collect():
        for (_, act), polls in batch.records[""].acts.items():
            acts[act] = acts.get(act, 0) + polls
    assert (acts[Act.REFUSED], acts[Act.IGNORED]) == (2, 1)


def test_intervals_are_measured_per_client(clock: Clock) -> None:
    """Statistics 9, 12."""
    for address in ("192.0.2.1", "192.0.2.2"):
        for after in (0, 1800, 1801):
            clock.poll(REMOTE_ADDR=address, after=after)
    intervals = clock.batch().records[""].intervals
    assert intervals == {
        ("NetNewsWire", False, INTERVALS.index(1800)): 2,
        ("NetNewsWire", False, INTERVALS.index(1800) + 1): 2,
    }


def test_a_refusal_saves_no_bytes(clock: Clock) -> None:
    """Statistics 9: only 304, 226 and compression do."""
    clock.poll(refuse=True)
    assert clock.batch().records["all"].polls == {
        ("NetNewsWire", "rss", 429, False): [1, len(b"too often"), 0]
    }


def test_a_clock_that_is_set_back_affects_no_score(clock: Clock) -> None:
    clock.poll()
    clock.collect()
    clock.poll(after=-600, HTTP_IF_NONE_MATCH=clock.etag())
    assert clock.acts() == {Act.POLL: 1, Act.KNOWN: 1, Act.TAGGED: 1, Act.CONDITIONAL_AGAIN: 1}


def test_unknown_programs_that_report_numbers_are_distinguished_by_address(clock: Clock) -> None:
    """Statistics 12; they are neither readers nor services."""
    for number in range(5):
        clock.poll("Strange/1.0 (1 subscribers)", REMOTE_ADDR=f"192.0.2.{number}", after=5)
    batch = clock.batch()
    assert set(batch.records[""].acts) == {("Strange", Act.POLL), ("Strange", Act.WHOLE)}
    assert len(batch.records["all"].reported) == 1
    assert not batch.readers


def test_invented_urls_are_counted_by_family(clock: Clock) -> None:
    clock.miss({"HTTP_USER_AGENT": READER})
    assert clock.acts() == {Act.POLL: 1, Act.INVENTED_URL: 1}


def test_invented_user_agents_are_parsed_within_limits() -> None:
    known = Agents(budget=2)
    families = [known.learn(f"{name} 1.0").family for name in ("Ab", "Cd", "Ef", "Ab")]
    assert families == ["Ab", "Cd", "other", "Ab"]
    known.renew()
    assert known.learn("Ef 1.0").family == "Ef"
    long = "Long/" + "1" * 65_536
    assert known.learn(long) is known.learn(long)
    assert max(len(text or "") for text in known.known) <= 512


def test_addresses_are_forgotten_after_two_days(clock: Clock) -> None:
    """docs/privacy.md; this also applies to a site with few clients."""
    proxied = Clock("127.0.0.0/8")
    for day in range(4):
        clock.poll(REMOTE_ADDR=f"192.0.2.{day}", after=DAY)
        proxied.poll(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=f"192.0.2.{day}", after=DAY)
        for each in (clock, proxied):
            found = repr([*each._clients, *each._older, *each._forwarded])
            assert f"192.0.2.{day}" in found
            assert f"192.0.2.{day - 2}" not in found


def test_a_client_is_still_known_after_midnight(clock: Clock) -> None:
    clock.poll(after=22 * HOUR)
    clock.collect()
    clock.poll(after=2 * HOUR, HTTP_IF_NONE_MATCH=clock.etag())
    assert clock.acts()[Act.KNOWN] == 1


def test_long_fields_are_not_cached() -> None:
    _instant.cache_clear()
    clock = Clock()
    for number in range(9):
        clock.poll(HTTP_IF_MODIFIED_SINCE="x" * 1000 + str(number))
    assert _instant.cache_info().currsize == 1


def test_the_number_of_remembered_clients_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedsvc.audience.tally._MAX_CLIENTS", 20)
    clock = Clock()
    for number in range(100):
        clock.poll(REMOTE_ADDR=f"192.0.2.{number}")
    assert len(clock._clients) + len(clock._older) <= 20
    (readers,) = clock.batch().readers.values()
    assert len(readers) == 100
