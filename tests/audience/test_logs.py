"""Importing access logs: statistics 5 and 8."""

import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as settings_
from hypothesis import strategies as st

from feedsvc.audience import logs, reading
from feedsvc.audience.importing import import_, import_log
from feedsvc.audience.lines import Line, Parser, Unreadable, user_agent
from feedsvc.audience.logs import LogTally
from feedsvc.audience.places import Places
from feedsvc.audience.reading import LogReader
from feedsvc.audience.store import DAY, LogPosition, Store
from feedsvc.audience.storing import Storing
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from tests.sites import make_site
from tests.soak import examples

START = 20_000 * DAY + 3600
FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; {} subscribers)"
READER = "NetNewsWire (RSS Reader; https://netnewswire.com/)"
TOML = """
[moved]
"tag/old" = "tag/new"
[aliases]
"/feed/" = "all.rss"
"/tags/*/index.xml" = "tag/*.rss"
"""


def combined(
    after: int = 0,
    target: str = "/feeds/all.rss",
    status: int = 200,
    agent: str = READER,
    address: str = "192.0.2.1",
    referrer: str = "-",
    method: str = "GET",
) -> bytes:
    time = f"{datetime.fromtimestamp(START + after, UTC):%d/%b/%Y:%H:%M:%S} +0000"
    size = 1000 if status == 200 else 0
    request = f'"{method} {target} HTTP/1.1" {status} {size} "{referrer}" "{agent}"'
    return f"{address} - - [{time}] {request}\n".encode()


LINE = Line(b"192.0.2.1", START, b"/feeds/all.rss?a=b", 200, 1000, b"", READER.encode())
ISO = datetime.fromtimestamp(START, UTC).isoformat()
JSON: dict[str, dict[str, object]] = {
    "fastly": {
        "timestamp": ISO.replace("+00:00", "Z"),
        "client_ip": "192.0.2.1",
        "host": "news.example.org",
        "url": "/feeds/all.rss?a=b",
        "request_method": "GET",
        "request_referer": "",
        "request_user_agent": READER,
        "response_status": 200,
        "response_body_size": 1000,
    },
    "cloudfront": {
        "date": ISO[:10],
        "time": ISO[11:19],
        "c-ip": "192.0.2.1",
        "cs-method": "GET",
        "cs-uri-stem": "/feeds/all.rss",
        "cs-uri-query": "a=b",
        "sc-status": "200",
        "sc-bytes": "1000",
        "cs(Referer)": "-",
        "cs(User-Agent)": READER,
    },
    "cloudflare": {
        "ClientIP": "192.0.2.1",
        "ClientRequestMethod": "GET",
        "ClientRequestURI": "/feeds/all.rss?a=b",
        "ClientRequestUserAgent": READER,
        "EdgeResponseBytes": 1000,
        "EdgeResponseStatus": 200,
        "EdgeStartTimestamp": START * 10**9,
    },
    "caddy": {
        "ts": START + 0.25,
        "request": {
            "client_ip": "192.0.2.1",
            "method": "GET",
            "uri": "/feeds/all.rss?a=b",
            "headers": {"User-Agent": [READER]},
        },
        "status": 200,
        "size": 1000,
    },
    "nginx": {
        "time_local": f"{datetime.fromtimestamp(START, UTC):%d/%b/%Y:%H:%M:%S} +0000",
        "remote_addr": "192.0.2.1",
        "request_uri": "/feeds/all.rss?a=b",
        "request_method": "GET",
        "status": "200",
        "body_bytes_sent": "1000",
        "http_user_agent": READER,
        "http_referer": "-",
    },
}


@pytest.mark.parametrize("values", JSON.values(), ids=JSON)
def test_json_of_servers_and_cdns_is_understood(values: dict[str, object]) -> None:
    """Statistics 8."""
    assert Parser().parse(json.dumps(values).encode()) == LINE


