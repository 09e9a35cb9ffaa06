"""A writer that was frozen or cut off writes nothing more once another one may be elected."""

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

# Is elected, begins to write if asked to, and tries again each time that it gets a line.
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
    """A catalog that exists before any process is started that writes it."""
    with Catalog(database) as catalog:
        catalog.create()
        yield catalog


@contextmanager
def writer(database: str, where: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that is elected, and waits within its transaction, or between two of them."""
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


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go_on(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def take_over(catalog: Catalog) -> Lease:
    end = time.monotonic() + PATIENCE
    while (lease := catalog.elect()) is None:
        assert time.monotonic() < end, "nobody else can be elected"
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
def test_a_frozen_writer_writes_nothing_after_another_took_over(
    make_postgresql: MakeDatabase, where: str
) -> None:
    database = make_postgresql()
    with created(database) as catalog, writer(database, where) as process:
        assert said(process) == where
        assert catalog.elect() is None
        os.kill(process.pid, signal.SIGSTOP)
        started = time.monotonic()
        lease = take_over(catalog)
        if SOAK:
            assert time.monotonic() < started + 10
        os.kill(process.pid, signal.SIGCONT)
        for _ in range(2):
            go_on(process)
            assert said(process) == "refused"
        assert said(process) == "lost"
        assert written(catalog) == "the second"
        assert lease.holds()
        lease.end()


@pytest.mark.parametrize("where", ["within", "between"])
def test_a_writer_that_was_cut_off_writes_nothing_when_it_is_connected_again(
    make_postgresql: MakeDatabase, where: str
) -> None:
    """Whatever it sent meanwhile arrives in a session that has ended."""
    database = make_postgresql()
    with (
        created(database) as catalog,
        proxied(database) as (proxy, there),
        writer(there, where) as process,
    ):
        assert said(process) == where
        proxy.is_open.clear()
        go_on(process)  # a commit, or a whole transaction, is on its way
        lease = take_over(catalog)
        proxy.is_open.set()
        assert said(process) == "refused"
        go_on(process)
        assert [said(process), said(process)] == ["refused", "lost"]
        assert written(catalog) == "the second"
        assert lease.holds()
        lease.end()


def test_a_session_in_which_nothing_happens_for_long_is_kept(
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
            write(catalog, str(elected), lambda: await_beats(other))
            if lease:
                await_beats(other)
            assert written(catalog) == str(elected)
            if lease:
                assert lease.holds()
                lease.end()


def await_beats(catalog: Catalog) -> None:
    """Wait until the session `writer` has executed three statements."""
    query = "SELECT max(state_change) FROM pg_stat_activity WHERE application_name = 'writer'"
    seen: set[object] = set()
    end = time.monotonic() + PATIENCE
    while len(seen) < 4:
        assert time.monotonic() < end, "nothing keeps the session alive"
        with catalog.reading() as connection:
            seen.add(connection.scalar(text(query)))
        time.sleep(0.01)


def test_the_end_of_its_session_ends_all_writing_of_the_elected(
    make_postgresql: MakeDatabase,
) -> None:
    """A newer program takes the lock: the older one does not go on in another session."""
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
        write(first, "a command")  # which may write beside the elected process
        assert written(second) == "a command"
