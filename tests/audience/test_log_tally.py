"""Counting lines of access logs: statistics 8."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import settings as settings_
from hypothesis import strategies as st

from feedsvc.audience import logs
from feedsvc.audience.logs import LogTally
from feedsvc.config.settings import Settings
from tests.audience.lines import JSON, combined
from tests.soak import examples

ODD = (
    combined(address="2001:db8::1", referrer="http://x/?a=[b]"),
    combined(agent='A \\"x\\" y', referrer='\\" '),
    combined(target="/", method="POST"),
    b"news.example.org:443 " + combined(),
    combined().replace(b"192.0.2.1 - - ", b""),
    combined().replace(b"- -", b"- a b"),
    combined().replace(b" 1000 ", b" - "),
    combined().replace(b"Oct", b"Foo"),
    combined()[:-40],
    combined().rstrip() + b' "192.0.2.7"',
)


def test_the_order_and_formats_of_lines_do_not_matter(settings: Settings) -> None:
    lines = [combined(n * 7200, address=f"192.0.2.{n % 5}") for n in range(40)]
    lines += [json.dumps(JSON["fastly"]).encode() + b"\n"] * 2
    tallies = [LogTally(settings), LogTally(settings)]
    tallies[0].read(lines)
    tallies[1].read(lines[::-1])
    one, other = ({each.day: each.batch() for each in tally.collect()} for tally in tallies)
    assert one.keys() == other.keys()
    for day in one:
        assert one[day].records["all"].polls == other[day].records["all"].polls
        assert one[day].readers == other[day].readers


@pytest.mark.parametrize("digits", [30, 400, 5000])
def test_numbers_of_any_length_are_accepted(settings: Settings, digits: int) -> None:
    number = "9" * digits
    fastly = JSON["fastly"]
    lines = [
        combined().replace(b" 1000 ", f" {number} ".encode()),
        *(json.dumps({**fastly, key: number}).encode() for key in fastly),
    ]
    tally = LogTally(settings)
    tally.read(lines)
    sent = [
        sums[1] for day in tally.collect() for sums in day.batch().records["all"].polls.values()
    ]
    assert all(0 <= each < 2**50 for each in sent)


def test_long_fields_of_logs_are_truncated(settings: Settings) -> None:
    tally = LogTally(settings)
    for number in range(3):
        agent = f"Long/{'x' * 50_000}{number}"
        tally.read([combined().replace(b"NetNewsWire", agent.encode())])
    assert len(tally._kinds) == 1


def counted(tally: LogTally, lines: Sequence[bytes]) -> object:
    """Return the counts of a tally for some lines."""
    unreadable = tally.summary.unreadable
    tally.read(lines)
    batches = {
        each.day: (
            [(feed, record.polls, record.acts) for feed, record in sorted(each.records.items())],
            each.readers,
        )
        for each in (day.batch() for day in tally.collect())
    }
    return tally.summary.unreadable - unreadable, batches


@given(
    st.sampled_from([*ODD, combined(86_400), combined(target="/feeds/absent.rss", status=404)])
    | st.tuples(st.integers(0, 150), st.binary(max_size=3)).map(
        lambda cut: combined()[: cut[0]] + cut[1] + combined()[cut[0] :]
    )
)
@settings_(max_examples=examples(40))
def test_counts_of_a_line_do_not_depend_on_earlier_lines(settings: Settings, line: bytes) -> None:
    """Parsed ends of earlier lines are cached."""
    used = LogTally(settings)
    counted(used, [combined(-60), combined(-30, agent="-"), combined(-60, target="/"), line])
    used._clients.clear()
    assert counted(used, [line]) == counted(LogTally(settings), [line])


def test_a_log_that_crosses_midnight_repeatedly_is_counted_by_day(settings: Settings) -> None:
    lines = [combined(hour * 3600, address=f"192.0.2.{hour % 7}") for hour in range(72)]
    in_order, mixed = LogTally(settings), LogTally(settings)
    assert counted(mixed, [*lines[::2], *lines[1::2]]) == counted(in_order, lines)


def test_kinds_and_clients_beyond_the_limits_are_still_counted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_MAX_KINDS", 5)
    monkeypatch.setattr(logs, "_MAX_CLIENTS", 5)
    monkeypatch.setattr(logs, "_MAX_OTHERS", 2)
    few, many = LogTally(settings), LogTally(settings)
    lines = [
        combined(n, agent=f"Reader{n % 9}", address=f"192.0.2.{n % 10}", target=target)
        for n in range(90)
        for target in ("/feeds/all.rss", f"/{n % 7}")
    ]
    assert counted(few, lines) == counted(many, lines[:90] + lines[90:])
    assert len(few._kinds) <= 5
    assert len(few._clients) <= 5
    assert len(few._others) <= 2


def test_other_clients_and_long_requests_are_not_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although they never fill the data that is stored."""
    monkeypatch.setattr(logs, "_MAX_CLIENTS", 5)
    tally = LogTally(settings)
    for number in range(9):
        crawler = combined(agent="Googlebot/2.1", address=f"192.0.2.{number}")
        tally.read([crawler, combined(target=f"/{number}{'x' * 9000}")])
    assert len(tally._clients) <= 5
    assert sum(map(len, tally._others)) < 9000