def test_the_combined_format_is_understood() -> None:
    """Statistics 8."""
    parse = Parser().parse
    expected = LINE._replace(referrer=b"-")
    assert parse(combined(target="/feeds/all.rss?a=b")) == expected
    assert parse(b"news.example.org:443 " + combined(target="/feeds/all.rss?a=b")) == expected
    zone = combined(target="/feeds/all.rss?a=b").replace(b":01:00:00 +0000", b":03:30:00 +0230")
    assert parse(zone) == expected
    escaped = parse(combined(agent='A \\"x\\" \\x22y\\x22'))
    assert escaped is not None
    assert user_agent(escaped.agent) == 'A "x" "y"'
    assert parse(combined(method="POST")) is None
    assert parse(combined().replace(b'"GET /feeds/all.rss HTTP/1.1"', b'"\\x16\\x03"')) is None


def test_the_format_of_cloudfront_is_understood() -> None:
    parser = Parser()
    values = {key: str(value).replace(" ", "%20") for key, value in JSON["cloudfront"].items()}
    assert parser.parse(b"#Version: 1.0") is None
    assert parser.parse(b"#Fields: " + " ".join(values).encode()) is None
    parsed = parser.parse("\t".join(values.values()).encode())
    assert parsed is not None
    assert parsed._replace(agent=b"") == LINE._replace(agent=b"")
    assert user_agent(parsed.agent) == READER


FAULTS = {
    b'192.0.2.1 - - [27/Nov/2026:19:28:01 +0000] "GET / HTTP/1.1" 200 5': "no User-Agent",
    b'{"url": "/x"}': "no address",
    b'{"url": "/feeds/al': "not JSON",
    b"nonsense": "neither",
    combined().replace(b"Oct", b"Foo"): "its time is not valid",
    b'{"ip":"x","ua":"x","useragent":"y","url":"/","status":"x","time":"1"}': "status, size or",
}


@pytest.mark.parametrize(("line", "fault"), FAULTS.items())
def test_other_lines_are_reported(line: bytes, fault: str) -> None:
    with pytest.raises(Unreadable, match=fault):
        Parser().parse(line)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_line_is_parsed_or_refused(line: bytes) -> None:
    parser = Parser()
    for each in (line, b"{" + line, combined()[: len(line)] + line, b"#Fields: " + line, line):
        with suppress(Unreadable):
            parser.parse(each)


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


def test_an_ipv6_address_is_not_a_host_and_port() -> None:
    parsed = Parser().parse(combined(address="2001:db8::1"))
    assert parsed is not None
    assert parsed.address == b"2001:db8::1"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_site(tmp_path_factory.mktemp("site"), toml=TOML)


def test_urls_of_one_feed_are_one_feed(settings: Settings) -> None:
    """Statistics 5."""
    find = Places(settings).find
    assert find(b"/feeds/all.rss") == find(b"/feeds/all.rss?utm_source=x") == ("all", "rss")
    assert find(b"https://news.example.org/feeds/all.atom") == ("all", "atom")
    assert find(b"/feed/") == ("all", "rss")
    assert find(b"/feeds/tag/c%2B%2B.json") == find(b"/feeds/tag/C++.json") == ("tag/c++", "json")
    assert find(b"/feeds/tag/old.rss") == ("tag/new", "rss")
    assert find(b"/tags/Mali/index.xml") == ("tag/mali", "rss")
    others = (b"/", b"/feeds/all/archive/3.rss", b"/feeds.opml", b"*", b"/%ff", b"//x", b"http://[")
    assert [find(each) for each in others] == [None] * len(others)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'statistics.db'}") as store:
        yield store


def found(store: Store) -> dict[tuple[str, int], int]:
    return {(row.family, row.status): row.polls for row in store.polls(0, 10**6)}


