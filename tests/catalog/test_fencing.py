"""A writer that was suspended or cut off cannot write once another one may be elected."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import make_url, text

from feedsvc.catalog import election
from feedsvc.catalog.election import Lease
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.tables import get_metadata, set_metadata
from feedsvc.errors import CatalogError
from tests import programs
from tests.conftest import MakeDatabase
from tests.proxy import proxied
from tests.serving import PATIENCE
from tests.soak import SOAK

IDLE = 6000 if SOAK else 1000  # milliseconds

# Is elected, starts writing if requested, and tries again for each line that it gets.
WRITER = """
import sys, time
from contextlib import ExitStack
from feedsvc.catalog import election
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.tables import set_metadata
from feedsvc.errors import CatalogError

election._IDLE = int(sys.argv[2])
election._BEAT = 0.2
catalog = Catalog(sys.argv[1])
lease = catalog.elect()
assert lease is not None

def write(where):
    try:
        with catalog.writing() as connection:
            set_metadata(connection, "writer", "the first")
            if where == "within":
                print("within", flush=True)
                sys.stdin.readline()
    except CatalogError as error:
        print(error, file=sys.stderr, flush=True)
        print("refused", flush=True)
    else:
        print("written", flush=True)

where = sys.argv[3]
if where == "between":
    print("between", flush=True)
    sys.stdin.readline()
write(where)
sys.stdin.readline()
write("again")
print("holds" if lease.holds() else "lost", flush=True)
"""


@contextmanager
def created(database: str) -> Iterator[Catalog]:
    """Create a catalog before any process that writes to it is started."""
    with Catalog(database) as catalog:
        catalog.create()
        yield catalog


@contextmanager
def writer(database: str, where: str) -> Iterator["subprocess.Popen[str]"]:
    """An elected process that waits within a transaction, or between two of them."""
    process = programs.popen(
        ["-c", WRITER, database, str(IDLE), where],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go_on(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def take_over(catalog: Catalog) -> Lease:
    end = time.monotonic() + PATIENCE
    while (lease := catalog.elect()) is None:
        assert time.monotonic() < end, "no other process can be elected"
        time.sleep(0.05)
    write(catalog, "the second")
    return lease


def write(catalog: Catalog, text: str, within: Callable[[], None] = lambda: None) -> None:
    with catalog.writing() as connection:
        set_metadata(connection, "writer", text)
        within()


def written(catalog: Catalog) -> str | None:
    with catalog.reading() as connection:
        return get_metadata(connection, "writer")


@pytest.mark.parametrize("where", ["within", "between"])
def test_a_suspended_writer_cannot_write_after_another_took_over(
    make_postgresql: MakeDatabase, where: str
) -> None:
    database = make_postgresql()
    with created(database) as catalog, writer(database, where) as process:
        assert read_line(process) == where
        assert catalog.elect() is None
        os.kill(process.pid, signal.SIGSTOP)
        started = time.monotonic()
        lease = take_over(catalog)
        if SOAK:
            assert time.monotonic() < started + 10
        os.kill(process.pid, signal.SIGCONT)
        for _ in range(2):
            go_on(process)
            assert read_line(process) == "refused"
        assert read_line(process) == "lost"
        assert written(catalog) == "the second"
        assert lease.holds()
        lease.end()


@pytest.mark.parametrize("where", ["within", "between"])
def test_a_writer_that_was_cut_off_cannot_write_when_it_reconnects(
    make_postgresql: MakeDatabase, where: str
) -> None:
    """Statements that it sent meanwhile arrive in a session that has ended."""
    database = make_postgresql()
    with (
        created(database) as catalog,
        proxied(database) as (proxy, there),
        writer(there, where) as process,
    ):
        assert read_line(process) == where
        proxy.is_open.clear()
        go_on(process)  # a commit, or a whole transaction, is on its way
        lease = take_over(catalog)
        proxy.is_open.set()
        assert read_line(process) == "refused"
        go_on(process)
        assert [read_line(process), read_line(process)] == ["refused", "lost"]
        assert written(catalog) == "the second"
        assert lease.holds()
        lease.end()


def test_an_idle_transaction_of_a_live_process_is_not_ended(
    make_postgresql: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while articles are read: the server counts from the latest statement."""
    assert election._BEAT * 1000 < election._IDLE / 5
    monkeypatch.setattr(election, "_BEAT", 0.05)
    database = make_url(make_postgresql()).update_query_dict({"application_name": "writer"})
    with (
        Catalog(database.render_as_string(hide_password=False)) as catalog,
        Catalog(
            database.difference_update_query(["application_name"]).render_as_string(False)
        ) as other,
    ):
        catalog.create()
        for elected in (False, True):
            lease = catalog.elect() if elected else None
            write(catalog, str(elected), lambda: wait_for_beats(other))
            if lease:
                wait_for_beats(other)
            assert written(catalog) == str(elected)
            if lease:
                assert lease.holds()
                lease.end()


def wait_for_beats(catalog: Catalog) -> None:
    """Wait until the session `writer` has executed three statements."""
    query = "SELECT max(state_change) FROM pg_stat_activity WHERE application_name = 'writer'"
    seen: set[object] = set()
    end = time.monotonic() + PATIENCE
    while len(seen) < 4:
        assert time.monotonic() < end, "nothing keeps the session alive"
        with catalog.reading() as connection:
            seen.add(connection.scalar(text(query)))
        time.sleep(0.01)


def test_an_elected_process_whose_session_ended_cannot_write(
    make_postgresql: MakeDatabase,
) -> None:
    """A newer program takes the lock: the older one does not continue in another session."""
    database = make_postgresql()
    with Catalog(database) as first, Catalog(database) as second:
        first.create()
        lease = first.elect()
        assert lease is not None
        with pytest.raises(CatalogError):
            write(first, "the first", second.depose)
        with pytest.raises(CatalogError, match="the session that held the lock has ended"):
            write(first, "the first")
        assert not lease.holds()
        lease.end()
        write(first, "a command")  # which may write alongside the elected process
        assert written(second) == "a command"
