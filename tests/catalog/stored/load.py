"""Puts a stored catalog into an empty database."""

import json
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url

HERE = Path(__file__).parent
SCHEMAS = sorted(path.stem for path in HERE.glob("*.json"))
_STORED_SCHEMA = "feedsvc_stored"


def restore(database: str, schema: str = SCHEMAS[0]) -> None:
    """Make the catalog that a release with this schema left."""
    url = make_url(database)
    if url.get_backend_name() == "sqlite":
        script = (HERE / f"{schema}-sqlite.sql").read_text(encoding="utf-8")
        with closing(sqlite3.connect(str(url.database))) as connection:
            connection.execute("PRAGMA journal_mode = WAL")  # as every release leaves it
            connection.executescript(script)
        return
    name = str(url.query["options"]).rpartition("=")[2]
    script = (HERE / f"{schema}-postgresql.sql").read_text(encoding="utf-8")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as server:
        server.connection.cursor().execute(script.replace(f"{_STORED_SCHEMA}.", f"{name}."))
    engine.dispose()


@cache
def recorded(schema: str) -> dict[str, Any]:
    """Return what was observed: `version`, `held`, `observed`, as make.py writes them."""
    found: dict[str, Any] = json.loads((HERE / f"{schema}.json").read_text(encoding="utf-8"))
    return found
