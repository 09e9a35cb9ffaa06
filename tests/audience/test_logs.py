"""Importing access logs: statistics 5 and 8."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from feedsvc.audience import logs, reading
from feedsvc.audience.importing import import_, import_log
from feedsvc.audience.reading import LogReader
from feedsvc.audience.store import LogPosition, Store
from feedsvc.audience.storing import Storing
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from tests.audience.lines import JSON, READER, START, combined
from tests.sites import make_site

FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; {} subscribers)"


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


def test_an_imported_log_is_not_counted_again(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    """Statistics 8: even if it has grown, was rotated or compressed, or is read from a pipe."""
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


def test_logs_with_equal_headers_are_distinguished(
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


def test_concurrent_imports_of_the_same_log_count_it_once(
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
