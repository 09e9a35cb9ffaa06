"""Upgrades are atomic, and newer catalogs are refused."""

import logging
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import count
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event

from feedsvc.catalog import copies, migrations, recovery, schema
from feedsvc.catalog.migrations import Migrations
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import release, sync
from feedsvc.errors import CatalogError, OutdatedError
from feedsvc.publication import Publication
from tests.catalog.stored.life import END, write
from tests.catalog.stored.load import SCHEMAS, restore
from tests.catalog.upgrading import (
    ADDITIVE,
    BREAKING,
    NEWEST,
    SPAWN,
    chain,
    contents,
    upgrade_in_a_process,
)

RELEASED = {"0001"}  # schemas that a release had


# The migrations


def test_migrations_are_numbered_and_form_a_chain() -> None:
    files = sorted((migrations.FOLDER / "versions").glob("[0-9]*.py"))
    before = None
    for number, file in enumerate(files, 1):
        given: dict[str, Any] = {}
        exec(file.read_text(encoding="utf-8"), given)
        assert given["revision"] == file.name[:4] == f"{number:04}"
        assert given["down_revision"] == before
        assert given["readers"] <= given["revision"]
        before = given["revision"]
    assert before == NEWEST


def test_upgraded_and_new_catalogs_have_the_same_tables(tmp_path: Path, database: str) -> None:
    """The same tables, columns and indexes."""
    restore(database)
    with Catalog(database) as catalog:
        catalog.upgrade()
    engine = create_engine(database)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
        if engine.dialect.name == "sqlite":
            assert _statements(database) == _statements(_new(f"sqlite:///{tmp_path}/new.db"))
    engine.dispose()


def test_the_first_migration_creates_the_tables_of_the_first_release(tmp_path: Path) -> None:
    stored, made = f"sqlite:///{tmp_path}/stored.db", f"sqlite:///{tmp_path}/made.db"
    restore(stored, "0001")
    engine = create_engine(made)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(migrations.FOLDER))
        command.upgrade(config, "0001")
        schema.alembic_version.drop(connection)
    engine.dispose()
    assert _statements(made) == _statements(stored)


def _new(database: str) -> str:
    with Catalog(database) as catalog:
        catalog.create()
    return database


def _statements(database: str) -> dict[str, str]:
    """Return the normalised SQL of each table and index."""
    path = database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
        return {name: "".join(sql.split()).replace('"', "") for name, sql in found}


def test_every_released_schema_has_a_stored_catalog() -> None:
    """Except the newest, which is stored when there is a migration from it."""
    assert set(SCHEMAS) >= RELEASED


# One upgrade


def test_commands_do_not_import_alembic_without_an_upgrade(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from feedsvc.catalog.store import Catalog\n"
        "with Catalog(sys.argv[1]) as catalog:\n"
        "    catalog.create()\n"
        "    catalog.create()\n"
        "    with catalog.writing():\n"
        "        pass\n"
        "assert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program, f"sqlite:///{tmp_path}/catalog.db"], check=True)


def test_the_error_for_an_outdated_catalog_names_the_command_to_run(database: str) -> None:
    restore(database)
    with (
        Catalog(database) as catalog,
        pytest.raises(OutdatedError, match=r"schema 0001; this one has .*run `feedsvc sync`"),
    ):
        recovery.create(catalog)


def test_nothing_is_written_to_an_outdated_catalog(tmp_path: Path, database: str) -> None:
    settings = write(tmp_path / "site", database)
    restore(database)
    before = contents(database)
    with Catalog(database) as catalog:
        with pytest.raises(OutdatedError):
            sync(catalog, settings, END)
        with pytest.raises(OutdatedError):
            release(catalog, settings, END)
        with pytest.raises(OutdatedError):
            Publication(settings, catalog).state()
    assert contents(database) == before


def test_a_backup_is_kept_until_the_next_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    database = f"sqlite:///{path}"
    restore(database)
    before = contents(database)
    path.chmod(0o640)
    with Catalog(database) as catalog:
        assert catalog.upgrade() == ("0001", NEWEST)
        assert catalog.upgrade() is None
    copy = Path(f"{path}.before-{NEWEST}")
    assert contents(f"sqlite:///{copy}") == before
    assert copy.stat().st_mode & 0o777 == 0o640
    with Catalog(database, Migrations(chain(tmp_path, ADDITIVE))) as catalog:
        assert catalog.upgrade() == (NEWEST, "0901")
    assert [each.name for each in tmp_path.glob("*.before-*")] == ["catalog.db.before-0901"]


def test_restoring_the_backup_restores_the_former_catalog(tmp_path: Path) -> None:
    """The downgrade that docs/upgrading.md describes."""
    path = tmp_path / "catalog.db"
    database = f"sqlite:///{path}"
    restore(database)
    before = contents(database)
    with Catalog(database) as catalog:
        catalog.upgrade()
        for rest in ("", "-wal", "-shm"):
            Path(f"{path}{rest}").unlink(missing_ok=True)
        shutil.copyfile(f"{path}.before-{NEWEST}", path)
        assert contents(database) == before
        with pytest.raises(OutdatedError):
            catalog.check()


def test_an_upgrade_fails_if_the_backup_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = f"sqlite:///{tmp_path}/catalog.db"
    restore(database)
    before = contents(database)

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copies, "_flush", full)
    with (
        Catalog(database) as catalog,
        pytest.raises(CatalogError, match=r"before-\d{4}: .*No space left.*nothing was upgraded"),
    ):
        catalog.upgrade()
    assert contents(database) == before