def test_a_log_is_counted_like_polls(settings: Settings, store: Store, tmp_path: Path) -> None:
    """Statistics 4, 7, 8."""
    lines = [
        combined(agent=FEEDLY.format(10)),
        combined(3600, agent=FEEDLY.format(11), address="192.0.2.9", status=304),
        *(combined(n, address=f"192.0.2.{n % 3}", status=304 if n > 2 else 200) for n in range(9)),
        combined(target="/feeds/absent.rss", status=404),
        combined(target="/feed/", status=301),
        combined(target="/about", status=200),
        combined(target="/feeds/all.rss", method="POST"),
        b"x\n",
    ]
    (tmp_path / "log").write_bytes(b"".join(lines))
    text = import_log(settings, store, str(tmp_path / "log"), None)
    assert "16 lines, 11 polls of 1 feed from 2024-10-04 01:00 to 2024-10-04 02:00 (UTC)" in text
    assert "1 line not understood, the first is number 16" in text
    assert found(store) == {
        ("Feedly", 200): 1,
        ("Feedly", 304): 1,
        ("NetNewsWire", 200): 3,
        ("NetNewsWire", 304): 6,
    }
    assert [row.number for row in store.reported(0, 10**6)] == [11]
    assert {row.readers for row in store.direct(0, 10**6)} == {3}
    ((day, _, record),) = store._records(0, 10**6, "")
    assert store.sources(0, 10**6) == {day: "log"}
    assert (record.start, record.end) == (START, START + 3600)
    saved = sum(row.saved for row in store.polls(0, 10**6))
    assert saved == 7 * 1000
    conduct = store.conduct(0, 10**6)
    assert sum(conduct.intervals.values()) == 7
    assert {act for _, act in conduct.acts} == {"poll", "invented-url"}


