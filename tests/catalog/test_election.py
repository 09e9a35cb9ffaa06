"""Of all processes that serve a catalog, one writes; when it ends, another takes over."""

import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from feedsvc.catalog.election import Lease
from feedsvc.catalog.store import Catalog
from feedsvc.errors import CatalogError, DamagedError
from tests import programs
from tests.serving import PATIENCE

HOLD = """
import sys, time
from feedsvc.catalog.store import Catalog
catalog = Catalog(sys.argv[1])
print("elected" if catalog.elect() else "refused", flush=True)
time.sleep(600)
"""


def hold(database: str) -> "subprocess.Popen[str]":
    """Start a process that stands for election and waits to be killed."""
    return programs.popen(["-c", HOLD, database], stdout=subprocess.PIPE, text=True)


def read_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_only_one_of_two_processes_is_elected(database: str) -> None:
    first, second = Catalog(database), Catalog(database)
    first.create()
    lease = first.elect()
    assert lease is not None
    assert lease.holds()
    assert second.elect() is None
    lease.end()
    again = second.elect()
    assert again is not None
    assert first.elect() is None
    again.end()
    first.close()
    second.close()


def test_another_process_is_elected_after_the_first_is_killed(database: str) -> None:
    catalog = Catalog(database)
    catalog.create()
    process = hold(database)
    try:
        assert read_line(process) == "elected"
        assert catalog.elect() is None
    finally:
        process.kill()
        process.communicate()
    end = time.monotonic() + PATIENCE
    while (lease := catalog.elect()) is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    lease.end()
    catalog.close()


def test_the_elected_process_does_not_block_transactions(database: str) -> None:
    """`feedsvc sync` works alongside a service."""
    first, second = Catalog(database), Catalog(database)
    first.create()
    lease = first.elect()
    assert lease is not None
    with second.writing() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    with first.writing() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    assert lease.holds()
    lease.end()
    first.close()
    second.close()


def test_two_catalogs_in_one_database_have_separate_elections(
    request: pytest.FixtureRequest,
) -> None:
    make = request.getfixturevalue("make_postgresql")
    catalogs = [Catalog(make()), Catalog(make())]
    leases = [catalog.elect() for catalog in catalogs]
    assert all(leases)
    for lease, catalog in zip(leases, catalogs, strict=True):
        assert lease is not None
        lease.end()
        catalog.close()


def test_a_lease_is_lost_with_its_session(request: pytest.FixtureRequest) -> None:
    database = request.getfixturevalue("make_postgresql")()
    catalog = Catalog(database)
    lease = catalog.elect()
    assert lease is not None
    server = create_engine(make_url(database), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks "
                "WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
        )
    server.dispose()
    assert not lease.holds()
    again = catalog.elect()
    assert again is not None
    again.end()
    catalog.close()


@pytest.mark.parametrize("deleted", ["catalog.db", "catalog.db-writer"])
def test_a_lease_is_lost_with_its_files(tmp_path: Path, deleted: str) -> None:
    """A newer program removes the lock file; a missing catalog is recreated at once."""
    catalog = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    catalog.create()
    lease = catalog.elect()
    assert lease is not None
    assert lease.holds()
    (tmp_path / deleted).unlink()
    assert not lease.holds()
    lease.end()
    catalog.close()


def test_locking_a_removed_lock_file_elects_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise two processes would write, as another locks the file that replaces it."""
    with (
        Catalog(f"sqlite:///{tmp_path}/catalog.db") as first,
        Catalog(f"sqlite:///{tmp_path}/catalog.db") as second,
    ):
        first.create()
        connect = sqlite3.connect
        leases: list[Lease | None] = []

        def connect_too_late(path: Path, **options: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(path, **options)
            if options:
                monkeypatch.undo()
                second.depose()
                leases.append(second.elect())
            return connection

        monkeypatch.setattr(sqlite3, "connect", connect_too_late)
        assert first.elect() is None
        (lease,) = leases
        assert lease is not None
        assert lease.holds()
        lease.end()


def test_a_foreign_lock_file_is_not_reported_as_damage(tmp_path: Path) -> None:
    (tmp_path / "catalog.db-writer").write_bytes(b"something else" * 100)
    catalog = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    with pytest.raises(
        CatalogError, match=r"db-writer: is not a lock file of feedsvc; move it away"
    ) as refused:
        catalog.elect()
    assert not isinstance(refused.value, DamagedError)


def test_an_unwritable_folder_is_reported_clearly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(CatalogError, match="folder cannot be created"):
        Catalog(f"sqlite:///{tmp_path}/file/catalog.db").elect()
