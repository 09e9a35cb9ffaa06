"""Catalogs of a newer program are refused or only read."""

from pathlib import Path

import pytest

from feedsvc.catalog import recovery, schema
from feedsvc.catalog.migrations import Migrations
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.errors import NewerError, UnreleasedError
from tests.catalog.stored.load import restore
from tests.catalog.upgrading import (
    ADDITIVE,
    BREAKING,
    NEWEST,
    chain,
    contents,
)
from tests.desk import Desk
from tests.sites import article


@pytest.mark.parametrize("fill", [True, False])
def test_a_newer_catalog_is_refused(tmp_path: Path, database: str, fill: bool) -> None:
    folder = chain(tmp_path, ADDITIVE)
    if fill:
        restore(database)
    with Catalog(database, Migrations(folder)) as newer:
        recovery.make_ready(newer)
    before = contents(database)
    with Catalog(database) as catalog:
        for refused in (catalog.check, catalog.create, catalog.upgrade):
            with pytest.raises(
                NewerError, match=r"of a newer feedsvc \(schema 0901; this one"
            ) as error:
                refused()
            assert "\n" not in str(error.value)
        with pytest.raises(NewerError):
            recovery.make_ready(catalog)
    assert contents(database) == before


def test_a_running_program_does_not_write_to_a_newer_catalog(
    tmp_path: Path, database: str, desk: Desk
) -> None:
    desk.write("a.md", article("A"))
    desk.sync()
    with Catalog(database, Migrations(chain(tmp_path, ADDITIVE))) as newer:
        recovery.make_ready(newer)
    before = contents(database)
    desk.write("b.md", article("B"))
    with pytest.raises(NewerError):
        desk.sync()
    with pytest.raises(NewerError):
        desk.release(desk.now)
    assert contents(database) == before


def test_a_running_program_still_reads_after_an_additive_migration(
    tmp_path: Path, database: str, desk: Desk
) -> None:
    """A rolling upgrade: older servers serve what the newer program publishes."""
    desk.write("a.md", article("A"))
    desk.sync()
    publication = desk.publication
    with Catalog(database, Migrations(chain(tmp_path, ADDITIVE))) as newer:
        recovery.make_ready(newer)
        publication.state()
        desk.write("b.md", article("B", "2022-02-18"))
        sync(newer, desk.settings, desk.now)
    assert publication.state()[0].startswith("2.")
    assert desk.titles() == ["B", "A"]


def test_a_running_program_stops_reading_after_a_breaking_migration(
    tmp_path: Path, database: str, desk: Desk
) -> None:
    """Conformance 44: 503 instead of responses from a schema that it does not know."""
    desk.write("a.md", article("A"))
    desk.sync()
    publication = desk.publication
    with Catalog(database, Migrations(chain(tmp_path, ADDITIVE, BREAKING))) as newer:
        recovery.make_ready(newer)
    with pytest.raises(NewerError) as error:
        publication.state()
    assert (
        error.value.reason
        == f"the catalog is of a newer feedsvc (schema 0902; this one has {NEWEST})"
    )


def test_an_additive_migration_after_a_breaking_one_does_not_allow_reading(
    tmp_path: Path, database: str
) -> None:
    restore(database)
    more = ADDITIVE.replace("0901", "0903").replace('"{before}", "{before}"', '"0902", "0901"')
    last = more.replace('"added"', '"more"')
    with Catalog(database, Migrations(chain(tmp_path, ADDITIVE, BREAKING))) as newer:
        newer.upgrade()
    with Catalog(database, Migrations(chain(tmp_path, ADDITIVE, BREAKING, last))) as newest:
        newest.upgrade()
    with (
        Catalog(database, Migrations(chain(tmp_path, ADDITIVE))) as catalog,
        catalog.reading() as connection,
        pytest.raises(NewerError),
    ):
        catalog.check_readable(connection)


def test_the_first_release_refuses_every_later_catalog(database: str) -> None:
    """It looked for its schema number in a row, and treated a catalog without one as new."""
    restore(database)
    with Catalog(database) as catalog:
        catalog.upgrade()
    assert dict(eval(row) for row in contents(database)["made_by"][1])["schema"] not in ("4", None)


def test_the_first_release_refuses_a_new_catalog(database: str, catalog: Catalog) -> None:
    rows = contents(database)["made_by"][1]
    assert rows == [repr(tuple(schema.FENCE.values()))]


def test_a_catalog_of_an_unreleased_version_is_refused_and_kept(
    database: str, catalog: Catalog
) -> None:
    with catalog.writing() as connection:
        schema.alembic_version.drop(connection)
        connection.execute(schema.metadata_table.update().values(value="3"))
    with pytest.raises(UnreleasedError, match=r"of no released feedsvc \(3\); keep it"):
        catalog.create()
