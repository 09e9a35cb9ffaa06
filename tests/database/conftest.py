"""A MariaDB server for the session, for tests that use it."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pymysql
import pytest

from tests.database.shelf import Shelf

PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
MARIADB = shutil.which("mariadbd", path=PLACES)
PASSWORD = "very-secret"
_PATIENCE = 60  # seconds

MakeMariadb = Callable[[], str]
OpenShelf = Callable[..., Shelf]


@pytest.fixture
def open_shelf(tmp_path: Path) -> Iterator[OpenShelf]:
    """A function that returns a Shelf for a URL, by default of an SQLite file, and options."""
    shelves = []

    def open_(url: str = "", **options: object) -> Shelf:
        shelves.append(Shelf(tmp_path, url, **options))
        return shelves[-1]

    yield open_
    for each in shelves:
        each.close()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def shelf(request: pytest.FixtureRequest, open_shelf: OpenShelf) -> Shelf:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return open_shelf()
    return open_shelf(request.getfixturevalue(f"make_{request.param}")())


@pytest.fixture
def sqlite(open_shelf: OpenShelf) -> Shelf:
    """An empty SQLite database."""
    return open_shelf()


@pytest.fixture(scope="session")
def make_mariadb() -> Iterator[MakeMariadb]:
    """A function that creates an empty database and returns its URL."""
    if not MARIADB:
        pytest.skip("needs mariadbd (Debian: mariadb-server)")
    folder = Path(tempfile.mkdtemp(prefix="feedsvc-maria-"))
    user = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", *user, f"--datadir={folder}", "--skip-test-db"],
        check=True,
        capture_output=True,
    )
    socket = folder / "socket"
    server = subprocess.Popen(
        [
            *(MARIADB, "--no-defaults", *user, f"--datadir={folder}", f"--socket={socket}"),
            *("--skip-networking", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"),
            *("--innodb-buffer-pool-size=16M", "--innodb-flush-method=nosync"),
            *("--innodb-doublewrite=0", "--sync-frm=0"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    admin = _connect(socket)
    try:
        yield _maker(admin, socket)
    finally:
        admin.close()
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


def _connect(socket: Path) -> Any:
    end = time.monotonic() + _PATIENCE
    while not socket.exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    while True:
        try:
            return pymysql.connect(unix_socket=str(socket), user="root", autocommit=True)
        except pymysql.err.OperationalError:
            assert time.monotonic() < end
            time.sleep(0.05)


def _maker(admin: Any, socket: Path) -> MakeMariadb:
    cursor = admin.cursor()
    cursor.execute("CREATE USER tester@localhost IDENTIFIED BY %s", (PASSWORD,))
    cursor.execute("GRANT ALL ON *.* TO tester@localhost")
    numbers = count(1)

    def make() -> str:
        name = f"test_{next(numbers)}"
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return f"mysql://tester:{PASSWORD}@localhost/{name}?unix_socket={socket}"

    return make
