"""Upgrades catalogs of earlier releases (docs/upgrading.md).

A migration is a module `versions/NNNN_*.py` whose Alembic revision is NNNN, which is the schema
number of the catalogs it produces. Released migrations are never changed. `readers` in a migration
is the oldest schema number whose programs can still read its result: an older one if it only adds
something, its own if it removes something or changes its meaning.

Everything runs in the caller's transaction. Alembic is imported only for an upgrade, to keep
commands fast to start.
"""

from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from feedsvc.catalog import schema
from feedsvc.catalog.tables import get_metadata, set_metadata
from feedsvc.errors import NewerError, OutdatedError, UnreleasedError

FOLDER = Path(__file__).parent

# Release 0.1.0 had no migrations, and its own schema numbers.
_RELEASED = {"4": "0001"}
_READERS = "readers"  # a name in schema.metadata_table
_NUMBER = select(schema.alembic_version.c.version_num)


class Migrations:
    """The migrations in a folder with `versions` and an Alembic `env.py`."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    @cached_property
    def newest(self) -> str:
        """The schema number of this program."""
        files = (self._folder / "versions").glob("[0-9]*.py")
        return max(file.name.partition("_")[0] for file in files)

    def check(self, connection: Connection, found: str | None) -> None:
        """Raise OutdatedError or NewerError unless a schema number is this program's, or None."""
        if found and found < self.newest:
            raise OutdatedError(_name(connection), found, self.newest)
        if found and found > self.newest:
            raise NewerError(_name(connection), found, self.newest)

    def check_readable(self, connection: Connection) -> bool:
        """Return whether the tables exist.

        Raises OutdatedError or NewerError unless this program can read the catalog. It can read a
        newer one if all migrations in between are additive. The connection must be at the beginning
        of its transaction. Raises UnreleasedError.
        """
        found = number(connection)
        if found is None or found == self.newest:
            return found is not None
        readers = get_metadata(connection, _READERS)
        if not (readers and readers <= self.newest < found):
            self.check(connection, found)
        return True

    def stamp(self, connection: Connection) -> None:
        """Record that new tables have the newest schema."""
        set_metadata(connection, **schema.FENCE)
        connection.execute(schema.alembic_version.insert().values(version_num=self.newest))

    def upgrade(self, connection: Connection, found: str) -> None:
        """Upgrade a catalog from a schema number to the newest. May raise any exception."""
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        schema.alembic_version.create(connection, checkfirst=True)
        if connection.scalar(_NUMBER) is None:
            connection.execute(schema.alembic_version.insert().values(version_num=found))
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(self._folder).replace("%", "%%"))
        command.upgrade(config, self.newest)
        ran = ScriptDirectory.from_config(config).iterate_revisions(self.newest, found)
        before = get_metadata(connection, _READERS)
        readers = max(before or found, *(script.module.readers for script in ran))
        set_metadata(connection, _READERS, readers)


def number(connection: Connection) -> str | None:
    """Return the schema number of a catalog, or None if it has no tables.

    The connection must be at the beginning of its transaction. Raises UnreleasedError.
    """
    try:
        found: str | None = connection.scalar(_NUMBER)
    except (OperationalError, ProgrammingError) as error:
        if not _is_missing(error):
            raise
        connection.rollback()  # PostgreSQL accepts no more statements in this transaction
        return number_within(connection)
    return found or _released(connection)


def number_within(connection: Connection) -> str | None:
    """Return the same at any point of a transaction, which is not rolled back."""
    return _current(connection) or _released(connection)


def _current(connection: Connection) -> str | None:
    """Return the schema number that Alembic wrote, or None."""
    if not inspect(connection).has_table(schema.alembic_version.name):
        return None
    found: str | None = connection.scalar(_NUMBER)
    return found


def _released(connection: Connection) -> str | None:
    """Return the schema number of a catalog that Alembic has not stamped yet."""
    if not inspect(connection).has_table(schema.metadata_table.name):
        return None
    found = get_metadata(connection, "schema")
    if found is None:
        return None
    if found in _RELEASED:
        return _RELEASED[found]
    # On PostgreSQL, another process may just have created or upgraded the catalog.
    if current := _current(connection):
        return current
    raise UnreleasedError(_name(connection), found)


def _name(connection: Connection) -> str:
    return connection.engine.url.render_as_string(hide_password=True)


def _is_missing(error: OperationalError | ProgrammingError) -> bool:
    """Return whether an error is caused by a missing table."""
    return getattr(error.orig, "sqlstate", None) == "42P01" or "no such table" in str(error.orig)
