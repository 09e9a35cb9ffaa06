"""The database becomes unavailable while the site is served, and comes back."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text

from tests import programs
from tests.conftest import MakeDatabase
from tests.polls.wire import holding, poll, wanting_delta
from tests.proxy import proxied
from tests.serving import PATIENCE, Server, serving
from tests.sites import article, make_site

ALL = "/feeds/all.rss"
ATOM = "/feeds/all.atom"
NUMBERS = count(1)


class Database:
    """A separate database on a PostgreSQL server, which can be made unavailable."""

    def __init__(self, url: URL) -> None:
        self._name = f"lost_{next(NUMBERS)}"
        self._engine: Engine = create_engine(
            url.set(query=dict(url.query)), isolation_level="AUTOCOMMIT"
        )
        self._run(f"CREATE DATABASE {self._name}")
        self.url = url.set(database=self._name).render_as_string(hide_password=False)

    def run(self, statement: str) -> None:
        """Execute a statement in the database."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def change(self, change: str) -> None:
        """Change its settings, and end all sessions, as these keep the old ones."""
        self._run(f"ALTER DATABASE {self._name} {change}")
        self._run(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._name}'"
        )

    def as_role(self) -> str:
        """Return the URL for a role that owns the database and is subject to limits."""
        role = f"{self._name}_owner"
        self._run(f"CREATE ROLE {role} LOGIN")
        self._run(f"ALTER DATABASE {self._name} OWNER TO {role}")
        return make_url(self.url).set(username=role).render_as_string(hide_password=False)

    def disable(self) -> None:
        self.change("ALLOW_CONNECTIONS false")

    def enable(self) -> None:
        self._run(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS true")

    def remove(self) -> None:
        self._run(f"DROP DATABASE {self._name} WITH (FORCE)")
        self._run(f"DROP ROLE IF EXISTS {self._name}_owner")
        self._engine.dispose()

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))


@pytest.fixture
def database(make_postgresql: MakeDatabase) -> Iterator[Database]:
    url = make_url(make_postgresql()).difference_update_query(["options"])
    database = Database(url)
    yield database
    database.remove()


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the condition never became true"
        time.sleep(0.05)


def health(server: Server) -> int:
    return poll(server, "/healthz").status


def test_cached_feeds_are_served_during_an_outage_and_the_server_recovers(
    database: Database, tmp_path: Path
) -> None:
    """Conformance 44."""
    content = tmp_path / "content"
    make_site(tmp_path, {"a.md": article(title="First")}, f"database = {json.dumps(database.url)}")
    with serving(tmp_path) as server:
        old = poll(server, ALL)["etag"]
        (content / "b.md").write_text(article(title="Second"), encoding="utf-8")
        server.wait_for(ALL, "<title>Second</title>")
        known = poll(server, ALL)
        assert poll(server, ALL, wanting_delta(old)).status == 226
        assert health(server) == 200

        database.disable()
        eventually(lambda: health(server) == 503)
        (content / "c.md").write_text(article(title="Third"), encoding="utf-8")
        for _ in range(3):
            stale = poll(server, ALL)
            assert (stale.status, stale["etag"], stale.body) == (200, known["etag"], known.body)
            assert poll(server, ALL, holding(known["etag"])).status == 304
            assert poll(server, ALL, wanting_delta(old)).status in {200, 226}
            for path in (ATOM, "/", "/articles/a", "/feeds/tag/none.rss"):
                reply = poll(server, path, holding("*"))
                assert reply.status == 503
                assert int(reply["retry-after"]) > 0
                assert reply["cache-control"] == "no-store"
        unwell = poll(server, "/healthz")
        assert (unwell.status, json.loads(unwell.body)) == (503, {"ready": False})
        assert int(unwell["retry-after"]) > 0
        metrics = poll(server, "/metrics")
        assert (metrics.status, b"feedsvc_catalog_up 0.0" in metrics.body) == (200, True)

        database.enable()
        eventually(lambda: health(server) == 200)
        server.wait_for(ALL, "<title>Third</title>")
        for path in (ATOM, "/", "/articles/a"):
            assert poll(server, path).status == 200
        assert poll(server, ALL, wanting_delta(old)).status == 226
        _, errors = server.stop()
    assert errors.count("event=catalog-lost") == errors.count("event=catalog-found") == 1
    assert "Traceback" not in errors