def upgrade_with_others(database: str, start: Barrier, results: SimpleQueue[object]) -> None:
    with Catalog(database) as catalog:
        start.wait()
        results.put(catalog.upgrade())


def test_concurrent_upgrades_upgrade_once(database: str) -> None:
    restore(database)
    start, results = SPAWN.Barrier(3), SPAWN.SimpleQueue()
    running = [
        SPAWN.Process(target=upgrade_with_others, args=(database, start, results)) for _ in range(3)
    ]
    for process in running:
        process.start()
    for process in running:
        process.join()
    found = sorted((results.get() for _ in running), key=str)
    assert found == [("0001", NEWEST), None, None]


# Interrupted upgrades


INSTANTS = ("begun", "a table made", "a column dropped", "rows deleted", "committing")


@pytest.mark.parametrize("instant", ["copying", *INSTANTS])
def test_a_killed_upgrade_changes_nothing_and_can_be_repeated(
    tmp_path: Path, database: str, instant: str
) -> None:
    """Earlier migrations of the same upgrade are rolled back as well."""
    if instant == "copying" and "postgres" in database:
        pytest.skip("a server's catalog is not copied")
    restore(database)
    before = contents(database)
    folder = chain(tmp_path, ADDITIVE, BREAKING)
    assert upgrade_in_a_process(database, folder, instant) == -signal.SIGKILL
    assert contents(database) == before
    assert upgrade_in_a_process(database, folder, "never") == 0
    after = contents(database)
    assert after["former_slug"][1] == []
    assert after["alembic_version"][1] == ["('0902',)"]
    assert "added" in dict(after["feed"][0])
    assert not list(tmp_path.glob("*.part"))


def test_an_upgrade_killed_after_its_commit_is_complete(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/catalog.db"
    restore(database)
    folder = chain(tmp_path, ADDITIVE)
    assert upgrade_in_a_process(database, folder, "committed") == -signal.SIGKILL
    with Catalog(database, Migrations(folder)) as catalog:
        assert catalog.check()
    assert (tmp_path / "catalog.db.before-0901").exists()


def test_a_failing_migration_changes_nothing(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore(database)
    before = contents(database)
    monkeypatch.setenv("DIE", "failed")
    with (
        Catalog(database, Migrations(chain(tmp_path, ADDITIVE, BREAKING))) as catalog,
        pytest.raises(CatalogError, match=r"0001 to 0902, and is unchanged: ValueError: no such"),
    ):
        catalog.upgrade()
    assert contents(database) == before


# Other programs and logs


@pytest.mark.parametrize("statement", range(6))
def test_a_catalog_created_by_another_process_during_the_check_is_accepted(
    database: str, statement: int
) -> None:
    """Whichever statement of the check sees it first."""
    engine = create_engine(database)
    statements = count()
    with Catalog(database) as other, engine.connect() as connection:

        @event.listens_for(engine, "before_cursor_execute")
        def create(*_: object) -> None:
            if next(statements) == statement:
                other.create()

        assert migrations.number(connection) in (None, NEWEST)
    engine.dispose()


def test_a_process_waits_while_another_of_its_version_upgrades(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several workers of a WSGI server open a site at once."""
    restore(database)
    with Catalog(database) as elected, Catalog(database) as waiting:
        lease = elected.elect()
        assert lease is not None
        done = []
        monkeypatch.setattr("time.sleep", lambda _: done.append(elected.upgrade()))
        assert recovery.make_ready_elected(waiting) is None
        lease.end()
    assert done == [("0001", NEWEST)]


def test_an_upgrade_is_logged(database: str, caplog: pytest.LogCaptureFixture) -> None:
    restore(database)
    with Catalog(database) as catalog, caplog.at_level(logging.WARNING, "feedsvc"):
        recovery.make_ready(catalog)
        recovery.make_ready(catalog)
    assert caplog.messages == [f"event=upgraded from=0001 to={NEWEST}"]