def test_a_log_that_was_read_is_not_counted_again(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    """Statistics 8: also when it has grown, was rotated, compressed, or comes through a pipe."""
    log, old = tmp_path / "access.log", tmp_path / "access.log.1.gz"
    lines = [combined(n * 60, address=f"192.0.2.{n}") for n in range(40)]
    log.write_bytes(b"".join(lines[:10]) + lines[10][:30])
    assert "10 lines" in (text := import_log(settings, store, str(log), None))
    assert "the last line is incomplete" in text
    assert "no new lines; the rest was imported before" in import_log(
        settings, store, str(log), None
    )
    log.write_bytes(b"".join(lines[:30]))
    assert "20 lines" in import_log(settings, store, str(log), None)
    old.write_bytes(gzip.compress(b"".join(lines[:35])) + gzip.compress(b"".join(lines[35:])))
    log.write_bytes(combined(4000, address="192.0.2.99"))
    assert "10 lines" in import_log(settings, store, str(old), None)
    assert "1 line," in import_log(settings, store, str(log), None)
    assert found(store) == {("NetNewsWire", 200): 41}
    log.write_bytes(b"".join(lines[:12]))  # cut
    assert "no new lines" in import_log(settings, store, str(log), None)
    changed = b"".join([*lines[:20], *(each.replace(b"GET", b"HEAD") for each in lines[20:])])
    log.write_bytes(changed)
    with pytest.raises(FeedsvcError, match="continues differently; nothing of it was counted"):
        import_log(settings, store, str(log), None)
    assert found(store) == {("NetNewsWire", 200): 41}


def test_headers_alone_do_not_make_logs_alike(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    head = ("#Version: 1.0\n#Fields: " + " ".join(JSON["cloudfront"]) + "\n").encode()
    for number in range(2):
        values = {**JSON["cloudfront"], "c-ip": f"192.0.2.{number}"}
        line = "\t".join(map(str, values.values())).encode() + b"\n"
        (tmp_path / f"{number}.log").write_bytes(head + line)
        import_log(settings, store, str(tmp_path / f"{number}.log"), None)
    with (tmp_path / "1.log").open("ab") as file:
        file.write("\t".join(map(str, JSON["cloudfront"].values())).encode() + b"\n")
    import_log(settings, store, str(tmp_path / "1.log"), None)
    assert found(store) == {("NetNewsWire", 200): 3}


def test_lines_in_any_order_and_of_several_formats_are_counted(settings: Settings) -> None:
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


def test_two_imports_of_one_log_at_once_count_it_once(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "log").write_bytes(combined())
    with (tmp_path / "log").open("rb") as one, (tmp_path / "log").open("rb") as two:
        readers = [LogReader(file, "log", store) for file in (one, two)]
        for reader in readers:
            assert len(list(reader.blocks())) == 1
        store.add([], readers[0].position)
        with pytest.raises(FeedsvcError, match="another process"):
            store.add([], readers[1].position)


def everything(store: Store) -> object:
    days = 0, 10**6
    return (
        *(sorted(each(*days)) for each in (store.polls, store.reported, store.direct)),
        *(store.conduct(*days), store.sources(*days)),
        *((record.start, record.end) for _, _, record in store._records(*days, "")),
    )


def test_a_large_log_is_stored_by_another_process_with_equal_results(
    settings: Settings, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        combined(n * 600, address=f"192.0.2.{n % 7}", agent=(READER, FEEDLY.format(n))[n % 2])
        for n in range(600)
    ]
    (tmp_path / "log").write_bytes(b"".join(lines))
    monkeypatch.setattr(reading, "_BLOCK", 10_000)
    with Store(f"sqlite:///{tmp_path / 'small.db'}") as other:
        import_log(settings, other, str(tmp_path / "log"), None)
        monkeypatch.setattr(logs, "_MAX_COUNTED", 20)
        text = import_log(settings, store, str(tmp_path / "log"), None)
        assert "600 lines, 600 polls" in text
        assert everything(store) == everything(other)
    assert "no new lines" in import_log(settings, store, str(tmp_path / "log"), None)


def test_a_failure_to_store_ends_the_import(store: Store) -> None:
    with pytest.raises(FeedsvcError, match="another process imports the same log"):  # noqa: SIM117
        with Storing(store) as storing:
            storing.add([], LogPosition("head", 4, 100, "tail", before=50))
    assert store.log("head") is None


@pytest.mark.parametrize("digits", [30, 400, 5000])
def test_numbers_of_any_length_are_read(settings: Settings, digits: int) -> None:
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


def test_a_log_with_a_very_long_line_can_be_continued(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    log.write_bytes(combined() + b"\0" * 5_000_000 + b"\n" + combined(60))
    import_log(settings, store, str(log), None)
    with log.open("ab") as file:
        file.write(combined(120))
    import_log(settings, store, str(log), None)
    assert found(store) == {("NetNewsWire", 200): 3}


def test_long_fields_of_logs_are_cut(settings: Settings) -> None:
    tally = LogTally(settings)
    for number in range(3):
        agent = f"Long/{'x' * 50_000}{number}"
        tally.read([combined().replace(b"NetNewsWire", agent.encode())])
    assert len(tally._kinds) == 1


def counted(tally: LogTally, lines: Sequence[bytes]) -> object:
    """Return what a tally counts in some lines."""
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
def test_a_line_is_counted_alike_after_others(settings: Settings, line: bytes) -> None:
    """What the ends of earlier lines say is remembered."""
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


def test_clients_that_are_not_readers_and_long_requests_are_not_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though they never fill what has to be stored."""
    monkeypatch.setattr(logs, "_MAX_CLIENTS", 5)
    tally = LogTally(settings)
    for number in range(9):
        crawler = combined(agent="Googlebot/2.1", address=f"192.0.2.{number}")
        tally.read([crawler, combined(target=f"/{number}{'x' * 9000}")])
    assert len(tally._clients) <= 5
    assert sum(map(len, tally._others)) < 9000


def test_a_file_that_is_not_a_log_is_read_in_bounded_memory(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "log").write_bytes(b"\0" * 5_000_000)
    assert "no new lines" in import_log(settings, store, str(tmp_path / "log"), None)
    (tmp_path / "cut.gz").write_bytes(gzip.compress(combined() * 50)[:-20])
    assert "incomplete" in import_log(settings, store, str(tmp_path / "cut.gz"), None)


def test_the_command_reads_standard_input_and_continues_after_a_missing_file(
    tmp_path: Path,
) -> None:
    make_site(tmp_path / "site")
    result = CliRunner().invoke(
        import_,
        ["--site", str(tmp_path / "site"), str(tmp_path / "absent"), "-"],
        input=gzip.compress(combined()),
    )
    assert result.exit_code == 1
    assert f"Error: {tmp_path / 'absent'}: cannot be read: No such file" in result.output
    assert "standard input: 1 line, 1 poll of 1 feed" in result.output