def test_requests_do_not_wait_while_the_database_is_lost(
    database: Database, tmp_path: Path
) -> None:
    """Requests for pages must not delay polls of a cached feed."""
    make_site(tmp_path, {"a.md": article(title="First")}, f"database = {json.dumps(database.url)}")
    with serving(tmp_path) as server:
        poll(server, ALL)
        database.disable()
        eventually(lambda: health(server) == 503)
        started = time.monotonic()
        for _ in range(50):
            assert poll(server, "/").status == 503
            assert poll(server, ATOM).status == 503
            assert poll(server, ALL).status == 200
        assert time.monotonic() - started < PATIENCE / 2
        database.enable()


def test_polls_are_answered_while_the_database_does_not_respond(
    make_postgresql: MakeDatabase, tmp_path: Path
) -> None:
    """A network that stops forwarding closes no connection; no request waits for long."""
    with proxied(make_postgresql()) as (proxy, there):
        make_site(tmp_path, {"a.md": article(title="First")}, f"database = {json.dumps(there)}")
        with serving(tmp_path) as server:
            known = poll(server, ALL)
            proxy.is_open.clear()
            assert poll(server, ALL).body == known.body
            poll(server, ATOM)  # must be rendered, and waits in vain
            eventually(lambda: health(server) == 503)
            started = time.monotonic()
            for _ in range(20):
                assert poll(server, ALL, holding(known["etag"])).status == 304
                assert poll(server, ATOM).status == 503
                assert poll(server, "/").status == 503
            # Else each 503 would come after a second (tests/quick.py).
            assert time.monotonic() - started < PATIENCE / 2
            proxy.is_open.set()
            eventually(lambda: health(server) == 200)
            (tmp_path / "content" / "b.md").write_text(article(title="Second"), encoding="utf-8")
            server.wait_for(ALL, "<title>Second</title>")
            _, errors = server.stop()
    assert "Traceback" not in errors


FULL = """
CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_space BEFORE INSERT ON revision EXECUTE FUNCTION no_space()
"""


def test_articles_are_published_once_the_database_is_writable_again(
    database: Database, tmp_path: Path
) -> None:
    """It is read-only after a failover, its disk is full, or it has no connections left."""
    content = tmp_path / "content"
    make_site(
        tmp_path, {"a.md": article(title="First")}, f"database = {json.dumps(database.as_role())}"
    )
    faults: list[tuple[Callable[[], None], Callable[[], None], str]] = [
        (
            lambda: database.change("SET default_transaction_read_only = on"),
            lambda: database.change("RESET default_transaction_read_only"),
            "read-only transaction",
        ),
        (
            lambda: database.run(FULL),
            lambda: database.run("DROP TRIGGER no_space ON revision"),
            "No space left on device",
        ),
        (
            lambda: database.change("CONNECTION LIMIT 0"),
            lambda: database.change("CONNECTION LIMIT -1"),
            "too many connections",
        ),
    ]
    log = tmp_path / "errors"

    def logging_to_file(command: list[str], **options: Any) -> "subprocess.Popen[str]":
        with log.open("w") as stderr:
            return programs.popen(command, **options | {"stderr": stderr})

    with serving(tmp_path, popen=logging_to_file) as server:
        for number, (begin, end, reason) in enumerate(faults):
            known = poll(server, ALL)
            begin()
            title = f"Saved meanwhile {number}"
            (content / f"{number}.md").write_text(article(title=title), encoding="utf-8")
            eventually(lambda reason=reason: reason in log.read_text())  # type: ignore[misc]
            for _ in range(8):  # during which publishing is retried
                answer = poll(server, ALL)
                assert (answer.status, answer["etag"]) == (200, known["etag"])
                time.sleep(0.05)
            end()
            server.wait_for(ALL, f"<title>{title}</title>")
        server.stop()
    errors = log.read_text()
    for _, _, reason in faults:
        assert 1 <= errors.count(reason) <= 4, reason
    assert "Traceback" not in errors
