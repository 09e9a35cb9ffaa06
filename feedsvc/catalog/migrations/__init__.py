"""Upgrades the catalog of an earlier release, migration by migration (docs/upgrading.md).

A migration is a module `versions/NNNN_*.py` whose Alembic revision is NNNN; that number is the
schema number of the catalogs it leaves. One that is released is never changed. `readers` in it is
the oldest schema number whose programs still read correctly what it leaves: an older one if it
only adds something, its own if it takes something away or gives it another meaning.

Everything runs in the transaction of the caller. Alembic is imported only for an upgrade, so that
commands start as fast without one.
"""

from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from feedsvc.catalog import schema
from feedsvc.errors import NewerError, OutdatedError, UnreleasedError

FOLDER = Path(__file__).parent

# Release 0.1.0 had no migrations, and counted schemas for itself.
_RELEASED = {"4": "0001"}
_READERS = "readers"  # a name in made_by
_NUMBER = select(schema.alembic_version.c.version_num)


class Migrations:
    """The migrations in the folder `versions` beside an Alembic `env.py`."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    @cached_property
    def newest(self) -> str:
        """The schema number of this program."""
        files = (self._folder / "versions").glob("[0-9]*.py")
        return max(file.name.partition("_")[0] for file in files)

    def check(self, connection: Connection, found: str) -> None:
        """Raise OutdatedError or NewerError unless a schema number is that of this program."""
        if found < self.newest:
            raise OutdatedError(_name(connection), found, self.newest)
        if found > self.newest:
            raise NewerError(_name(connection), found, self.newest)

    def check_readable(self, connection: Connection) -> None:
        """Raise OutdatedError or NewerError unless this program can read the catalog.

        It can read a newer one if only additive migrations lie between. The connection must be at
        the beginning of its transaction. Raises UnreleasedError.
        """
        found = number(connection)
        if found is None or found == self.newest:
            return
        readers = _noted(connection, _READERS)
        if not (readers and readers <= self.newest < found):
            self.check(connection, found)

    def stamp(self, connection: Connection) -> None:
        """Note that new tables have the newest schema."""
        connection.execute(schema.made_by.insert().values(schema.FENCE))
        connection.execute(schema.alembic_version.insert().values(version_num=self.newest))

    def upgrade(self, connection: Connection, found: str) -> None:
        """Bring a catalog from a schema number to the newest. Raises whatever goes wrong."""
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
        before = _noted(connection, _READERS)
        readers = max(before or found, *(script.module.readers for script in ran))
        made_by = schema.made_by
        connection.execute(made_by.delete().where(made_by.c.name == _READERS))
        connection.execute(made_by.insert().values(name=_READERS, value=readers))


def number(connection: Connection) -> str | None:
    """Return the schema number of a catalog, None where there is none.

    The connection must be at the beginning of its transaction. Raises UnreleasedError.
    """
    try:
        found: str | None = connection.scalar(_NUMBER)
    except (OperationalError, ProgrammingError) as error:
        if not _is_missing(error):
            raise
        connection.rollback()  # PostgreSQL takes nothing more in this transaction
        return _released(connection)
    return found or _released(connection)


def number_within(connection: Connection) -> str | None:
    """Return the same within a transaction that has a lock, and keeps it."""
    if not inspect(connection).has_table(schema.alembic_version.name):
        return _released(connection)
    return connection.scalar(_NUMBER) or _released(connection)


def _released(connection: Connection) -> str | None:
    """Return the number of a catalog that has none of Alembic's."""
    if not inspect(connection).has_table(schema.made_by.name):
        return None
    found = _noted(connection, "schema")
    if found is None:
        return None
    if found not in _RELEASED:
        raise UnreleasedError(_name(connection), found)
    return _RELEASED[found]


def _noted(connection: Connection, name: str) -> str | None:
    made_by = schema.made_by
    found: str | None = connection.scalar(select(made_by.c.value).where(made_by.c.name == name))
    return found


def _name(connection: Connection) -> str:
    return connection.engine.url.render_as_string(hide_password=True)


def _is_missing(error: OperationalError | ProgrammingError) -> bool:
    """Tell whether an error is that there is no such table."""
    return getattr(error.orig, "sqlstate", None) == "42P01" or "no such table" in str(error.orig)
