"""Programs of two versions with one catalog, as commands and as servers."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select

from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from tests.catalog.stored.life import write
from tests.catalog.stored.load import restore
from tests.catalog.test_election import hold, read_line
from tests.cli.test_commands import run
from tests.life.test_faults import feedsvc
from tests.serving import PATIENCE, Server, free_port, serving
from tests.sites import article, make_site


def make_newer(database: str) -> None:
    """Mark a catalog as migrated by a newer program in a way that this one cannot read."""
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(schema.alembic_version.update().values(version_num="9999"))
    engine.dispose()


@pytest.fixture
def elected(database: str) -> Iterator[None]:
    """Another process that is elected to write, and does nothing."""
    process = hold(database)
    assert read_line(process) == "elected"
    yield
    process.kill()
    process.communicate()


def wait_for_health(server: Server, status: int) -> dict[str, object]:
    end = time.monotonic() + PATIENCE
    while (answer := server.get("/healthz")).status != status:
        assert time.monotonic() < end, f"/healthz never responded with {status}"
        time.sleep(0.05)
    found: dict[str, object] = json.loads(answer.body)
    return found


# Commands


@pytest.mark.parametrize("command", ["feeds", "ids", "sync --dry-run"])
def test_a_reading_command_names_the_command_that_upgrades(tmp_path: Path, command: str) -> None:
    database = f"sqlite:///{tmp_path}/catalog.db"
    write(tmp_path / "site", database)
    restore(database)
    result = run(*command.split(), "--site", tmp_path / "site")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "run `feedsvc sync`, which upgrades it and keeps everything" in result.stderr


@pytest.mark.parametrize("command", ["sync", "ids --write", "build OUT"])
def test_a_writing_command_upgrades_the_catalog(tmp_path: Path, command: str) -> None:
    database = f"sqlite:///{tmp_path}/catalog.db"
    write(tmp_path / "site", database)
    restore(database)
    given = [str(tmp_path / "out") if each == "OUT" else each for each in command.split()]
    result = feedsvc(*given, "--site", tmp_path / "site")
    assert "event=upgraded from=0001" in result.stderr
    assert "Error" not in result.stderr
    assert run("feeds", "--site", tmp_path / "site").exit_code == 0


@pytest.mark.parametrize(
    "command",
    ["feeds", "ids", "ids --write", "sync", "sync --dry-run", "build OUT", "serve"],
)
def test_every_command_refuses_a_newer_catalog_in_one_sentence(
    tmp_path: Path, command: str
) -> None:
    database = f"sqlite:///{tmp_path}/catalog.db"
    make_site(tmp_path / "site", {"a.md": article()}, f'database = "{database}"')
    assert run("sync", "--site", tmp_path / "site").exit_code == 0
    make_newer(database)
    given = [str(tmp_path / "out") if each == "OUT" else each for each in command.split()]
    if command == "serve":
        given += ["--bind", f"127.0.0.1:{free_port()}"]
    result = run(*given, "--site", tmp_path / "site")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert "the catalog is of a newer feedsvc (schema 9999; this one has" in result.stderr
    assert "delete" not in result.stderr


def test_check_does_not_need_or_change_a_catalog(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/catalog.db"
    make_site(tmp_path / "site", {"a.md": article()}, f'database = "{database}"')
    restore(database)
    before = (tmp_path / "catalog.db").read_bytes()
    assert "schema" not in run("check", "--site", tmp_path / "site").stderr
    assert (tmp_path / "catalog.db").read_bytes() == before


@pytest.mark.usefixtures("elected")
def test_a_command_does_not_upgrade_a_catalog_that_another_process_writes(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedsvc.catalog.recovery.UPGRADE_GRACE", 0.0)
    write(tmp_path / "site", database)
    restore(database)
    result = run("sync", "--site", tmp_path / "site")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "another process is writing it; restart that process with this version" in result.stderr


# Servers


@pytest.mark.usefixtures("elected")
def test_a_server_takes_over_an_old_catalog_from_an_older_server(
    tmp_path: Path, database: str
) -> None:
    """A rolling upgrade: the new server is ready, and writes, before the old one ends."""
    settings = write(tmp_path / "site", database)
    restore(database)
    with serving(tmp_path / "site") as server:
        assert wait_for_health(server, 200)["ready"] is True
        (settings.content / "new.md").write_text(article("New", "2025-12-31"), encoding="utf-8")
        server.wait_for("/feeds/all.json", '"New"')
        _, errors = server.stop()
    assert "event=deposing-older-writer" in errors
    assert "event=upgraded from=0001" in errors


def test_a_deposed_writer_loses_its_lease(database: str) -> None:
    with Catalog(database) as first, Catalog(database) as second:
        first.create()
        lease = first.elect()
        assert lease is not None
        assert second.elect() is None
        second.depose()
        assert not lease.holds()
        lease.end()
        successor = second.elect()
        assert successor is not None
        assert successor.holds()
        assert first.elect() is None
        successor.end()


def test_a_waiting_server_does_not_take_over_a_newer_catalog(tmp_path: Path, database: str) -> None:
    """Conformance 44: /healthz gives the reason, and cached feeds are still served."""
    make_site(tmp_path, {"a.md": article("A")}, f'database = "{database}"')
    with serving(tmp_path) as first, serving(tmp_path) as waiting:
        shown = waiting.get("/feeds/all.json")
        make_newer(database)
        first.stop()
        health = wait_for_health(waiting, 503)
        assert health["ready"] is False
        assert str(health["reason"]).startswith("the catalog is of a newer feedsvc (schema 9999;")
        assert waiting.get("/feeds/all.json").body == shown.body
        assert waiting.get("/articles/a").status == 503
        (tmp_path / "content" / "b.md").write_text(article("B"), encoding="utf-8")
        time.sleep(0.5)  # for several elections
        with Catalog(database) as catalog:
            engine = create_engine(database)
            with engine.connect() as connection:
                assert connection.scalar(select(func.count()).select_from(schema.article)) == 1
            engine.dispose()
            lease = catalog.elect()
            assert lease is not None  # no process of an older version is elected
            lease.end()
        _, errors = waiting.stop()
    assert errors.count("event=failed") == 1
    assert "Traceback" not in errors
