"""Upgrades with migrations of their own, in processes that may die, for tests."""

import os
import shutil
import signal
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, text

from feedsvc.catalog import copies, migrations
from feedsvc.catalog.migrations import Migrations
from feedsvc.catalog.store import Catalog

SPAWN = get_context("spawn")
NEWEST = Migrations().newest

ADDITIVE = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, readers = "0901", "{before}", "{before}"
def upgrade():
    op.add_column("feed", sa.Column("added", sa.Text))
"""


# Drops a column, which SQLite does by copying the table, and dies or fails in between.
BREAKING = """
import os, signal
import sqlalchemy as sa
from alembic import op
revision, down_revision, readers = "0902", "0901", "0902"
def die(instant):
    if os.environ.get("DIE") == instant:
        os.kill(os.getpid(), signal.SIGKILL)
def upgrade():
    die("begun")
    op.create_table("other", sa.Column("number", sa.BigInteger, primary_key=True))
    die("a table made")
    op.execute("INSERT INTO other SELECT number FROM article")
    with op.batch_alter_table("article") as table:
        table.drop_column("link")
    die("a column dropped")
    op.execute("DELETE FROM former_slug")
    die("rows deleted")
    if os.environ.get("DIE") == "failed":
        raise ValueError("no such luck")
"""


def chain(folder: Path, *more: str) -> Path:
    """Return the migrations of a later program: the current ones and these."""
    made = folder / f"later-{len(more)}"
    shutil.copytree(migrations.FOLDER, made)
    for number, source in enumerate(more, 901):
        module = made / "versions" / f"0{number}_test.py"
        module.write_text(source.replace("{before}", NEWEST), encoding="utf-8")
    return made


def upgrade_in_a_process(database: str, folder: Path, instant: str) -> int | None:
    """Return the exit code of an upgrade that is killed at an instant."""
    process = SPAWN.Process(target=upgrade_and_die, args=(database, folder, instant))
    process.start()
    process.join()
    return process.exitcode


def upgrade_and_die(database: str, folder: Path, instant: str) -> None:
    """Upgrade a catalog with the migrations of a folder, and die at an instant."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    os.environ["DIE"] = instant
    if instant == "copying":
        copies._flush = die  # type: ignore[assignment]
    if instant == "committing":
        event.listen(Engine, "commit", die)
    with Catalog(database, Migrations(folder)) as catalog:
        if instant == "committed":
            copies.keep_only = die  # type: ignore[assignment]
        catalog.upgrade()


def contents(database: str) -> dict[str, Any]:
    """Return every table with its columns and rows."""
    engine = create_engine(database)
    try:
        with engine.connect() as connection:
            found = {}
            for name in sorted(inspect(engine).get_table_names()):
                columns = [
                    (each["name"], str(each["type"])) for each in inspect(engine).get_columns(name)
                ]
                rows = connection.execute(text(f"SELECT * FROM {name}"))
                found[name] = (columns, sorted(map(repr, rows)))
            return found
    finally:
        engine.dispose()
